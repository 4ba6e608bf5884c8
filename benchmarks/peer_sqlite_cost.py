"""SQLite: the same SQL over tables loaded beforehand (`python -m benchmarks.load_databases`)."""

import json
import sqlite3
import sys
from pathlib import Path

query = (Path(__file__).parent / "cost.sql").read_text(encoding="utf-8")
connection = sqlite3.connect(f"{sys.argv[1]}/ledger.sqlite3")
lines, flagged, variance, *_ = connection.execute(query).fetchone()
print(json.dumps({"lines": lines, "flagged": int(flagged), "variance": int(variance)}))
