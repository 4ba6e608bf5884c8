"""OpsLoop's cost analysis on its stored facts: every month, price and quantity, top deviations."""

import json
import sys
from pathlib import Path

from benchmarks.stored import scan
from opsloop.analysis.variance import Materiality, compare, judge, largest

folder = Path(sys.argv[1])
keys = ("period_no", "category_no", "item_no", "department_no")
compared = compare(scan(folder, "ledger").frame, scan(folder, "budget").frame, keys)
lines = judge(compared.collect(backend="polars"), keys, materiality=Materiality())
top = largest(lines, 20)
print(
    json.dumps(
        {
            "lines": len(lines),
            "flagged": sum(line.flagged for line in lines),
            "variance": sum(line.variance.fen for line in lines),
            "top": top[0].variance.fen,
        }
    )
)
