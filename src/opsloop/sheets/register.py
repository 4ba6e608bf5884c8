"""What a tool gives so that its form can be edited as a grid; the register of those that do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final, Never, Protocol

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string

from opsloop.analysis.worktime import Calendar
from opsloop.exchange.columns import FilledSheet, Remark, Sheet
from opsloop.org.models import Person
from opsloop.org.queries import company_calendar

FORMS_OFFERED: Final = 300


def record_id(key: str) -> int:
    """The id a key of an address or a row stands for; 0, which no record has, for anything else."""
    return int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else 0


@dataclass(frozen=True)
class CellChange:
    """New values for cells of one row, read against `version`; values as in `SheetRow.values`."""

    row: str
    version: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Conflict:
    """A cell somebody else changed meanwhile: what was sent and what stands now."""

    row: str
    column: str
    yours: Any
    theirs: Any
    by: str = ""
    at: datetime | None = None


class Conflicting(Exception):
    """Nothing was written: rows were changed since they were read."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("rows were changed since they were read")
        self.conflicts = tuple(conflicts)


class CellRefused(ValueError):
    """A cell's value is against a rule of the form; nothing was written. `text` may be lazy."""

    def __init__(self, row: str, column: str, text: Any) -> None:
        super().__init__(column)
        self.row, self.column, self.text = row, column, text


class SheetSource(Protocol):
    """One form of one tool. Every method that writes is atomic and leaves audit lines.

    `locate` raises `Model.DoesNotExist` for what the person may not see. Writers raise
    NotPermitted, Conflicting, CellRefused. Versions are those of `sheets.versions`.
    `has_fixed_rows` says that rows come from elsewhere: none is added, taken out or moved.
    """

    sheet: Sheet
    has_fixed_rows: bool

    def locate(self, person: Person, key: str) -> Model: ...
    def title(self, subject: Model) -> str: ...
    def address(self, subject: Model) -> str: ...
    def may_edit(self, person: Person, subject: Model) -> bool: ...
    def fill(self, person: Person, subject: Model) -> FilledSheet: ...
    def editable_by(self, person: Person) -> Sequence[tuple[str, str]]:
        """Key and title of the forms a person may edit, newest first; at most a few hundred."""
        ...

    def sees_all(self, person: Person, subject: Model) -> bool:
        """Whether no row of the form is hidden from the person."""
        ...

    def row_subject(self, subject: Model, row: str) -> Model:
        """The record whose audit lines are the row's history; of "", that of the title block.

        Raises `Model.DoesNotExist` for a row nobody has written to yet.
        """
        ...

    def past_value(self, column: str, changes: Mapping[str, Any]) -> tuple[Any, Any] | None:
        """What an audit line says of a column: (before, after), None when it says nothing."""
        ...

    def change(
        self, subject: Model, changes: Sequence[CellChange], *, by: Person, now: datetime
    ) -> None: ...
    def insert(
        self, subject: Model, rows: Sequence[Mapping[str, Any]], *, after: str, by: Person,
        now: datetime,
    ) -> Sequence[str]: ...  # fmt: skip
    def delete(
        self, subject: Model, rows: Sequence[tuple[str, str]], *, by: Person, now: datetime
    ) -> None: ...
    def move(
        self, subject: Model, row: str, *, after: str, parent: str | None, by: Person,
        now: datetime,
    ) -> None:  # fmt: skip
        """Put a row below `after`; in a tree into the branch of `parent`, None: where it is."""
        ...

    def change_header(
        self, subject: Model, values: Mapping[str, Any], *, by: Person, now: datetime
    ) -> None: ...


class FixedRows:
    """Of a form whose rows come from elsewhere; `refusal` is the sentence that says from where."""

    has_fixed_rows = True
    refusal: Any = ""

    def insert(self, *_args: Any, **_kwargs: Any) -> Never:
        raise CellRefused("", "", self.refusal)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        raise CellRefused("", "", self.refusal)

    def move(self, *_args: Any, **_kwargs: Any) -> Never:
        raise CellRefused("", "", self.refusal)

    def change_header(self, *_args: Any, **_kwargs: Any) -> Never:
        raise CellRefused("", "", self.refusal)


Check = Callable[[FilledSheet, Calendar | None], Sequence[Remark]]


@dataclass(frozen=True)
class SheetForm:
    """A form the product knows: its declaration, what it says against itself, and its records.

    `source` is None while the tool of the form keeps no records.
    """

    sheet: Sheet
    check: Check
    source: SheetSource | None = None

    @property
    def key(self) -> str:
        return self.sheet.key

    def remarks(self, filled: FilledSheet) -> tuple[Remark, ...]:
        """What the form says against itself, by the company's calendar."""
        return (*filled.remarks, *self.check(filled, company_calendar()))


@cache
def forms() -> Mapping[str, SheetForm]:
    """Every form, by the key of its sheet, in the order of the settings."""
    found: dict[str, SheetForm] = {}
    for declaration, check in settings.SHEET_FORMS.items():
        sheet: Sheet = import_string(declaration)
        found[sheet.key] = SheetForm(sheet, import_string(check), sources().get(sheet.key))
    return found


@cache
def sources() -> Mapping[str, SheetSource]:
    """Every form that can be edited as a grid, by the key of its sheet."""
    found: dict[str, SheetSource] = {}
    for module in settings.SHEET_SOURCES:
        for source in import_module(module).SHEETS:
            if source.sheet.key in found:
                raise ValueError(f"two sources for the sheet {source.sheet.key}")
            found[source.sheet.key] = source
    return found
