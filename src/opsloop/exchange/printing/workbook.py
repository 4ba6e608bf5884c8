"""A filled form as a workbook: the company's layout on A4, live formulas, lists, row ids.

What a returning file is known by: the hidden last columns `opsloop:id` and `opsloop:version`, and
the very hidden worksheet `opsloop` (docs/formats/printed-forms.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from opsloop.exchange.cell_text import cell_text, looks_like_formula, sheet_name
from opsloop.exchange.columns import Column, FilledSheet
from opsloop.exchange.printing import formulas, paper, shown
from opsloop.exchange.printing.paper import Paper
from opsloop.exchange.printing.row_xml import RowSheet, RowXml
from opsloop.exchange.printing.texts import Layout, PrintTexts
from opsloop.exchange.row_workbook import day_number

MARK: Final = "opsloop"
FORMAT_VERSION: Final = "1"
ID_HEADING, VERSION_HEADING = "opsloop:id", "opsloop:version"
# What stands in the id column of rows that are no records.
TOTALS_ID, SIGNATURES_ID = "opsloop:total", "opsloop:signatures"
_FONT: Final = "SimSun"
_BODY, _TITLE = 10, 18
_A4: Final = 9
# Millimetres of one unit of a column's width, and what every column has beside its units.
_COLUMN, _PADDING = 1.85, 1.3
# Points: a line of text, what stands above and below it, the least height of a row.
_LINE, _AROUND, _LOWEST = 13.5, 10.0, 24.0
_SPARE_ROWS: Final = 500
# With more columns held, nothing is left to scroll in.
_MOST_FROZEN: Final = 4
# Roles that share a cell because there are fewer columns.
_BETWEEN: Final = " " * 12


def write(
    filled: FilledSheet,
    target: Path | BinaryIO,
    *,
    texts: PrintTexts,
    layout: Layout = "company",
    subject: str = "",
    made_at: datetime | None = None,
) -> None:
    """Write a form as xlsx. `subject` is the key of the record it belongs to.

    Texts longer than a cell holds end in “…”. `made_at` (naive) is the file's date of creation; with
    it the same form makes the same file.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    name = str(target) if isinstance(target, Path) else target
    with xlsxwriter.Workbook(name, options) as book:
        book.set_properties({"title": str(filled.sheet.title), "created": made_at})
        _Form(book, filled, texts, layout).write(subject)


class _Form:
    """One form being written, row by row from the top."""

    def __init__(
        self, book: xlsxwriter.Workbook, filled: FilledSheet, texts: PrintTexts, layout: Layout
    ) -> None:
        self.filled, self.texts = filled, texts
        self.paper: Paper = paper.laid_out(filled, texts, layout)
        self.book, self.styles = book, _Styles(book)
        self.page = book.add_worksheet(sheet_name(self.paper.title), worksheet_class=RowSheet)
        self.last = max(len(self.paper.columns) - 1, 0)
        self.at = 0

    def write(self, subject: str) -> None:
        self._set_up()
        self._title_block()
        heading = self.at
        self._headings()
        first = self.at
        rows = RowXml(self.paper, self.styles, self.texts, _height)
        self.at = self.page.write_rows(first, rows.rows(paper.lines(self.filled), first))
        self._lists(first, max(self.at - 1, first))
        if formulas.has_totals(self.filled):
            self._totals(first)
        self._signatures()
        self._print_setup(heading)
        self._mark(subject, heading)

    def _set_up(self) -> None:
        for at, width in enumerate(self.paper.widths):
            self.page.set_column(at, at, (width - _PADDING) / _COLUMN)
        self.page.set_column(self.last + 1, self.last + 2, 12, None, {"hidden": True})

    def _merged(self, first: int, last: int, text: str, **look: Any) -> None:
        """A text over columns `first` to `last` of this row."""
        style = self.styles.text(text, **look)
        if last > first:
            self.page.merge_range(self.at, first, self.at, last, "", style)
        self.page.write_string(self.at, first, cell_text(text), style)

    def _title_block(self) -> None:
        # What is printed smaller starts larger: the title is as high on every form.
        size = round(_TITLE / self.paper.scale)
        self.page.set_row(self.at, size * 1.9)
        self._merged(
            0, self.last, self.paper.title, bold=True, font_size=size, align="center", border=0
        )
        self.at += 1
        for fields in self.paper.blocks:
            self._set_height((field.heading, self._width(field)) for field in fields)
            for field in fields:
                self._merged(field.first, field.last, field.heading, **_HEADING)
            self.at += 1
            values = [shown.shown(field.column, field.value, self.texts) for field in fields]
            self._set_height(zip(values, map(self._width, fields), strict=True))
            for field in fields:
                self._field(field)
            self.at += 1
        if self.paper.unit_note:
            self._merged(0, self.last, self.paper.unit_note, align="right", border=0)
            self.at += 1

    def _width(self, field: paper.Field) -> float:
        return sum(self.paper.widths[field.first : field.last + 1])

    def _set_height(self, texts: Iterable[tuple[str, float]]) -> None:
        """Make this row as high as its texts need in so many millimetres.

        Spreadsheets fit neither merged cells nor the rows of a file that says nothing of heights.
        """
        most = max((paper.lines_needed(text, width) for text, width in texts), default=1)
        self.page.set_row(self.at, _height(most))

    def _field(self, field: paper.Field) -> None:
        column, value = field.column, field.value
        if isinstance(value, str) or value is None:
            text = shown.word(column, value or "", self.texts)
            self._merged(field.first, field.last, text, align="center")
            return
        style = self.styles.value(column, value, align="center")
        if field.last > field.first:
            self.page.merge_range(self.at, field.first, self.at, field.last, "", style)
        self._put(field.first, column, value, align="center")

    def _headings(self) -> None:
        self._set_height(zip(self.paper.headings, self.paper.widths, strict=True))
        for at, text in enumerate(self.paper.headings):
            self.page.write_string(self.at, at, cell_text(text), self.styles.text(text, **_HEADING))
        self._identity(ID_HEADING, VERSION_HEADING)
        self.at += 1

    def _identity(self, *texts: str) -> None:
        """What the hidden columns say of this row."""
        for at, text in enumerate(texts, start=self.last + 1):
            self.page.write_string(self.at, at, cell_text(text), self.styles.text(text, border=0))

    def _put(self, at: int, column: Column, value: Any, **look: Any) -> None:
        """One cell: number and date as such, everything else as text that stays text."""
        exact = shown.number(value)
        if exact is not None:
            style = self.styles.value(column, value, **look)
            self.page.write_number(self.at, at, float(exact), style)
        elif isinstance(value, date) and day_number(value):
            style = self.styles.value(column, value, **look)
            self.page.write_datetime(self.at, at, value, style)
        elif value is None or value == "":
            self.page.write_blank(self.at, at, None, self.styles.value(column, None, **look))
        else:
            text = shown.shown(column, value, self.texts)
            look = {"align": shown.align(column), **look}
            self.page.write_string(self.at, at, cell_text(text), self.styles.text(text, **look))

    def _formula(self, at: int, column: Column, formula: str, value: Any, **look: Any) -> None:
        exact = shown.number(value)
        style = self.styles.value(column, value, **look)
        result = "" if exact is None else float(exact)
        self.page.write_formula(self.at, at, formula, style, result)

    def _totals(self, first: int) -> None:
        self._set_height(())
        ranges = {
            column.key: f"{xl_rowcol_to_cell(first, at)}:{xl_rowcol_to_cell(self.at - 1, at)}"
            for at, column in enumerate(self.paper.columns)
        }
        for at, column in enumerate(self.paper.columns):
            value = formulas.total(column, self.filled)
            formula = formulas.live_total(column, self.filled, ranges)
            if formula is not None:
                self._formula(at, column, formula, value, bold=True)
            elif at == 0 and value is None:
                style = self.styles.text(self.texts.total, bold=True, align="center")
                self.page.write_string(self.at, 0, cell_text(self.texts.total), style)
            else:
                self._put(at, column, value, bold=True)
        self._identity(TOTALS_ID)
        self.at += 1

    def _signatures(self) -> None:
        signed = self.paper.signatures
        if not signed:
            return
        places = [(0, self.last)]
        if len(signed) > len(self.paper.columns):
            signed = (_BETWEEN.join(signed),)
        else:
            places = paper.spans(len(signed), self.paper.widths)
        self.at += 1
        self.page.set_row(self.at, 26 / self.paper.scale)
        for text, (first, last) in zip(signed, places, strict=True):
            self._merged(first, last, text, border=0, font_size=round(_BODY / self.paper.scale))
        self._identity(SIGNATURES_ID)
        self.at += 1

    def _lists(self, first: int, last: int) -> None:
        """Let each column of choices be chosen from; the lists stand on a hidden sheet."""
        hidden = None
        for at, column in enumerate(self.paper.columns):
            words = self._words(column)
            if not words or column.computed:
                continue
            if hidden is None:
                hidden = _Lists(self.book)
            rule = {"validate": "list", "source": hidden.add(words)}
            self.page.data_validation(first, at, last + _SPARE_ROWS, at, rule)
        if hidden is not None:
            hidden.write(self.styles)

    def _words(self, column: Column) -> list[str]:
        if column.type == "boolean":
            return [self.texts.yes, self.texts.no]
        return [shown.word(column, value, self.texts) for value, _label in column.choices]

    def _print_setup(self, heading: int) -> None:
        page = self.page
        frozen = [at + 1 for at, column in enumerate(self.paper.columns) if column.frozen]
        page.freeze_panes(heading + 1, max((at for at in frozen if at <= _MOST_FROZEN), default=0))
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=0.59, right=0.59, top=0.55, bottom=0.65)
        page.center_horizontally()
        page.fit_to_pages(1, 0)
        page.repeat_rows(heading)
        page.print_area(0, 0, max(self.at - 1, heading), self.last)
        spoken = self.texts.page.replace("&", "&&")
        page.set_footer("&C&9" + spoken.replace("{pages}", "&N").replace("{page}", "&P"))

    def _mark(self, subject: str, heading: int) -> None:
        """The page by which the file is known when it comes back."""
        page = self.book.add_worksheet(MARK)
        page.very_hidden()
        left = (MARK, self.filled.sheet.key, cell_text(subject), FORMAT_VERSION, heading + 1)
        keys = [column.key for column in self.paper.columns]
        fields = [
            (field.column.key, xl_rowcol_to_cell(2 + 2 * place, field.first))
            for place, block in enumerate(self.paper.blocks)
            for field in block
        ]
        for row in range(max(len(left), len(keys), len(fields))):
            if row < len(left):
                page.write(row, 0, left[row], self.styles.text(str(left[row]), border=0))
            if row < len(keys):
                page.write_string(row, 1, keys[row])
            if row < len(fields):
                page.write_string(row, 2, fields[row][0])
                page.write_string(row, 3, fields[row][1])


_HEADING: Final[Mapping[str, Any]] = {"bold": True, "align": "center", "bg_color": "#EDEFF2"}


def _height(lines: int) -> float:
    """The points a row of so many lines of text needs."""
    return max(_LOWEST, _AROUND + lines * _LINE)


class _Styles:
    """Cell formats, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def text(self, text: str, **look: Any) -> Format:
        """The format of a text; what looks like a formula is marked to stay text when edited."""
        if looks_like_formula(text):
            look = {**look, "quote_prefix": True, "num_format": "@"}
        return self._format(look)

    def of_text(self, text: str, **look: Any) -> int:
        """The number of the same in the workbook."""
        return _number(self.text(text, **look))

    def of_value(self, column: Column, value: Any) -> int:
        """The number of `value` in the workbook."""
        return _number(self.value(column, value))

    def value(self, column: Column, value: Any, **look: Any) -> Format:
        """The format of a number, a date or an empty cell of a column."""
        pattern = shown.number_format(column, value) if shown.is_native(column) else "General"
        return self._format({"align": shown.align(column), "num_format": pattern, **look})

    def _format(self, look: Mapping[str, Any]) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self._made:
            base = {
                "font_name": _FONT, "font_size": _BODY, "border": 1, "text_wrap": True,
                "valign": "vcenter",
            }  # fmt: skip
            self._made[key] = self._book.add_format({**base, **look})
        return self._made[key]


def _number(style: Format) -> int:
    number: int = style._get_xf_index()  # noqa: SLF001 - what the library's own cells call
    return number


class _Lists:
    """The hidden sheet of choices, one column a list."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._page: Worksheet = book.add_worksheet("lists")
        self._page.hide()
        self._lists: list[Sequence[str]] = []

    def add(self, words: Sequence[str]) -> str:
        """Take a list up; its address as the source of a validation."""
        self._lists.append(words)
        at = len(self._lists) - 1
        return f"=lists!{xl_range_abs(0, at, len(words) - 1, at)}"

    def write(self, styles: _Styles) -> None:
        for row in range(max(map(len, self._lists))):
            for at, words in enumerate(self._lists):
                if row < len(words):
                    style = styles.text(words[row], border=0)
                    self._page.write_string(row, at, cell_text(words[row]), style)
