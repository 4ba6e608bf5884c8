"""OpsLoop: zip check, sandboxed child, header, column proposal, every value typed and checked."""

import sys
from pathlib import Path

from benchmarks.workbooks import answer
from opsloop.exchange.mapping import propose
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.typed import typed_rows

table = read_table(Path(sys.argv[1]))
typed = typed_rows("ledger", table, propose("ledger", table), timezone="Asia/Shanghai")
assert typed.counts == {}
answer(typed.frame.height, typed.frame["amount_fen"].sum())
