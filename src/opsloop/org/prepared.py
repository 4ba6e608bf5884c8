"""Queries that are written once.

On a page of small reads the ORM spends several times longer on writing a statement than the
database on answering it. A `Prepared` query keeps the statement and takes new values at its slots.
Only reads of fixed shape gain: what a person's scope or filters shape stays an ordinary queryset.
"""

import threading
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BigIntegerField, Field, Model, QuerySet
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators

from opsloop.org.scoping import ScopedQuerySet

Row = TypeVar("Row", bound=Model)


class Slot(Expression):
    """A place for a value that is given when the query runs; an id unless `field` says otherwise."""

    def __init__(self, name: str, field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=field or BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        del compiler, connection
        return "%s", (self,)


class _Statement(Generic[Row]):
    """A queryset's statement with its slots, and how its rows become objects."""

    def __init__(self, rows: QuerySet[Row]) -> None:
        if isinstance(rows, ScopedQuerySet):
            rows._guard()  # noqa: SLF001 - the room's own rule: nothing is read without a scope
        compiler = rows.query.get_compiler(using=rows.db)
        self.sql, self.parameters = compiler.as_sql()
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        self.compiler, self.converters = compiler, compiler.get_converters(columns)
        picked = compiler.klass_info["select_fields"]
        self.own = slice(picked[0], picked[-1] + 1)
        self.model: type[Row] = compiler.klass_info["model"]
        self.names = [column[0].target.attname for column in compiler.select[self.own]]
        self.related = get_related_populators(  # type: ignore[call-arg]  # stubs of a later Django
            compiler.klass_info, compiler.select, rows.db
        )

    def fetch(self, values: dict[str, Any]) -> list[Any]:
        given = [
            one.output_field.get_db_prep_value(values[one.name], connection)
            if isinstance(one, Slot) else one
            for one in self.parameters
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            return list(cursor.fetchall())

    def objects(self, values: dict[str, Any]) -> list[Row]:
        found = self.compiler.apply_converters(self.fetch(values), self.converters)
        return [self._object(row) for row in found]

    def _object(self, row: Any) -> Row:
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.own])
        for populator in self.related:
            populator.populate(row, made)
        return made


class Prepared(Generic[Row]):
    """A queryset with slots, ready to run: `rows(deviation=7)` is the list of its objects.

    Follows `select_related` and `only`; not `prefetch_related` and annotations. Reads of scoped
    models must say why they are `unscoped`, as everywhere.
    """

    def __init__(self, build: Callable[[], QuerySet[Row]]) -> None:
        self._build = build
        # A statement belongs to the connection that wrote it, and a connection to its thread.
        self._held: Final = threading.local()

    def __call__(self, **values: Any) -> list[Row]:
        return self._statement().objects(values)

    def first(self, **values: Any) -> Row | None:
        """The first object, None when there is none; the queryset says the order and the limit."""
        return next(iter(self(**values)), None)

    def count(self, **values: Any) -> int:
        """How many rows there are, read one by one: for queries with a limit."""
        return len(self._statement().fetch(values))

    def _statement(self) -> _Statement[Row]:
        held: dict[str, _Statement[Row]] = self._held.__dict__
        if connection.vendor not in held:
            held[connection.vendor] = _Statement(self._build())
        return held[connection.vendor]


def attach(parent: Model, name: str, rows: list[Any]) -> None:
    """Make `rows` what `parent.<name>.all()` answers, as a prefetch would."""
    found = getattr(parent, name).get_queryset()
    found._result_cache, found._prefetch_done = rows, True  # noqa: SLF001 - as prefetching does
    held = parent.__dict__.setdefault("_prefetched_objects_cache", {})
    held[name] = found
