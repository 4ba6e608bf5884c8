"""Pages over a million rows: OpsLoop beside Django's admin and a bare view, p50 in ms.

One client and eight clients, on loopback, a bounded number of requests each; on SQLite and, where a
PostgreSQL is installed, on a private one of its own.
"""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import databases

ROOT = Path(__file__).resolve().parent.parent
ROWS = 1_000_000
REQUESTS = 60
OURS, PEERS = 8191, 8192
PAGES = {
    "first page": ("/loop/deviations/", "/admin/loop/deviation/", "/bare/"),
    "filtered": (
        "/loop/deviations/?severity=critical", "/admin/loop/deviation/?severity__exact=critical",
        "/bare/?severity=critical",
    ),
    "deep page": ("{deep}", "/admin/loop/deviation/?p=10000", "/bare/?before=500000"),
    "one record": ("/loop/deviations/{one}/", "/admin/loop/deviation/{one}/change/", "/bare/{one}/"),
}  # fmt: skip


@contextlib.contextmanager
def served(application: str, port: int, environment: dict[str, str]) -> Iterator[None]:
    """A granian server with two workers, ended by its process id."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
               "--port", str(port), "--workers", "2", "--blocking-threads", "4", "--no-access-log",
               application]  # fmt: skip
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def fetch(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[float, str]:
    """Milliseconds and body; anything but 200 is an error."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}"})
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status}")
    return (time.perf_counter() - began) * 1000, body


def p50(port: int, path: str, cookie: str, clients: int) -> float:
    times: list[float] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        count = max(6, REQUESTS // clients)
        times.extend(fetch(connection, path, cookie)[0] for _ in range(count))

    fetch(http.client.HTTPConnection("127.0.0.1", port, timeout=60), path, cookie)
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return median(times)


def measure(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """p50 per database, page and contender; prints the tables."""
    home = folder / "pages"
    found = {"SQLite": _measured("SQLite", home, "")}
    if databases.is_installed():
        with databases.server(needed=True) as address:
            found["PostgreSQL"] = _measured("PostgreSQL", folder / "pages-postgresql", address)
    else:
        print("\nno PostgreSQL is installed: its pages are not measured")
    return found


def _measured(database: str, home: Path, address: str) -> dict[str, dict[str, float]]:
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ, "OPSLOOP_HOME": str(home), "OPSLOOP_DEMO": "1",
        "OPSLOOP_DATABASE_URL": address, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill_pages", str(ROWS)], env=environment, cwd=ROOT,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    asked = json.loads(made.stdout.strip().splitlines()[-1])
    found: dict[str, dict[str, float]] = {}
    names = ("OpsLoop", "Django admin", "bare view")
    with (
        served("opsloop.config.wsgi:application", OURS, environment),
        served("benchmarks.peer_site.wsgi:application", PEERS, environment),
    ):
        print(f"\npages over {ROWS:,} rows, {database}, p50 ms (1 client / 8 clients)")
        for page, addresses in PAGES.items():
            ports = (OURS, PEERS, PEERS)
            found[page] = {
                f"{name} {clients}": p50(port, path.format(**asked), asked["cookie"], clients)
                for name, port, path in zip(names, ports, addresses, strict=True)
                for clients in (1, 8)
            }
            row = found[page]
            cells = "  ".join(f"{n} {row[f'{n} 1']:.0f} / {row[f'{n} 8']:.0f}" for n in names)
            print(f"{page:12} {cells}", flush=True)
    return found
