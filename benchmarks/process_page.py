"""The pages of a process over its whole event log, in Chromium, from a new server.

First contentful paint in milliseconds: cold is the first page a server that has just started
answers, with nothing remembered; warm the median of the next ones.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.cost_page import visits
from benchmarks.pages import ROOT, served
from tests.browser import chromium

PORT = 8103
PAGES = {"process": "", "map": "map/", "variants": "variants/", "bottleneck": "bottleneck/"}


def measure(folder: Path, size: str) -> dict[str, dict[str, float]]:
    """Cold and warm first paint per page; prints the table."""
    home = folder / f"process-page-{size}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    environment = {
        **os.environ, "OPSLOOP_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill_process", str(folder / size)], env=environment,
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    asked = json.loads(made.stdout.strip().splitlines()[-1])
    print(f"\nfirst contentful paint in Chromium, log of {size} events, ms")
    found = {}
    with chromium() as browser:
        for name, page in PAGES.items():
            with served("opsloop.config.wsgi:application", PORT, environment):
                address = f"/processes/{asked['process']}/{page}"
                times = visits(browser, address, asked["cookie"], PORT)
            found[name] = {"cold": times[0], "warm": median(times[2:])}
            print(f"{name:24} cold {times[0]:6.0f}   warm {median(times[2:]):6.0f}", flush=True)
    return found
