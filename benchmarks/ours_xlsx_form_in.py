"""OpsLoop reading the workbook as a form: headings matched, all fifteen cells of a row typed."""

import sys
from pathlib import Path

from benchmarks.workbooks import COLUMNS, answer
from opsloop.exchange import returned
from opsloop.exchange.columns import Column, Sheet

sheet = Sheet(
    "ledger",
    "Ledger",
    header=(),
    columns=tuple(Column(name, name, type=kind, printed=name) for name, kind, _ in COLUMNS),
)
form = returned.read(Path(sys.argv[1]), sheet)
assert not form.problems
answer(len(form.rows), float(sum(row.values["金额"] for row in form.rows) * 100))
