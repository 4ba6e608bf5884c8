"""PM4Py: event log → directly-follows edges with times, variants, rework (its own API)."""

import json
import sys

import pandas as pd
import pm4py

frame = pd.read_parquet(f"{sys.argv[1]}/log.parquet")
frame = frame.rename(columns={"start_time": "start_timestamp"})
log = pm4py.format_dataframe(
    frame, case_id="case_id", activity_key="activity", timestamp_key="end_time",
    start_timestamp_key="start_timestamp",
)  # fmt: skip
edges, _, _ = pm4py.discover_dfg(log)
times, _, _ = pm4py.discover_performance_dfg(log)
variants = pm4py.get_variants(log)
rework = pm4py.get_rework_cases_per_activity(log)
print(json.dumps({"events": len(frame), "edges": len(edges), "variants": len(variants)}))
