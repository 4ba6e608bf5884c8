"""The floor: hand-written SQL in DuckDB over Parquet."""

import json
import sys
from pathlib import Path

import duckdb

folder = sys.argv[1]
connection = duckdb.connect()
connection.execute("SET memory_limit='4GB'; SET threads=2")
for name in ("ledger", "budget"):
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
query = (Path(__file__).parent / "cost.sql").read_text(encoding="utf-8")
lines, flagged, variance, *_ = connection.execute(query).fetchone()
print(json.dumps({"lines": lines, "flagged": int(flagged), "variance": int(variance)}))
