"""The rows of a form that came back, cell by cell, and the lines between them that are none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsloop.exchange.cell_text import without_guard
from opsloop.exchange.columns import Sheet
from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import Fault, Problem, Severity
from opsloop.exchange.returned.layout import Headings, kind_of_line
from opsloop.exchange.returned.model import Aside, AsideKind, MatchedColumn, ReturnedRow
from opsloop.exchange.returned.numbering import counts_its_rows, without_number
from opsloop.exchange.returned.typed_cell import CellReader
from opsloop.exchange.table import Area, Cells
from opsloop.exchange.workbook import MARKS

# What stands in the id column of lines of our own files that are no records.
_OWN_LINES: Mapping[str, AsideKind] = {
    f"{MARKS}:total": "total",
    f"{MARKS}:signatures": "signature",
}


class Body:
    """What stands below the headings. `asides` collects the lines that are no rows."""

    def __init__(self, sheet: Sheet, cells: Cells, headings: Headings, dates: DateReading) -> None:
        self.asides: list[Aside] = []
        self._sheet, self._cells, self._headings = sheet, cells, headings
        self._first = headings.last + 1
        self._filled = _filled(cells, self._first)
        self._unknown = tuple(headings.unknown.items())
        ours = headings.id is not None
        self._columns = [self._column(found, dates, ours=ours) for found in headings.columns]
        self._plan = [(column, column.key, column.place, column.known) for column in self._columns]
        self._guarded = cells.meta.get("format") == "csv"

    def _column(self, found: MatchedColumn, dates: DateReading, *, ours: bool) -> "_ColumnCells":
        column = self._sheet.column(found.key)
        reader = CellReader(column, found.heading, ours=ours, dates=dates)
        first = self._sheet.columns[0].key
        naming = next((one.key for one in self._sheet.columns if one.required), "")
        return _ColumnCells(
            found, reader,
            numbered=self._sheet.numbering and found.key == first,
            levels=self._sheet.is_tree,
            lack="error" if found.key == naming else "warning",
            guarded=self._cells.meta.get("format") == "csv",
        )  # fmt: skip

    def rows(self) -> Iterator[ReturnedRow]:
        """Every row in order."""
        ended, place = False, 0
        counted = self._counts_its_rows()
        starts: dict[int, list[Area]] = {}
        for area in self._cells.merged:
            starts.setdefault(area.top, []).append(area)
        for at in range(self._first, len(self._cells.rows)):
            row = self._cells.rows[at]
            if not any(map(str.strip, self._filled[at])):
                continue
            identity = self._own(row, self._headings.id)
            kind = self._kind(row, identity, starts.get(at, ()), ended=ended)
            if kind is None:
                place += counted
                yield self._row(at, identity, place)
            else:
                ended = ended or kind in {"signature", "note"}
                said = [text.strip() for text in row if text.strip() not in {"", identity}]
                self.asides.append(Aside(at + 1, kind, " ".join(said)))

    def _kind(
        self, row: Sequence[str], identity: str, areas: Sequence[Area], *, ended: bool
    ) -> AsideKind | None:
        if identity.startswith(f"{MARKS}:"):
            return _OWN_LINES.get(identity, "note")
        if identity or not any(map(str.strip, row)):
            return None
        return kind_of_line(row, areas, self._headings, self._sheet, ended=ended)

    def _counts_its_rows(self) -> bool:
        first = self._sheet.columns[0].key
        place = next((found.place for found in self._headings.columns if found.key == first), None)
        said = [row for row in self._filled[self._first :][:10] if any(row)]
        return place is not None and counts_its_rows([row[place] for row in said])

    def _own(self, row: Sequence[str], place: int | None) -> str:
        if place is None:
            return ""
        return (without_guard(row[place]) if self._guarded else row[place]).strip()

    def _row(self, at: int, identity: str, place: int) -> ReturnedRow:
        row = self._filled[at]
        values: dict[str, Any] = {}
        written: dict[str, Any] = {}
        texts: dict[str, str] = {}
        problems: dict[str, Problem] = {}
        for column, key, at_place, known in self._plan:
            cell = row[at_place]
            text, value = known.get(cell) or column.read(cell, place, ours=bool(identity))
            texts[key] = text
            if isinstance(value, Fault):
                if not column.computed:
                    problems[key] = column.problem(at, text, value)
            elif column.computed:
                written[key] = value
            else:
                values[key] = value
                if value is None and column.required:
                    problems[key] = column.missing(at)
        return ReturnedRow(
            row=at + 1, values=values, texts=texts, id=identity,
            version=self._own(row, self._headings.version),
            written=written, problems=problems,
            unknown={
                heading: row[where].strip() for where, heading in self._unknown if row[where].strip()
            },
        )  # fmt: skip


class _ColumnCells:
    """The cells of one column. A column repeats its texts: each is read once."""

    def __init__(
        self, found: MatchedColumn, reader: CellReader, *, numbered: bool, levels: bool,
        lack: Severity, guarded: bool,
    ) -> None:  # fmt: skip
        self.place, self.key = found.place, found.key
        self.computed = reader.column.computed
        self.required = reader.column.required and reader.column.editable
        self._heading, self._reader = found.heading, reader
        self._numbered, self._levels = numbered, levels
        self._lack, self._guarded = lack, guarded
        self.known: dict[str, tuple[str, Any]] = {}

    def read(self, cell: str, place: int, *, ours: bool) -> tuple[str, Any]:
        """The text of a cell not known yet, without our guard and its number, and its value."""
        text = without_guard(cell) if self._guarded else cell
        if self._numbered:
            text = without_number(text, ours=ours, levels=self._levels, place=place)
            return text, self._reader.read(text)
        found = self.known[cell] = (text, self._reader.read(text))
        return found

    def problem(self, at: int, text: str, fault: Fault) -> Problem:
        return Problem(at + 1, self._heading, fault.code, text, fault.params)

    def missing(self, at: int) -> Problem:
        """A row may be a draft, but not one that nothing names: its first required cell decides."""
        return Problem(at + 1, self._heading, "required", severity=self._lack)


def _filled(cells: Cells, body: int) -> Sequence[Sequence[str]]:
    """The rows with merged texts in every cell; lines merged across the table stay as they are."""
    width = len(cells.rows[0]) if cells.rows else 0
    inner = tuple(
        area
        for area in cells.merged
        if area.top >= body and area.right - area.left + 1 < max(width - 1, 3)
    )
    return Cells(cells.rows, merged=inner).filled() if inner else cells.rows
