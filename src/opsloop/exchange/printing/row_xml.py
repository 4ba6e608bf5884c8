"""The rows of a printed form as the XML of their worksheet.

XlsxWriter writes the page around them; cell by cell through it a hundred thousand rows take seven
times as long (decision 0002).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from opsloop.exchange.cell_text import looks_like_formula
from opsloop.exchange.columns import Column
from opsloop.exchange.printing import formulas, paper, shown
from opsloop.exchange.printing.paper import Line, Paper
from opsloop.exchange.printing.texts import PrintTexts
from opsloop.exchange.row_workbook import day_number, escaped

# Stands for the number of the row in a formula that is the same in every row.
_ROW: Final = "\0"
_BUFFERED, _REMEMBERED, _MEMORABLE = 20_000, 20_000, 200


class Styles(Protocol):
    """The numbers of cell formats in the workbook."""

    def of_text(self, text: str, **look: Any) -> int: ...
    def of_value(self, column: Column, value: Any) -> int: ...


class RowSheet(Worksheet):  # type: ignore[misc]  # the library ships no types
    """A worksheet in constant memory that also takes rows written already."""

    dim_rowmax: int | None

    def write_rows(self, first: int, rows: Iterable[str]) -> int:
        """Write rows from `first` (from 0) on; returns the number of the next one."""
        parts: list[str] = []
        at = first
        # Whatever was written above goes to the file before them.
        self._write_single_row(first)
        for at, row in enumerate(rows, start=first + 1):  # noqa: B007 - the last one is returned
            parts.append(row)
            if len(parts) >= _BUFFERED:
                self.fh.write("".join(parts))
                parts = []
        self.fh.write("".join(parts))
        self.previous_row = at
        self.dim_rowmax = max(self.dim_rowmax or 0, at - 1)
        return at


class RowXml:
    """Writes the rows of one form. `height` gives the points of a row of so many lines of text."""

    def __init__(
        self, page: Paper, styles: Styles, texts: PrintTexts, height: Callable[[int], float]
    ) -> None:
        self._page, self._styles, self._texts, self._height = page, styles, texts, height
        letters = [xl_col_to_name(at) for at in range(len(page.columns) + 2)]
        self._cells = [
            _ColumnXml(column, width, f'<c r="{letter}', styles, texts)
            for column, width, letter in zip(page.columns, page.widths, letters, strict=False)
        ]
        self._plan = [(cell, cell.start, cell.column.key, cell.known) for cell in self._cells]
        self._places = {
            column.key: letter + _ROW for column, letter in zip(page.columns, letters, strict=False)
        }
        self._hidden = [f'<c r="{letter}' for letter in letters[-2:]]
        self._bare = styles.of_text("", border=0)
        self._formulas: dict[str, str] = {}
        self._openings: dict[int, str] = {}

    def rows(self, lines: Iterable[Line], first: int) -> Iterator[str]:
        """Each line as a row, the first one in the row after `first` (from 0)."""
        for number, line in enumerate(lines, start=first + 1):
            yield self._row(line, str(number))

    def _row(self, line: Line, at: str) -> str:
        row, given = line.row, line.row.values.get
        parts = ['<row r="', at, ""]
        most = 1
        first = 0
        if line.number or line.depth:
            text, most = self._numbered(line)
            parts += (self._cells[0].start, at, text)
            first = 1
        # The innermost loop: most cells repeat a text that is written already.
        for cell, start, key, known in self._plan[first:]:
            value = given(key)
            if cell.is_computed:
                text = self._computed(cell, line, at)
            elif type(value) is str:
                text, needed = known.get(value) or cell.text(value)
                if needed > 1:
                    most = max(most, needed)
            else:
                text = cell.blank if value is None else cell.value(value)
            parts += (start, at, text)
        parts[2] = self._opening(most)
        parts += (self._hidden[0], at, self._plain(row.id))
        parts += (self._hidden[1], at, self._plain(row.version), "</row>")
        return "".join(parts)

    def _opening(self, lines: int) -> str:
        """What follows the number of a row of so many lines of text."""
        known = self._openings.get(lines)
        if known is None:
            known = f'" ht="{self._height(lines):.6g}" customHeight="1">'
            self._openings[lines] = known
        return known

    def _numbered(self, line: Line) -> tuple[str, int]:
        """The first cell of a row that counts or stands below another."""
        cell = self._cells[0]
        value = formulas.value_of(cell.column, line.row)
        text = line.number + shown.shown(cell.column, value, self._texts)
        style = self._styles.of_text(text, align="left", indent=2 * line.depth)
        return _string(text, style), paper.lines_needed(text, cell.width)

    def _computed(self, cell: "_ColumnXml", line: Line, at: str) -> str:
        value = formulas.value_of(cell.column, line.row)
        template = formulas.live(cell.column, line.row, self._places)
        if template is None:
            return cell.value(value) if value is not None else cell.blank
        formula = self._formulas.get(template)
        if formula is None:
            formula = self._formulas[template] = escape(template.removeprefix("="))
        exact = shown.number(value)
        result = "" if exact is None else repr(float(exact))
        style = self._styles.of_value(cell.column, value)
        return f'" s="{style}"><f>{formula.replace(_ROW, at)}</f><v>{result}</v></c>'

    def _plain(self, text: str) -> str:
        guarded = looks_like_formula(text)
        style = self._styles.of_text(text, border=0) if guarded else self._bare
        return _string(text, style)


class _ColumnXml:
    """The cells of one column. A column repeats its texts and dates: each is written once."""

    def __init__(
        self, column: Column, width: float, start: str, styles: Styles, texts: PrintTexts
    ) -> None:
        self.column, self.width, self.start = column, width, start
        self.is_computed = column.formula is not None
        self._styles, self._texts = styles, texts
        self._align = shown.align(column)
        self.blank = f'" s="{styles.of_value(column, None)}"/>'
        self._has_one_format = shown.has_one_format(column)
        self._style = styles.of_value(column, 0)
        self.known: dict[str, tuple[str, int]] = {}
        self._days: dict[date, str] = {}

    def text(self, value: str) -> tuple[str, int]:
        """A text that is not among the known ones, and the lines it takes."""
        if not value:
            return self.blank, 1
        said = shown.word(self.column, value, self._texts)
        style = self._styles.of_text(said, align=self._align)
        made = _string(said, style), paper.lines_needed(said, self.width)
        if len(self.known) < _REMEMBERED and len(value) < _MEMORABLE:
            self.known[value] = made
        return made

    def value(self, value: Any) -> str:
        """Everything but texts: numbers and days as such, the rest as a text that stays one."""
        kind = type(value)
        if kind is int or (kind is Decimal and self._has_one_format and value.is_finite()):
            return f'" s="{self._style}"><v>{float(value)!r}</v></c>'
        if isinstance(value, date):
            return self._day(value)
        exact = shown.number(value)
        if exact is not None:
            style = self._styles.of_value(self.column, value)
            return f'" s="{style}"><v>{float(exact)!r}</v></c>'
        return self._said(value)

    def _day(self, value: date) -> str:
        known = self._days.get(value)
        if known is None:
            number = day_number(value)
            style = self._styles.of_value(self.column, value)
            known = f'" s="{style}"><v>{number}</v></c>' if number else self._said(value)
            if len(self._days) < _REMEMBERED:
                self._days[value] = known
        return known

    def _said(self, value: Any) -> str:
        said = shown.shown(self.column, value, self._texts)
        return _string(said, self._styles.of_text(said, align=self._align))


def _string(text: str, style: int) -> str:
    edges = "" if text == text.strip() else ' xml:space="preserve"'
    return f'" s="{style}" t="inlineStr"><is><t{edges}>{escaped(text)}</t></is></c>'
