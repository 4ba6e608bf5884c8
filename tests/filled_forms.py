"""The example rows of the company forms as filled sheets, read cell by cell as the files hold them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from opsloop.exchange.columns import Column, FilledSheet, Remark, Sheet, SheetRow
from opsloop.exchange.dates import parse_date
from opsloop.exchange.returned.numbering import without_number
from opsloop.exchange.values import is_empty, parse_number

STEP = "流程步骤"
EXAMPLES = Path(__file__).with_name("example_forms")


def example(sheet: Sheet, **header: Any) -> FilledSheet:
    """The example of a form; `header` adds fields that its printed title block lacks."""
    with (EXAMPLES / f"{sheet.key}.csv").open(encoding="utf-8") as file:
        table = list(csv.reader(file))
    title: dict[str, Any] = {}
    if sheet.printed_header and table[0] == [column.printed for column in sheet.printed_header]:
        fields = zip(sheet.printed_header, table[1], strict=True)
        title = {column.key: value_of(column, text) for column, text in fields}
        table = table[2:]
    columns = sheet.printed_columns
    assert table[0] == [column.printed for column in columns]
    rows = tuple(
        SheetRow(
            str(number),
            {c.key: value_of(c, text) for c, text in zip(columns, cells, strict=True)},
        )
        for number, cells in enumerate(table[1:], start=1)
    )
    return FilledSheet(sheet, {**title, **header}, rows)


def value_of(column: Column, text: str) -> Any:
    """The value a cell states, None for nothing; what cannot be read stays text."""
    if is_empty(text):
        return None
    value: Any = text
    if column.type in ("money", "number", "hours", "percent"):
        value = parse_number(text)
    elif column.type == "date":
        value = parse_date(text)
    elif column.type == "choice":
        value = column.choice(text) or text
    elif column.printed == STEP:
        value = without_number(text)
    assert isinstance(value, str | Decimal | date), (column.key, text)
    return value


def with_cells(filled: FilledSheet, cells: Mapping[tuple[str, str], Any]) -> FilledSheet:
    """The form with the cells (row, column) changed."""
    rows = tuple(
        replace(
            row,
            values={**row.values, **{key: v for (at, key), v in cells.items() if at == row.id}},
        )
        for row in filled.rows
    )
    return replace(filled, rows=rows)


def facts(remarks: Sequence[Remark]) -> list[tuple[str, str, str, str, str]]:
    """What a test compares: code, row, column, computed and written."""
    return [(r.code, r.row, r.column, r.computed, r.written) for r in remarks]
