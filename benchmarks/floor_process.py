"""The floor: hand-tuned Polars on sorted integer facts, edges with medians, variants, steps."""

import json
import sys
from pathlib import Path

import polars as pl

path = Path(sys.argv[1]) / "sorted.parquet"
frame = pl.read_parquet(path)
following = frame.select(
    pl.col("activity_no").alias("a"),
    pl.col("activity_no").shift(-1).alias("b"),
    (pl.col("start_us").shift(-1) - pl.col("end_us")).alias("gap"),
    pl.col("case_no"),
    pl.col("case_no").shift(-1).alias("next"),
).filter(pl.col("case_no") == pl.col("next"))
edges = following.group_by("a", "b").agg(
    pl.len(), pl.col("gap").median().alias("median"), pl.col("gap").quantile(0.9, "linear"),
    pl.col("gap").sum().alias("sum"), pl.col("case_no").rle_id().n_unique().alias("cases"),
)  # fmt: skip
steps = frame.group_by("activity_no").agg(
    pl.len(), (pl.col("end_us") - pl.col("start_us")).median().alias("median"),
    (pl.col("end_us") - pl.col("start_us")).quantile(0.9, "linear").alias("p90"),
    pl.col("case_no").rle_id().n_unique().alias("cases"),
)  # fmt: skip
cases = frame.group_by("case_no", maintain_order=True).agg(
    pl.col("activity_no"), pl.col("start_us").min(), pl.col("end_us").max()
)
variants = cases.group_by("activity_no").agg(
    pl.len(), (pl.col("end_us") - pl.col("start_us")).median()
)
print(json.dumps({"events": frame.height, "edges": edges.height, "variants": variants.height}))
