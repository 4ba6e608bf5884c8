"""Pages over a million rows: OpsLoop beside Django's admin, Redmine and a bare view, p50 in ms.

One client and eight clients, on loopback, a bounded number of requests each; on SQLite and, where a
PostgreSQL is installed, on a private one of its own. Every contender runs two worker processes.
"""

import contextlib
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from benchmarks import books, databases
from benchmarks.redmine import Redmine
from benchmarks.redmine import missing as redmine_missing

ROOT = Path(__file__).resolve().parent.parent
ROWS = 1_000_000
REQUESTS = 60
OURS, PEERS, REDMINE = 8191, 8192, 8193
FORM = "application/x-www-form-urlencoded"
PAGES = ("first page", "filtered", "deep page", "one record", "create")
INTERFACE = ("list, JSON", "one, JSON", "write, JSON")
# Five fields are typed for a new record, whoever asks: ours and the admin's is a cause written below
# a deviation, Redmine's an issue.
CAUSE = {
    "text": "The approver waits for a second signature", "controllable": "yes",
    "evidence_level": "observed", "evidence": "Three days beside the desk",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contender:
    """Who is asked for what: a page's name to its n-th request, and what every request says."""

    name: str
    port: int
    server: int  # the process id its workers lie below
    headers: Mapping[str, str]
    pages: Mapping[str, Callable[[int], Request]]


def page(path: str, **headers: str) -> Callable[[int], Request]:
    """The same address every time."""
    return lambda _n: Request(path, headers=headers)


@contextlib.contextmanager
def served(application: str, port: int, environment: dict[str, str]) -> Iterator[int]:
    """A granian server with two workers, ended by its process id, which is yielded."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
               "--port", str(port), "--workers", "2", "--blocking-threads", "4", "--no-access-log",
               application]  # fmt: skip
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def answering(port: int) -> None:
    """Wait until somebody listens, a minute at most."""
    for _ in range(600):
        with contextlib.suppress(OSError):
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
            return
        time.sleep(0.1)


def fetch(connection: http.client.HTTPConnection, who: Contender, asked: Request) -> float:
    """Milliseconds; a page that is no 200 and a form that redirects nowhere are errors."""
    headers = {**who.headers, **asked.headers}
    if asked.body:
        headers = {"Content-Type": FORM, **headers}
    began = time.perf_counter()
    method = "POST" if asked.body else "GET"
    connection.request(method, asked.path, asked.body or None, headers)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    expected = (200, 201, 302) if asked.body else (200,)
    if answer.status not in expected:
        raise RuntimeError(f"{who.name} {asked.path}: {answer.status}")
    return took


def measured(who: Contender, name: str, numbers: Iterator[int]) -> dict[str, float]:
    """p50 with one and with eight clients, and the CPU of the server's processes a request.

    Every request has a number of its own. On a machine that does other work too, compare the CPU.
    """
    ask = who.pages[name]

    def client(count: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", who.port, timeout=120)
        return [fetch(connection, who, ask(next(numbers))) for _ in range(count)]

    for _ in range(4):  # both workers, so that nobody's first page is measured
        client(1)
    began, row, asked = books.worked(who.server), {}, 0
    for clients in (1, 8):
        count = max(8, REQUESTS // clients)
        with ThreadPoolExecutor(clients) as pool:
            times = list(itertools.chain(*pool.map(client, [count] * clients)))
        row[f"{who.name} {clients}"] = median(times)
        asked += len(times)
    row[f"{who.name} CPU"] = (books.worked(who.server) - began) / asked
    return row


def ours(asked: Mapping[str, Any], server: int) -> Contender:
    one, spare, token = asked["one"], asked["spare"], "x" * 32
    typed = urlencode({**CAUSE, "category": asked["category"]})
    api = {"Authorization": f"Bearer {asked['token']}", "Cookie": ""}
    move = {**api, "Content-Type": "application/json", "If-Match": f'"{asked["version"]}"'}
    listed = "/loop/deviations/"
    return Contender(
        "OpsLoop", OURS, server,
        {"Cookie": f"sessionid={asked['cookie']}; csrftoken={token}", "X-CSRFToken": token},
        {
            "first page": page(listed), "filtered": page(f"{listed}?severity=critical"),
            "deep page": page(asked["deep"]), "one record": page(f"{listed}{one}/"),
            "create": lambda n: Request(f"{listed}deviation/{spare - n}/cause/", typed),
            "list, JSON": page("/api/v1/deviations?limit=50", **api),
            "one, JSON": page(f"/api/v1/deviations/{one}", **api),
            "write, JSON": lambda n: Request(
                f"/api/v1/deviations/{spare - n}/moves", '{"event": "confirm"}', move
            ),
        },
    )  # fmt: skip


def admin(asked: Mapping[str, Any], server: int) -> Contender:
    typed, token = {**CAUSE, "category": asked["category"]}, "x" * 32
    one = asked["one"]
    return Contender(
        "Django admin", PEERS, server,
        {"Cookie": f"sessionid={asked['cookie']}; csrftoken={token}", "X-CSRFToken": token},
        {
            "first page": page("/admin/loop/deviation/"),
            "filtered": page("/admin/loop/deviation/?severity__exact=critical"),
            "deep page": page("/admin/loop/deviation/?p=10000"),
            "one record": page(f"/admin/loop/deviation/{one}/change/"),
            "create": lambda n: Request(
                "/admin/loop/cause/add/", urlencode({**typed, "deviation": asked["spare"] - n})
            ),
        },
    )  # fmt: skip


def bare(asked: Mapping[str, Any], server: int) -> Contender:
    typed, one = {**CAUSE, "category": asked["category"]}, asked["one"]
    return Contender(
        "bare view", PEERS, server, {},
        {
            "first page": page("/bare/"), "filtered": page("/bare/?severity=critical"),
            "deep page": page("/bare/?before=500000"), "one record": page(f"/bare/{one}/"),
            "create": lambda n: Request(
                f"/bare/{asked['spare'] - n}/cause/", urlencode({**typed, "by": asked["person"]})
            ),
            "list, JSON": page("/bare.json"), "one, JSON": page(f"/bare/{one}.json"),
        },
    )  # fmt: skip


def redmine(site: Redmine, server: int) -> Contender:
    cookie, token = site.sign_in(REDMINE)
    high, key = site.priority("Urgent"), {"X-Redmine-API-Key": site.key, "Cookie": ""}
    narrow = [("set_filter", 1), ("per_page", 50), ("f[]", "status_id"), ("op[status_id]", "o"),
              ("f[]", "priority_id"), ("op[priority_id]", "="), ("v[priority_id][]", high)]  # fmt: skip
    issue = {"authenticity_token": token, "issue[tracker_id]": 1, "issue[status_id]": 1,
             "issue[priority_id]": high, "issue[subject]": CAUSE["text"],
             "issue[description]": CAUSE["evidence"]}  # fmt: skip
    written = json.dumps({"issue": {"project_id": 1, "subject": CAUSE["text"],
                                    "description": CAUSE["evidence"], "priority_id": high}})  # fmt: skip
    return Contender(
        "Redmine", REDMINE, server, {"Cookie": cookie},
        {
            "first page": page("/issues?per_page=50"),
            "filtered": page(f"/issues?{urlencode(narrow)}"),
            "deep page": page("/issues?per_page=50&page=10000"),
            "one record": page(f"/issues/{ROWS // 2}"),
            "create": lambda _n: Request("/projects/bench/issues", urlencode(issue)),
            "list, JSON": page("/issues.json?limit=50", **key),
            "one, JSON": page(f"/issues/{ROWS // 2}.json", **key),
            "write, JSON": lambda _n: Request(
                "/issues.json", written, {**key, "Content-Type": "application/json"}
            ),
        },
    )  # fmt: skip


Found = dict[str, dict[str, float]]


def measure(folder: Path) -> dict[str, Found]:
    """p50 and CPU per database, page and contender; prints the tables."""
    found = {"SQLite": _measured("SQLite", folder / "pages", "", None)}
    if not databases.is_installed():
        print("\nno PostgreSQL is installed: its pages are not measured, nor Redmine's")
        return found
    with databases.server(needed=True) as address:
        site = None if redmine_missing() else Redmine(folder / "pages-postgresql", address)
        found["PostgreSQL"] = _measured("PostgreSQL", folder / "pages-postgresql", address, site)
    return found


def _measured(database: str, home: Path, address: str, site: Redmine | None) -> Found:
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ, "OPSLOOP_HOME": str(home), "OPSLOOP_DEMO": "1", "OPSLOOP_DATABASE_URL": address,
        "OPSLOOP_API_CALLS_A_MINUTE": "1000000", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill_pages", str(ROWS)], env=environment, cwd=ROOT,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    admin_log = [
        sys.executable,
        "-m",
        "django",
        "migrate",
        "--settings=benchmarks.peer_site.settings",
    ]
    subprocess.run(
        [*admin_log, "admin"], env=environment, cwd=ROOT, check=True, capture_output=True
    )
    asked = json.loads(made.stdout.strip().splitlines()[-1])
    print(f"\npages over {ROWS:,} rows, {database}, p50 ms: 1 client / 8 clients (CPU)")
    with contextlib.ExitStack() as running:
        sites = {
            "OpsLoop": running.enter_context(
                served("opsloop.config.wsgi:application", OURS, environment)
            ),
            "Django admin and bare view": running.enter_context(
                served("benchmarks.peer_site.wsgi:application", PEERS, environment)
            ),
        }
        program, peers = sites.values()
        contenders = [ours(asked, program), admin(asked, peers), bare(asked, peers)]
        if site is not None:
            site.prepare(ROWS)
            sites["Redmine"] = running.enter_context(site.served(REDMINE))
            answering(REDMINE)
            contenders.append(redmine(site, sites["Redmine"]))
        elif address and redmine_missing():
            print(redmine_missing())
        answering(OURS)
        answering(PEERS)
        numbers = itertools.count()
        found = {name: _row(name, contenders, numbers) for name in (*PAGES, *INTERFACE)}
        print("\nmemory of a worker, MiB (its share of what it holds in common with the others)")
        for name, parent in sites.items():
            print(f"{name:28} {books.a_worker(parent):.0f}")
    return found


def _row(name: str, contenders: list[Contender], numbers: Iterator[int]) -> dict[str, float]:
    row: dict[str, float] = {}
    cells = []
    for who in contenders:
        if name in who.pages:
            row |= measured(who, name, numbers)
            one, eight, cpu = (row[f"{who.name} {what}"] for what in (1, 8, "CPU"))
            cells.append(f"{who.name} {one:.0f} / {eight:.0f} ({cpu:.1f})")
    print(f"{name:12}", *cells, sep="  ", flush=True)
    return row
