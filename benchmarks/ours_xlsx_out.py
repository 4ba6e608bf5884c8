"""OpsLoop writing the rows: a plain download, or a filled form with layout, lists and row ids."""

import sys
from decimal import Decimal
from pathlib import Path

from benchmarks.workbooks import AMOUNT, COLUMNS, HEADINGS, answer, rows
from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.exchange.printing import workbook
from opsloop.exchange.printing.texts import PrintTexts
from opsloop.exchange.row_workbook import write_rows

path, way, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
made = list(rows(count))
if way == "rows":
    write_rows(path, HEADINGS, made, name="台账")
else:
    sheet = Sheet(
        "ledger",
        "Ledger",
        header=(),
        columns=tuple(Column(name, name, type=kind, printed=name) for name, kind, _ in COLUMNS),
    )
    filled = []
    for at, row in enumerate(made):
        values = (Decimal(str(value)) if isinstance(value, float) else value for value in row)
        filled.append(SheetRow(str(at), dict(zip(HEADINGS, values, strict=True)), version="1"))
    texts = PrintTexts("{page}/{pages}", "合计", "是", "否", ("编制", "审核", "批准"))
    workbook.write(FilledSheet(sheet, {}, tuple(filled)), path, texts=texts)
answer(count, sum(row[AMOUNT] for row in made) * 100)
