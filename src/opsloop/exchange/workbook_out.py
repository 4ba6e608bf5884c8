"""Workbooks out: corrections to send back, templates to fill in.

Text is always written as text: what begins with = + - @ or a control character is marked so that
a spreadsheet keeps it as text even after somebody edits the cell.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from opsloop.exchange.cell_text import cell_text, guarded, looks_like_formula, sheet_name
from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.problems import Problem
from opsloop.exchange.row_workbook import write_rows
from opsloop.exchange.table import Table, column_letter
from opsloop.exchange.typed import Typed, problems_of

__all__ = ["guarded", "looks_like_formula", "write_correction", "write_rows", "write_template"]

_VALIDATED_ROWS = 2000
_NUMBER_FORMATS = {
    "money": "#,##0.00",
    "number": "General",
    "hours": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
}


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
    sheet: Worksheet = book.add_worksheet(sheet_name(name))
    sheet.freeze_panes(1, 0)
    for column, label in enumerate(labels):
        sheet.write_string(0, column, cell_text(label), styles.header)
    return sheet


def _label(column: Column) -> str:
    unit = f"({column.unit})" if column.unit else ""
    return f"{column.label}{unit}{'*' if column.required else ''}"
