"""A filled form as CSV: the title block above the table, as people paste it, or the table alone."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from opsloop.exchange.cell_text import guarded, printable
from opsloop.exchange.columns import Column, FilledSheet
from opsloop.exchange.printing import formulas, paper, shown
from opsloop.exchange.printing.texts import Layout, PrintTexts
from opsloop.exchange.printing.workbook import ID_HEADING, VERSION_HEADING


def write(
    filled: FilledSheet,
    target: Path | BinaryIO,
    *,
    texts: PrintTexts,
    layout: Layout = "company",
    title_block: bool = True,
) -> None:
    """Write a form as UTF-8 with a mark, so that spreadsheets know the encoding.

    Numbers are plain digits, rates are percentages, dates 2024-06-30. Text that looks like a formula
    begins with an apostrophe. The full layout ends in the columns of row ids and versions.
    """
    if isinstance(target, Path):
        with target.open("wb") as file:
            write(filled, file, texts=texts, layout=layout, title_block=title_block)
        return
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    csv.writer(text).writerows(_lines(filled, texts, layout, title_block=title_block))
    # The file stays its owner's.
    text.detach()


def _lines(
    filled: FilledSheet, texts: PrintTexts, layout: Layout, *, title_block: bool
) -> Iterator[list[str]]:
    page = paper.laid_out(filled, texts, layout)
    if title_block:
        for fields in page.blocks:
            yield [_safe(field.heading) for field in fields]
            yield [_cell(field.column, field.value, texts) for field in fields]
    ids = layout == "full"
    yield [*map(_safe, page.headings), *((ID_HEADING, VERSION_HEADING) if ids else ())]
    for line in paper.lines(filled):
        cells = [_cell(c, formulas.value_of(c, line.row), texts) for c in page.columns]
        if line.number and cells:
            cells[0] = _safe(line.number + shown.shown(*_first(page, line), texts))
        yield [*cells, *((_safe(line.row.id), _safe(line.row.version)) if ids else ())]


def _first(page: paper.Paper, line: paper.Line) -> tuple[Column, Any]:
    column = page.columns[0]
    return column, formulas.value_of(column, line.row)


def _cell(column: Column, value: Any, texts: PrintTexts) -> str:
    exact = shown.number(value)
    if exact is None:
        return _safe(shown.shown(column, value, texts))
    # Rates are computed to more digits than anybody reads or writes.
    if column.type == "percent":
        return shown.bare(round(exact * 100, 6)) + "%"
    return shown.bare(round(exact, 6))


def _safe(text: str) -> str:
    return guarded(printable(text))
