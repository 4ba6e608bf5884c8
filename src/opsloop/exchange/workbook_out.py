"""Workbooks out: rows, corrections to send back, templates to fill in.

Text is always written as text: what begins with = + - @ or a control character is marked so that
a spreadsheet keeps it as text even after somebody edits the cell.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.problems import Problem
from opsloop.exchange.table import Table, column_letter
from opsloop.exchange.typed import Typed, problems_of

_FORMULA = re.compile(r"\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20\u2212]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BAD_IN_NAME = re.compile(r"[\[\]:*?/\\']")
# Excel's own limits.
_CELL_LENGTH, _NAME_LENGTH, _ROWS = 32_767, 31, 1_048_575
_VALIDATED_ROWS = 2000
_NUMBER_FORMATS = {
    "money": "#,##0.00",
    "number": "#,##0.####",
    "hours": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
}


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula, full-width signs included."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """A text for a CSV cell: an apostrophe keeps it from being taken for a formula."""
    return "'" + text if looks_like_formula(text) else text


def write_rows(
    path: Path, labels: Sequence[str], rows: Iterable[Sequence[object]], *, name: str = "Sheet1"
) -> None:
    """Write a plain table with a frozen header. Numbers and dates stay numbers and dates.

    Rows beyond what one sheet holds continue on further sheets.
    """
    with _book(path) as book:
        styles = _Styles(book)
        sheet, at = None, _ROWS
        for row in rows:
            if sheet is None or at >= _ROWS:
                sheet, at = _headed(book, styles, labels, name), 0
            at += 1
            for column, value in enumerate(row):
                styles.put(sheet, at, column, value)
        if sheet is None:
            _headed(book, styles, labels, name)


def write_correction(
    path: Path,
    table: Table,
    typed: Typed,
    *,
    say: Callable[[Problem], str],
    row_label: str,
    problem_label: str,
) -> int:
    """Write the rows with errors as they were read, each with its row number and what is wrong.

    The header keeps the labels of the upload, so the workbook can be corrected and sent back with
    the same mapping. `say` turns a problem into a sentence. Returns the number of rows written.
    """
    sentences: dict[int | None, list[str]] = {}
    errors = typed.problem_rows.filter(pl.col("severity") == "error", pl.col("row").is_not_null())
    for problem in problems_of(errors):
        sentences.setdefault(problem.row, []).append(f"{problem.column}: {say(problem)}")
    faulty = table.source().filter(typed.bad_rows)
    rows = ((*row[1:], row[0], "\n".join(sentences.get(row[0], ()))) for row in faulty.iter_rows())
    write_rows(path, (*table.labels, row_label, problem_label), rows)
    return faulty.height


def write_template(
    path: Path,
    sheet: Sheet,
    examples: Sequence[Sequence[object]],
    notes: Sequence[str],
    *,
    notes_title: str,
) -> None:
    """Write a workbook to fill in: header, example rows, lists to choose from, a page of notes.

    A required column's label ends with `*`; its help stands as a comment at the header.
    """
    with _book(path) as book:
        styles = _Styles(book)
        labels = [_label(column) for column in sheet.columns]
        page = _headed(book, styles, labels, str(sheet.title))
        for at, column in enumerate(sheet.columns):
            page.set_column(at, at, column.width, styles.of_type(column.type))
            if column.help:
                page.write_comment(0, at, str(column.help))
        lists = [[str(label) for _, label in column.choices] for column in sheet.columns]
        for row, example in enumerate(examples, start=1):
            for at, value in enumerate(example):
                styles.put(page, row, at, value)
        described = book.add_worksheet(sheet_name(notes_title))
        described.set_column(0, 0, 100)
        for row, note in enumerate(notes):
            styles.put(described, row, 0, note)
        _validate(book, page, lists)


def _validate(book: xlsxwriter.Workbook, page: Worksheet, lists: Sequence[Sequence[str]]) -> None:
    """Let each column with a list be chosen from it; the lists stand on a hidden sheet."""
    if not any(lists):
        return
    hidden = book.add_worksheet("lists")
    hidden.hide()
    for row, abreast in enumerate(zip_longest(*lists)):
        for at, value in enumerate(abreast):
            if value is not None:
                hidden.write_string(row, at, value)
    for at, values in enumerate(lists):
        if values:
            letter = column_letter(at)
            source = f"=lists!${letter}$1:${letter}${len(values)}"
            rule = {"validate": "list", "source": source}
            page.data_validation(1, at, _VALIDATED_ROWS, at, rule)


class _Styles:
    """The few cell formats, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.header: Format = book.add_format({"bold": True, "bg_color": "#EEF2F7", "border": 1})
        self.quoted: Format = book.add_format({"quote_prefix": True, "num_format": "@"})
        self._by_type = {
            kind: book.add_format({"num_format": pattern})
            for kind, pattern in _NUMBER_FORMATS.items()
        }

    def of_type(self, kind: str) -> Format | None:
        return self._by_type.get(kind)

    def put(self, sheet: Worksheet, row: int, column: int, value: Any) -> None:
        """One cell: a number or date as such (in its column's format), a text as text."""
        if value is None or value == "":
            return
        if isinstance(value, str):
            style = self.quoted if looks_like_formula(value) else None
            sheet.write_string(row, column, cell_text(value), style)
        else:
            sheet.write(row, column, value)


def _book(path: Path) -> xlsxwriter.Workbook:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "default_date_format": _NUMBER_FORMATS["datetime"],
    }
    return xlsxwriter.Workbook(str(path), options)


def _headed(
    book: xlsxwriter.Workbook, styles: _Styles, labels: Sequence[str], name: str
) -> Worksheet:
    taken = {sheet.get_name() for sheet in book.worksheets()}
    shown, copy = sheet_name(name), 2
    while shown in taken:
        shown, copy = sheet_name(name, f" {copy}"), copy + 1
    sheet: Worksheet = book.add_worksheet(shown)
    sheet.freeze_panes(1, 0)
    for column, label in enumerate(labels):
        sheet.write_string(0, column, cell_text(label), styles.header)
    return sheet


def sheet_name(name: str, suffix: str = "") -> str:
    return (_BAD_IN_NAME.sub(" ", name).strip() or "Sheet1")[: _NAME_LENGTH - len(suffix)] + suffix


def _label(column: Column) -> str:
    unit = f"({column.unit})" if column.unit else ""
    return f"{column.label}{unit}{'*' if column.required else ''}"


def printable(text: str) -> str:
    """A text any file can hold: one kind of line end, no control characters, no half characters."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def cell_text(text: str) -> str:
    """A text a cell can hold: printable, at most Excel's length (counted in UTF-16, as Excel does).

    What is cut ends in “…”.
    """
    clean = printable(text)
    if clean.startswith("<r>") and clean.endswith("</r>"):
        clean += " "  # XlsxWriter takes such a text for markup of its own.
    if len(clean) * 2 > _CELL_LENGTH and len(clean.encode("utf-16-le")) // 2 > _CELL_LENGTH:
        kept = clean.encode("utf-16-le")[: 2 * (_CELL_LENGTH - 1)]
        clean = kept.decode("utf-16-le", "ignore") + "\u2026"
    return clean
