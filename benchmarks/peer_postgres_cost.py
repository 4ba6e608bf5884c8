"""PostgreSQL: the same SQL over tables loaded beforehand (`python -m benchmarks.load_databases`)."""

import json
import os
from pathlib import Path

import psycopg

query = (Path(__file__).parent / "cost.sql").read_text(encoding="utf-8")
with psycopg.connect(os.environ["BENCH_POSTGRES"]) as connection:
    lines, flagged, variance, *_ = connection.execute(query).fetchone()
print(json.dumps({"lines": lines, "flagged": int(flagged), "variance": int(variance)}))
