"""What a returned form would change: row by row and cell by cell, before anything is written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.exchange.returned.model import ReturnedForm, ReturnedRow
from opsloop.exchange.values import plain

# The state of rows at an older version: values by column key, by (row id, version).
Base = Mapping[tuple[str, str], Mapping[str, Any]]

# Files whose cells hold numbers in full; elsewhere a number has the digits that are shown.
_NATIVE = frozenset({"xlsx", "xls"})
_DECIMALS = re.compile(r"\.(\d+)(%?)$")
_NAMING_TYPES = frozenset({"text", "long_text", "date"})


@dataclass(frozen=True)
class ChangedCell:
    """One cell: what stands and what the file says. A conflict was changed on both sides."""

    key: str
    before: Any
    after: Any
    is_conflict: bool = False


@dataclass(frozen=True)
class ChangedRow:
    """A row that stands, by id, with the cells the file changes and the row of the file."""

    id: str
    version: str
    cells: tuple[ChangedCell, ...]
    returned: ReturnedRow

    @property
    def conflicts(self) -> tuple[ChangedCell, ...]:
        return tuple(cell for cell in self.cells if cell.is_conflict)


@dataclass(frozen=True)
class Difference:
    """Rows added, changed, removed (only of an exported workbook) and left as they are.

    `gone` are rows whose record was deleted since the file was made. `locked` are cells the file
    changes though nobody may: they stay as they are. `header` are the changed fields of the title
    block.
    """

    header: tuple[ChangedCell, ...] = ()
    added: tuple[ReturnedRow, ...] = ()
    changed: tuple[ChangedRow, ...] = ()
    removed: tuple[SheetRow, ...] = ()
    unchanged: tuple[SheetRow, ...] = ()
    gone: tuple[ReturnedRow, ...] = ()
    locked: tuple[ChangedRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the file would change nothing."""
        return not (self.header or self.added or self.changed or self.removed or self.gone)

    @property
    def conflicts(self) -> tuple[ChangedRow, ...]:
        return tuple(row for row in self.changed if row.conflicts)


def difference(
    current: FilledSheet, returned: ReturnedForm, *, base: Base | None = None
) -> Difference:
    """Compare a form as it stands with one that came back. Cells with a problem are not compared.

    Rows are matched by id; in a file without ids by their required columns, else by the first. A
    cell of a row that was changed since the file was made is a conflict where the file and what
    stands differ; `base`, the rows as they were at the file's version, tells who changed it.
    """
    pairs, new, gone = _paired(current, returned)
    changed, locked, unchanged = [], [], []
    for row, found in pairs:
        cells = list(
            _cells(current.sheet, row, found, base or {}, native=returned.format in _NATIVE)
        )
        free = tuple(cell for cell in cells if _may_change(current.sheet, cell.key))
        fixed = tuple(cell for cell in cells if not _may_change(current.sheet, cell.key))
        if free:
            changed.append(ChangedRow(row.id, row.version, free, found))
        else:
            unchanged.append(row)
        if fixed:
            locked.append(ChangedRow(row.id, row.version, fixed, found))
    met = {id(row) for row, _ in pairs}
    return Difference(
        header=tuple(_header(current, returned)),
        added=tuple(new),
        changed=tuple(changed),
        removed=tuple(row for row in current.rows if returned.exported and id(row) not in met),
        unchanged=tuple(unchanged),
        gone=tuple(gone),
        locked=tuple(locked),
    )


def _paired(
    current: FilledSheet, returned: ReturnedForm
) -> tuple[list[tuple[SheetRow, ReturnedRow]], list[ReturnedRow], list[ReturnedRow]]:
    """The rows that belong together, the new ones, and those whose record is gone."""
    if not returned.has_ids:
        pairs, new = _by_names(current, returned)
        return pairs, new, []
    known = {row.id: row for row in current.rows if row.id}
    pairs, new, gone = [], [], []
    for found in returned.rows:
        if not found.id:
            new.append(found)
        elif found.id in known:
            pairs.append((known.pop(found.id), found))
        elif any(found.id == row.id for row, _ in pairs):
            # A row that was copied within the workbook brought its id along.
            new.append(found)
        else:
            gone.append(found)
    return pairs, new, gone


def _by_names(
    current: FilledSheet, returned: ReturnedForm
) -> tuple[list[tuple[SheetRow, ReturnedRow]], list[ReturnedRow]]:
    keys = _naming(current.sheet, {column.key for column in returned.columns})
    waiting: dict[tuple[str, ...], list[SheetRow]] = {}
    for row in current.rows:
        waiting.setdefault(_named(row.values, keys), []).append(row)
    pairs, new = [], []
    for found in returned.rows:
        rows = waiting.get(_named(found.values, keys))
        if rows:
            pairs.append((rows.pop(0), found))
        else:
            new.append(found)
    return pairs, new


def _naming(sheet: Sheet, there: Iterable[str]) -> Sequence[str]:
    """The columns that name a row: the required ones of the file, else its first."""
    present = set(there)
    columns = [column for column in sheet.columns if column.key in present]
    named = [column.key for column in columns if column.required and column.type in _NAMING_TYPES]
    return named or [column.key for column in columns[:1]]


def _named(values: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain(str(values.get(key) or "")) for key in keys)


def _cells(
    sheet: Sheet, row: SheetRow, found: ReturnedRow, base: Base, *, native: bool
) -> Iterable[ChangedCell]:
    moved = bool(found.version) and found.version != row.version
    before = base.get((found.id, found.version))
    for key, after in found.values.items():
        now = row.values.get(key)
        if sheet.column(key).computed or same(sheet.column(key), now, after):
            continue
        if not native and _same_as_shown(now, after, found.texts[key]):
            continue
        if not moved:
            yield ChangedCell(key, now, after)
        elif before is None:
            yield ChangedCell(key, now, after, is_conflict=True)
        elif not same(sheet.column(key), before.get(key), after):
            stays = same(sheet.column(key), before.get(key), now)
            yield ChangedCell(key, now, after, is_conflict=not stays)


def _header(current: FilledSheet, returned: ReturnedForm) -> Iterable[ChangedCell]:
    for column in current.sheet.header:
        if column.computed or not column.editable or column.key not in returned.header:
            continue
        now, after = current.header.get(column.key), returned.header[column.key]
        if not same(column, now, after):
            yield ChangedCell(column.key, now, after)


def _may_change(sheet: Sheet, key: str) -> bool:
    return sheet.column(key).editable


def same(column: Column, one: Any, other: Any) -> bool:
    """Whether two values are one: an empty text is none, 1.0 is 1, line ends and outer blanks vary.

    A number is compared as far as a workbook holds it: fifteen digits.
    """
    left, right = _comparable(column, one), _comparable(column, other)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left == right or f"{left:.15g}" == f"{right:.15g}"
    return bool(left == right)


def _same_as_shown(now: Any, after: Any, text: str) -> bool:
    """Whether a number in the file is the one that stands, rounded to the digits it is shown with."""
    shown = _DECIMALS.search(plain(text))
    if not isinstance(now, Decimal) or not isinstance(after, Decimal) or shown is None:
        return False
    places = len(shown[1]) + (2 if shown[2] else 0)
    return now.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) == after


def _comparable(column: Column, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value)).normalize()
    if isinstance(value, datetime):
        return value.date() if column.type == "date" else value.replace(second=0, microsecond=0)
    if value is None or isinstance(value, date):
        return value
    return str(value).replace("\r\n", "\n").strip() or None
