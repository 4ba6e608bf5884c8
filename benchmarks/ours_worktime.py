"""OpsLoop: the product's working-time function on the product's own calendar."""

import json
import sys

from benchmarks.intervals import intervals
from opsloop.analysis.worktime import worked_seconds
from opsloop.org.published import published_calendar

start, end = intervals(int(sys.argv[1]))
total = int(worked_seconds(published_calendar(((540, 720), (810, 1080))), start, end).sum())
print(json.dumps({"intervals": len(start), "seconds": total}))
