"""OpsLoop's process analysis on its stored facts."""

import json
import sys
from pathlib import Path

from benchmarks.stored import scan
from opsloop.analysis.event_log import analyse

found = analyse(scan(Path(sys.argv[1]), "event_log").frame)
print(
    json.dumps({"events": found.events, "edges": len(found.edges), "variants": len(found.variants)})
)
