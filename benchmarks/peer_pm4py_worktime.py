"""PM4Py BusinessHours, interval by interval (its only form): one in 500, extrapolated.

Weekly slots only: it cannot express a make-up workday, and leaving its holiday list out only
makes it faster.
"""

import json
import sys
import time
from datetime import datetime, timedelta

from pm4py.util.business_hours import BusinessHours

from benchmarks.intervals import intervals

DAY = 86_400
SLOTS = [
    (day * DAY + first * 60, day * DAY + last * 60)
    for day in range(5)
    for first, last in ((540, 720), (810, 1080))
]
count = int(sys.argv[1])
share = 500
start, end = (column[: count // share].tolist() for column in intervals(count))
zero = datetime(1970, 1, 1)
began = time.perf_counter()
total = 0
for first, last in zip(start, end, strict=True):
    pair = (zero + timedelta(microseconds=first), zero + timedelta(microseconds=last))
    total += BusinessHours(*pair, business_hour_slots=SLOTS).get_seconds()
print(json.dumps({"intervals": count, "extrapolated_s": (time.perf_counter() - began) * share}))
