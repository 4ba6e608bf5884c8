"""What a tool gives so that its form can be edited as a grid; the register of those that do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Model

from opsloop.exchange.columns import FilledSheet, Remark, Sheet
from opsloop.org.models import Person


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
    NotPermitted, Conflicting, CellRefused.
    """

    sheet: Sheet

    def locate(self, person: Person, key: str) -> Model: ...
    def title(self, subject: Model) -> str: ...
    def address(self, subject: Model) -> str: ...
    def may_edit(self, person: Person, subject: Model) -> bool: ...
    def fill(self, person: Person, subject: Model) -> FilledSheet: ...
    def row_subject(self, subject: Model, row: str) -> Model: ...
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
    def move(self, subject: Model, row: str, *, after: str, by: Person, now: datetime) -> None: ...
    def change_header(
        self, subject: Model, values: Mapping[str, Any], *, by: Person, now: datetime
    ) -> None: ...
    def check(self, filled: FilledSheet) -> Sequence[Remark]: ...


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
