"""The month page over a ledger of 10 M lines in 36 months, in Chromium, from a new server.

First contentful paint in milliseconds: cold is the first page a server that has just started
answers, with nothing remembered; warm the median of the next ones.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pages import ROOT, served
from tests.browser import chromium

PORT, RUNS = 8197, 9
PAGES = {
    "month": "/costs/{newest}/",
    "locked month": "/costs/{locked}/",
    "quarter": "/costs/overview/?period=2024-Q4",
    "year": "/costs/overview/?period=2024",
    "list of months": "/costs/",
    "lines behind the total": "/costs/{newest}/facts/",
}
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def measure(folder: Path, size: str) -> dict[str, dict[str, float]]:
    """Cold and warm first paint per page; prints the table."""
    home = folder / f"cost-page-{size}"
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ, "OPSLOOP_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill_costs", str(folder / size)], env=environment,
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    asked = json.loads(made.stdout.strip().splitlines()[-1])
    print(f"\nfirst contentful paint in Chromium, {size} ledger lines in 36 months, ms")
    found = {}
    with chromium() as browser:
        for name, address in PAGES.items():
            with served("opsloop.config.wsgi:application", PORT, environment):
                times = visits(browser, address.format(**asked), asked["cookie"])
            found[name] = {"cold": times[0], "warm": median(times[2:])}
            print(f"{name:24} cold {times[0]:6.0f}   warm {median(times[2:]):6.0f}", flush=True)
    return found


def visits(browser: Any, path: str, cookie: str, port: int = PORT, runs: int = RUNS) -> list[float]:
    """Paint times of visits one after another; two workers answer, each cold once."""
    base = f"http://127.0.0.1:{port}"
    _wait_for_server(port)
    times = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.set_default_timeout(120_000)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
    for _run in range(runs):
        page = context.new_page()
        answer = page.goto(base + path)
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{path} answered {answer and answer.status}")
        while not (painted := float(page.evaluate(_PAINT))):
            page.wait_for_timeout(20)
        times.append(painted)
        page.close()
    context.close()
    return times


def _wait_for_server(port: int) -> None:
    """A busy machine may take its time to start one; the measured time begins afterwards."""
    for _try in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
