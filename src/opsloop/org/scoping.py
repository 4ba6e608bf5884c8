"""Rows a person may see: a queryset that refuses to be read before somebody said whose view it is.

A room's models derive from `ScopedModel` and say where their department stands. Reading them then
needs `.visible_to(person)`, or `.unscoped("why")` in the few places that serve the product itself
(a schedule, an import). A forgotten scope is an error in the first test, never a leak.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from opsloop.org.permissions import Permission

if TYPE_CHECKING:
    from opsloop.org.models import Person

M = TypeVar("M", bound=models.Model)


class UnscopedRead(RuntimeError):
    """Rows were about to be read without `visible_to` or `unscoped`."""


class ScopedQuerySet(models.QuerySet[M]):
    """Guards every way of reading or changing rows in bulk; creating rows needs no scope."""

    # Hints travel with every clone, so a scope holds for all that is chained after it.
    _hints: dict[str, object]

    def visible_to(self, person: "Person", permission: Permission | None = None) -> Self:
        """Rows in the departments `person` reaches, and rows that name the person.

        The reach is that of `permission`, by default the model's own `scope_permission`.
        """
        model = _scoped(self.model)
        needed = permission or model.scope_permission
        if person.reach(needed) is None:
            return self._marked(f"company: {needed}")
        visible = Q(**{f"{model.scope_department}__in": person.departments_within(needed)})
        for field in model.scope_people:
            named = model.objects.unscoped("narrowed to one person").filter(**{field: person})
            visible |= Q(pk__in=named.values("pk"))
        return self.within(visible, reason=f"{needed} of {person.pk}")

    def within(self, visible: Q, *, reason: str) -> Self:
        """A model's own rule of what is visible; for a queryset that overrides `visible_to`."""
        return self._marked(reason).filter(visible)

    def unscoped(self, reason: str) -> Self:
        """All rows, for the product itself; `reason` is for the reader of the code."""
        if not reason.strip():
            raise UnscopedRead("say why all rows are read")
        return self._marked(reason)

    def _marked(self, scope: str) -> Self:
        marked = self.all()
        marked._hints = {**self._hints, "scope": scope}  # noqa: SLF001 - a clone of itself
        return marked

    def _guard(self) -> None:
        # A related manager or a prefetch starts from a row that was itself read in scope.
        if not {"scope", "instance"} & self._hints.keys():
            raise UnscopedRead(f"{self.model.__name__}: use visible_to(person) or unscoped(reason)")

    def _fetch_all(self) -> None:
        self._guard()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        self._guard()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._guard()
        return super().count()

    def exists(self) -> bool:
        self._guard()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._guard()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._guard()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._guard()
        return super().delete()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """A subquery reads rows too."""
        self._guard()
        return super().resolve_expression(*args, **kwargs)


class ScopedModel(models.Model):
    """A record that belongs to a department.

    `scope_permission` opens it, `scope_department` is the lookup of its department, and
    `scope_people` are lookups of people who see the row wherever it stands (its owner).
    """

    scope_permission: ClassVar[Permission]
    scope_department: ClassVar[str] = "department"
    scope_people: ClassVar[tuple[str, ...]] = ()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


def _scoped(model: type[models.Model]) -> type[ScopedModel]:
    if not issubclass(model, ScopedModel):
        raise UnscopedRead(f"{model.__name__} does not derive from ScopedModel")
    return model
