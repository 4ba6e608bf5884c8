"""pandas as an analyst writes it: sort, shift, group."""

import json
import sys

import pandas as pd

frame = pd.read_parquet(f"{sys.argv[1]}/log.parquet")
frame = frame.sort_values(["case_id", "start_time", "end_time"], kind="stable")
same = frame["case_id"].eq(frame["case_id"].shift(-1))
pairs = pd.DataFrame(
    {
        "from": frame["activity"],
        "to": frame["activity"].shift(-1),
        "hours": (frame["start_time"].shift(-1) - frame["end_time"]).dt.total_seconds() / 3600,
        "case": frame["case_id"],
    }
)[same]
edges = pairs.groupby(["from", "to"]).agg(
    count=("hours", "size"), median=("hours", "median"), cases=("case", "nunique")
)
variants = frame.groupby("case_id")["activity"].agg(tuple).value_counts()
steps = (
    frame.assign(hours=(frame["end_time"] - frame["start_time"]).dt.total_seconds() / 3600)
    .groupby("activity")["hours"]
    .agg(["size", "mean", "median", lambda hours: hours.quantile(0.9)])
)
rework = frame.groupby(["case_id", "activity"]).size().gt(1).groupby("activity").sum()
spans = frame.groupby("case_id").agg(first=("start_time", "min"), last=("end_time", "max"))
print(json.dumps({"events": len(frame), "edges": len(edges), "variants": len(variants)}))
