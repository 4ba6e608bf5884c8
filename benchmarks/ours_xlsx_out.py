"""OpsLoop writing a filled form: company layout, number formats, lists, print setup, row ids."""

import sys
from decimal import Decimal
from pathlib import Path

from benchmarks.workbooks import COLUMNS, HEADINGS, answer, rows
from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.exchange.printing import workbook
from opsloop.exchange.printing.texts import PrintTexts

count = int(sys.argv[2])
sheet = Sheet(
    "ledger",
    "Ledger",
    header=(),
    columns=tuple(Column(name, name, type=kind, printed=name) for name, kind, _ in COLUMNS),
)
total = 0.0
made = []
for at, row in enumerate(rows(count)):
    total += row[9] * 100
    values = (Decimal(str(value)) if isinstance(value, float) else value for value in row)
    made.append(SheetRow(str(at), dict(zip(HEADINGS, values, strict=True)), version="1"))
texts = PrintTexts("{page}/{pages}", "合计", "是", "否", ("编制", "审核", "批准"))
workbook.write(FilledSheet(sheet, {}, tuple(made)), Path(sys.argv[1]), texts=texts)
answer(count, total)
