"""A form read back: from a file of any kind, or from cells that were pasted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from opsloop.exchange.cell_text import without_guard
from opsloop.exchange.columns import Sheet
from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import Fault, Problem, RefusedFile
from opsloop.exchange.returned.body import Body
from opsloop.exchange.returned.column_type import column_type
from opsloop.exchange.returned.layout import (
    Headings,
    TitleBlock,
    by_position,
    find_headings,
    read_title_block,
)
from opsloop.exchange.returned.model import Aside, ReturnedForm
from opsloop.exchange.returned.typed_cell import CellReader
from opsloop.exchange.sandbox import read_cells
from opsloop.exchange.table import Cells, Limits, cell_place
from opsloop.exchange.workbook import MARKS


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
        body = Body(self.sheet, self.cells, self.headings, self._dates())
        rows = tuple(body.rows())
        return ReturnedForm(
            header=header,
            header_texts=texts,
            header_problems=problems,
            rows=rows,
            columns=self.headings.columns,
            unknown=tuple(self.headings.unknown.values()),
            unknown_types={
                heading: column_type(heading, (row.unknown.get(heading, "") for row in rows))
                for heading in self.headings.unknown.values()
            },
            asides=tuple(self.asides + body.asides),
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
            cell = without_guard(text) if self.cells.meta.get("format") == "csv" else text
            value = CellReader(column, label, ours=ours, dates=self._dates()).read(cell)
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

    def _dates(self) -> DateReading:
        epoch = self.cells.meta.get("epoch")
        return DateReading(default_year=self.year, epoch=1904 if epoch == "1904" else 1900)
