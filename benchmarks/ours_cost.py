"""OpsLoop's cost analysis on its stored facts: every month, price and quantity, top deviations."""

import json
import sys
from pathlib import Path

from benchmarks.stored import scan
from opsloop.analysis.variance import Materiality, compare, judge

folder = Path(sys.argv[1])
keys = ("period_no", "category_no", "item_no", "department_no")
compared = compare(scan(folder, "ledger").frame, scan(folder, "budget").frame, keys)
lines = judge(compared.collect(backend="polars"), keys, materiality=Materiality())
top = lines.largest(20)
effects = lines.split().total
print(
    json.dumps(
        {
            "lines": len(lines),
            "flagged": int(lines.flagged.sum()),
            "variance": lines.total().fen,
            "top": top[0].variance.fen,
            "price": effects.price_fen,
            "quantity": effects.quantity_fen,
        }
    )
)
