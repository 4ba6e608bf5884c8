"""The pages of a process over its whole event log, in Chromium, from a new server.

First contentful paint in milliseconds. New: the first page of a server that has just started, over
facts nobody has studied. Cold: the same when the answers are kept on disk, as the job behind every
import leaves them. Warm: the median of the next ones. A page that is only announced at first
(bottleneck) says so by its `whole`: seconds until a reader of new facts has all of it.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

from benchmarks.cost_page import visits
from benchmarks.pages import ROOT, answering, served
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
        # As where the product is installed: modules are compiled once.
        "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill_process", str(folder / size)], env=environment,
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    asked = json.loads(made.stdout.strip().splitlines()[-1])
    print(f"\nfirst contentful paint in Chromium, log of {size} events, ms")
    found = {}
    with served("opsloop.config.wsgi:application", PORT, environment):
        answering(PORT)
        _seconds(f"/processes/{asked['process']}/", asked["cookie"])  # compiles what is left
    with chromium() as browser:
        for name, page in PAGES.items():
            address = f"/processes/{asked['process']}/{page}"
            shutil.rmtree(home / "answers", ignore_errors=True)
            with served("opsloop.config.wsgi:application", PORT, environment):
                new = visits(browser, address, asked["cookie"], PORT, 1)[0]
                whole = _seconds(f"{address}?now=1", asked["cookie"])
            with served("opsloop.config.wsgi:application", PORT, environment):
                times = visits(browser, address, asked["cookie"], PORT)
            found[name] = {
                "new": new, "whole_s": whole, "cold": times[0], "warm": median(times[2:])
            }  # fmt: skip
            print(
                f"{name:14} new {new:6.0f} (whole {whole:5.1f} s)   cold {times[0]:6.0f}   "
                f"warm {median(times[2:]):6.0f}", flush=True,
            )  # fmt: skip
    return found


def _seconds(address: str, cookie: str) -> float:
    """How long a whole page takes from now on, by HTTP."""
    asked = Request(f"http://127.0.0.1:{PORT}{address}", headers={"Cookie": f"sessionid={cookie}"})
    began = time.perf_counter()
    with urlopen(asked, timeout=600) as answer:
        answer.read()
    return time.perf_counter() - began
