"""OpsLoop's command line from a CSV file to the answer: sandbox, mapping, bottleneck and all."""

import contextlib
import io
import json
import sys

from opsloop.cli.main import main

output = io.StringIO()
with contextlib.redirect_stdout(output):
    main(["analyze", "process", f"{sys.argv[1]}/log.csv", "--json"], standalone_mode=False)
found = json.loads(output.getvalue())
print(json.dumps({name: found[name] for name in ("events", "edges", "variants")}))
