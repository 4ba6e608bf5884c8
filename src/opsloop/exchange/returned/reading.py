"""A form read back: from a file of any kind, or from cells that were pasted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import Fault, Problem, RefusedFile, Severity
from opsloop.exchange.returned.layout import (
    Headings,
    TitleBlock,
    by_position,
    find_headings,
    kind_of_line,
    read_title_block,
)
from opsloop.exchange.returned.model import Aside, AsideKind, ReturnedForm, ReturnedRow
from opsloop.exchange.returned.numbering import counts_its_rows, without_number
from opsloop.exchange.returned.typed_cell import CellReader
from opsloop.exchange.sandbox import read_cells
from opsloop.exchange.table import Area, Cells, Limits, cell_place
from opsloop.exchange.workbook import MARKS
from opsloop.exchange.workbook_out import looks_like_formula

# What stands in the id column of lines of our own workbooks that are no records.
_OWN_LINES: Mapping[str, AsideKind] = {
    f"{MARKS}:total": "total",
    f"{MARKS}:signatures": "signature",
}


def read(
    source: Path | Cells,
    sheet: Sheet,
    *,
    subject: str | None = None,
    year: int | None = None,
    start: str | None = None,
    limits: Limits | None = None,
) -> ReturnedForm:
    """Read a form back from a file (xlsx, xls, docx, csv) or from pasted cells.

    `subject` is the record it must have been exported for; a file that names another one is
    refused. `year` completes dates such as 6月10日; without it the year of the first date in the
    title block does. `start` is the key of the column where cells without headings begin.
    Raises RefusedFile: as the sandbox does, and no_form, other_form, other_subject.
    """
    sheets = (source,) if isinstance(source, Cells) else read_cells(source, limits=limits)
    marks = _Marks.of(sheets[0]) if sheets else _Marks()
    if marks.sheet and marks.sheet != sheet.key:
        raise RefusedFile("other_form", {"form": str(sheet.title)})
    if marks.subject and subject is not None and marks.subject != subject:
        raise RefusedFile("other_subject", {"form": str(sheet.title)})
    cells, headings = _best(sheets, sheet, marks, start)
    return _Reading(sheet, cells, headings, marks, year).form()


@dataclass(frozen=True)
class _Marks:
    """What a workbook of our own says about itself on its very hidden sheet.

    Beside what it is and for which record, the keys of its columns in their order and the cell of
    each field of the title block, which hold as long as the headings are still in their row.
    """

    sheet: str = ""
    subject: str = ""
    heading_row: int = 0
    columns: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Cells) -> "_Marks":
        columns = [list(column) for column in zip(*cells.marks, strict=True)]
        if not columns or columns[0][0] != MARKS:
            return cls()
        first, keys, fields, places = (columns + [[], [], []])[:4]
        own = (first + [""] * 4)[1:5]
        return cls(
            sheet=own[0],
            subject=own[1],
            heading_row=int(own[3]) if own[3].isdecimal() else 0,
            columns=tuple(key for key in keys if key),
            fields={key: place for key, place in zip(fields, places, strict=False) if key},
        )


def _best(
    sheets: Sequence[Cells], sheet: Sheet, marks: _Marks, start: str | None
) -> tuple[Cells, Headings]:
    """The sheet whose headings name most columns of the form."""
    found = [(cells, find_headings(cells, sheet, marks.columns)) for cells in sheets]
    known = [(cells, headings) for cells, headings in found if headings is not None]
    if known:
        return max(known, key=lambda pair: (pair[1].id is not None, len(pair[1].columns)))
    if start is not None:
        return sheets[0], by_position(sheets[0], sheet, start)
    expected = [column.printed or str(column.label) for column in sheet.columns[:4]]
    params = {"form": sheet.printed_title or str(sheet.title), "headings": ", ".join(expected)}
    raise RefusedFile("no_form", params)


@dataclass
class _Reading:
    sheet: Sheet
    cells: Cells
    headings: Headings
    marks: _Marks
    year: int | None
    asides: list[Aside] = field(default_factory=list)

    def form(self) -> ReturnedForm:
        has_ids = self.headings.id is not None
        texts, header, problems = self._header(ours=has_ids)
        readers = {
            found.key: self._reader(self.sheet.column(found.key), found.heading, ours=has_ids)
            for found in self.headings.columns
        }
        rows = tuple(self._rows(readers))
        return ReturnedForm(
            header=header,
            header_texts=texts,
            header_problems=problems,
            rows=rows,
            columns=self.headings.columns,
            unknown=tuple(self.headings.unknown.values()),
            asides=tuple(sorted(self.asides, key=lambda aside: aside.row)),
            has_ids=has_ids,
            exported=has_ids and bool(self.marks.sheet),
            format=self.cells.meta.get("format", ""),
            subject=self.marks.subject,
            sheet=self.cells.sheet,
            heading_row=None if self.headings.last < 0 else self.headings.last + 1,
        )

    def _header(self, *, ours: bool) -> tuple[dict[str, str], dict[str, Any], dict[str, Problem]]:
        fields = {column.key: column for column in self.sheet.header}
        block = self._title_block()
        self.asides += block.asides
        # Dates first: the year of one completes the others.
        in_order = sorted(block.texts.items(), key=lambda item: "date" not in fields[item[0]].type)
        values: dict[str, Any] = {}
        problems: dict[str, Problem] = {}
        for key, (row, label, text) in in_order:
            column = fields[key]
            value = self._reader(column, label, ours=ours).read(self._unguarded(text))
            if isinstance(value, Fault):
                problems[key] = Problem(row, label, value.code, text, value.params)
                continue
            values[key] = value
            if self.year is None and isinstance(value, date):
                self.year = value.year
        return {key: text for key, (_, _, text) in block.texts.items()}, values, problems

    def _title_block(self) -> TitleBlock:
        rows = self.cells.rows[: max(self.headings.first, 0)]
        if not self.marks.fields or self.marks.heading_row != self.headings.first + 1:
            return read_title_block(rows, self.sheet)
        known = {column.key: str(column.label) for column in self.sheet.header}
        first = int(self.cells.meta.get("first_column", 0))
        texts = {}
        for key, place in self.marks.fields.items():
            row, column = cell_place(place)
            if key in known and row < len(rows) and 0 <= column - first < len(rows[row]):
                texts[key] = (row + 1, known[key], rows[row][column - first])
        return TitleBlock(texts, ())

    def _reader(self, column: Column, heading: str, *, ours: bool) -> "_CachedReader":
        epoch = self.cells.meta.get("epoch")
        dates = DateReading(default_year=self.year, epoch=1904 if epoch == "1904" else 1900)
        return _CachedReader(CellReader(column, heading, ours=ours, dates=dates))

    def _rows(self, readers: Mapping[str, "_CachedReader"]) -> Iterator[ReturnedRow]:
        ended = False
        body = self.headings.last + 1
        starts: dict[int, list[Area]] = {}
        for area in self.cells.merged:
            starts.setdefault(area.top, []).append(area)
        filled = self._filled(body)
        counted, place = self._counts_its_rows(filled[body:]), 0
        for at in range(body, len(self.cells.rows)):
            row = self.cells.rows[at]
            if not any(text.strip() for text in filled[at]):
                continue
            identity = self._own(row, self.headings.id)
            said = [text for text in row if text.strip()]
            kind = None
            if identity.startswith(f"{MARKS}:"):
                kind = _OWN_LINES.get(identity, "note")
            elif said and not identity:
                areas = starts.get(at, ())
                kind = kind_of_line(row, areas, self.headings, self.sheet, ended=ended)
            if kind is None:
                place += counted
                yield self._row(at, filled[at], identity, readers, place)
            else:
                ended = ended or kind in {"signature", "note"}
                shown = " ".join(text.strip() for text in said if text.strip() != identity)
                self.asides.append(Aside(at + 1, kind, shown))

    def _filled(self, body: int) -> Sequence[Sequence[str]]:
        """The rows with merged texts in every cell; lines merged across the table stay as they are."""
        width = len(self.cells.rows[0]) if self.cells.rows else 0
        inner = tuple(
            area
            for area in self.cells.merged
            if area.top >= body and area.right - area.left + 1 < max(width - 1, 3)
        )
        return Cells(self.cells.rows, merged=inner).filled()

    def _row(
        self,
        at: int,
        row: Sequence[str],
        identity: str,
        readers: Mapping[str, "_CachedReader"],
        place: int,
    ) -> ReturnedRow:
        values: dict[str, Any] = {}
        written: dict[str, Any] = {}
        texts: dict[str, str] = {}
        problems: dict[str, Problem] = {}
        for found in self.headings.columns:
            column = self.sheet.column(found.key)
            text = self._text(row[found.place], column, numbered=bool(identity), place=place)
            texts[found.key] = text
            value = readers[found.key].read(text)
            if isinstance(value, Fault):
                if not column.computed:
                    problems[found.key] = Problem(
                        at + 1, found.heading, value.code, text, value.params
                    )
                continue
            (written if column.computed else values)[found.key] = value
            if value is None and column.required and column.editable:
                problems[found.key] = self._missing(at, found.key, found.heading)
        return ReturnedRow(
            row=at + 1,
            values=values,
            texts=texts,
            id=identity,
            version=self._own(row, self.headings.version),
            written=written,
            problems=problems,
            unknown={
                text: row[place].strip()
                for place, text in self.headings.unknown.items()
                if row[place].strip()
            },
        )

    def _own(self, row: Sequence[str], place: int | None) -> str:
        return "" if place is None else self._unguarded(row[place]).strip()

    def _unguarded(self, text: str) -> str:
        return without_guard(text) if self.cells.meta.get("format") == "csv" else text

    def _counts_its_rows(self, rows: Sequence[Sequence[str]]) -> bool:
        first = self.sheet.columns[0].key
        at = next((found.place for found in self.headings.columns if found.key == first), None)
        said = [row for row in rows[:10] if any(row)]
        return at is not None and counts_its_rows([row[at] for row in said])

    def _text(self, text: str, column: Column, *, numbered: bool, place: int) -> str:
        text = self._unguarded(text)
        if self.sheet.numbering and column.key == self.sheet.columns[0].key:
            text = without_number(text, ours=numbered, levels=self.sheet.is_tree, place=place)
        return text

    def _missing(self, at: int, key: str, heading: str) -> Problem:
        """A row may be a draft, but not one that nothing names: its first required cell decides."""
        first = next(column.key for column in self.sheet.columns if column.required)
        severity: Severity = "error" if key == first else "warning"
        return Problem(at + 1, heading, "required", severity=severity)


class _CachedReader:
    """A column repeats its texts: each is read once."""

    def __init__(self, reader: CellReader) -> None:
        self._reader = reader
        self._known: dict[str, Any] = {}

    def read(self, text: str) -> Any:
        if text not in self._known:
            self._known[text] = self._reader.read(text)
        return self._known[text]


def without_guard(text: str) -> str:
    """A text of a CSV file without the apostrophe that keeps it from being taken for a formula."""
    return text[1:] if text[:1] == "'" and looks_like_formula(text[1:]) else text
