"""r4pm (Rust4PM): event log → directly-follows edges and variants."""

import json
import sys

import polars as pl
import r4pm
from r4pm import bindings

frame = pl.read_parquet(f"{sys.argv[1]}/log.parquet").rename(
    {"case_id": "case:concept:name", "activity": "concept:name", "end_time": "time:timestamp"}
)
frame = frame.with_columns(pl.col("time:timestamp", "start_time").dt.replace_time_zone("UTC"))
log = r4pm.import_item_from_df("EventLog", frame)
edges = bindings.discover_dfg(log)
variants = bindings.get_num_variants(bindings.log_to_activity_projection(log))
print(json.dumps({"events": frame.height, "edges": len(edges["directly_follows_relations"]),
                  "variants": variants}))  # fmt: skip
