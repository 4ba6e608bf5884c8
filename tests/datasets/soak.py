"""Kill the import at random moments: afterwards there is the old state or the new one.

`python -m tests.datasets.soak --kills 200` works in a temporary folder of its own on SQLite and
ends with exit code 1 at the first broken promise. Half of the kills hit the command that receives,
checks and commits a file, half hit a worker that commits a batch as a job.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 4000
NAME = "soak"


def prepare(home: Path) -> None:
    os.environ["OPSLOOP_HOME"] = str(home)
    os.environ.pop("OPSLOOP_DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "opsloop.config.settings"
    import django

    django.setup()


def write_log(path: Path, number: int) -> Path:
    """A log whose cases no other round has."""
    lines = ["单据编号,节点名称,开始时间,完成时间,处理人"]
    lines += [
        f"R{number}-{at // 4},步骤{at % 4},2024-{1 + at % 12:02}-{1 + at % 28:02} 09:00,"
        f"2024-{1 + at % 12:02}-{1 + at % 28:02} 1{at % 9}:00,员工{at % 7}"
        for at in range(ROWS)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def import_file(path: Path) -> int:
    from opsloop.datasets.command import import_from_command

    return import_from_command(
        path.name, [path.read_bytes()], name=NAME, kind="event_log", department=None,
        timezone=None, mapping=(), skip_bad_rows=False, replace=False,
    ).exit_code  # fmt: skip


def run_jobs() -> None:
    from opsloop.jobs import worker
    from opsloop.org import clock

    worker.drain(clock.now())


def child(home: Path) -> None:
    """Warm up, say so, then do the one thing asked for."""
    prepare(home)
    import polars as pl  # noqa: F401 - the slow imports belong before the clock starts

    from opsloop.datasets import command, work  # noqa: F401

    print("ready", flush=True)
    order = json.loads(sys.stdin.readline())
    if order["what"] == "import":
        import_file(Path(order["file"]))
    else:
        run_jobs()
    print("done", flush=True)


class Victim:
    """A child process waiting to be told what to do."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "tests.datasets.soak", "--child", str(home)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def start(self, order: dict[str, Any]) -> None:
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        assert self.process.stdout.readline() == "ready\n", self.process.stderr
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def finish(self) -> float:
        """Seconds until the work is done, unharmed."""
        begun = time.monotonic()
        self.process.communicate()
        assert self.process.returncode == 0
        return time.monotonic() - begun

    def kill_after(self, seconds: float) -> bool:
        """Kill −9; whether it was still working."""
        time.sleep(seconds)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        return self.process.returncode == -signal.SIGKILL


class Soak:
    """The rounds and what must hold after each of them."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.random = home, random.Random(seed)
        self.files = 0
        self.victim = Victim(home)

    def next_file(self) -> Path:
        self.files += 1
        return write_log(self.home / f"log-{self.files}.csv", self.files)

    def round(self, longest: float | None) -> tuple[float, bool]:
        """One import, killed somewhere within `longest` seconds (None: left alone)."""
        victim, self.victim = self.victim, Victim(self.home)
        path = self.next_file()
        as_job = self.files % 2 == 0
        if as_job:
            self.queue(path)
        victim.start({"what": "job" if as_job else "import", "file": str(path)})
        if longest is None:
            return victim.finish(), False
        killed = victim.kill_after(self.random.uniform(0, longest))
        self.check(settled=False)
        self.recover(path, as_job=as_job)
        self.check(settled=True)
        return 0.0, killed

    def queue(self, path: Path) -> None:
        """What the upload page leaves behind for a large file: a checked batch and its job."""
        from opsloop.datasets import actions, work
        from opsloop.datasets.models import Dataset, Door
        from opsloop.org import clock

        dataset = Dataset.objects.unscoped("soak").get(name=NAME)
        batch = actions.receive(
            dataset=dataset, file_name=path.name, chunks=[path.read_bytes()], door=Door.BROWSER,
            by=None, now=clock.now(),
        )  # fmt: skip
        actions.check(batch=batch, by=None, now=clock.now())
        limit, work.INLINE_BYTES = work.INLINE_BYTES, 0  # type: ignore[misc]  # every size is large here
        work.commit(batch, None, skip_bad_rows=False)
        work.INLINE_BYTES = limit  # type: ignore[misc]  # put back

    def recover(self, path: Path, *, as_job: bool) -> None:
        from opsloop.jobs import worker
        from opsloop.org import clock

        if as_job:
            worker.reap(clock.now())
            run_jobs()
        else:
            assert import_file(path) == 0, "the import could not be repeated"

    def check(self, *, settled: bool) -> None:
        """Old state or new state: whole files, whole chain, figures of whole imports."""
        from opsloop.audit.queries import verify_chain
        from opsloop.datasets import queries, verification
        from opsloop.datasets.models import Dataset

        found = verification.verify()
        assert found.sound, f"damaged: {found.damaged}"
        assert verify_chain().whole, "the audit chain is broken"
        dataset = Dataset.objects.unscoped("soak").get(name=NAME)
        facts = queries.fact_set(dataset)
        counted = facts.frame.collect().to_native().height
        expected = {self.files * ROWS} if settled else {(self.files - 1) * ROWS, self.files * ROWS}
        assert counted in expected, f"{counted} rows, expected {expected}"
        assert len(set(facts.batch_ids)) * ROWS == counted


def soak(kills: int, seed: int, home: Path) -> int:
    """Run until so many imports were killed at work; returns the number of rounds."""
    from django.core.management import call_command

    from opsloop.org.models import Department

    call_command("migrate", verbosity=0)
    Department.objects.create(name="公司", code="top")
    run = Soak(home, seed)
    longest = max(run.round(None)[0], run.round(None)[0])
    hit = rounds = 0
    while hit < kills:
        hit += run.round(longest)[1]
        rounds += 1
        if rounds % 20 == 0:
            print(f"{hit} kills in {rounds} rounds", file=sys.stderr, flush=True)
    run.victim.kill_after(0)
    return rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        child(wanted.child)
        return
    with tempfile.TemporaryDirectory(prefix="opsloop-soak-") as folder:
        prepare(Path(folder))
        rounds = soak(wanted.kills, wanted.seed, Path(folder))
    print(f"{wanted.kills} kills in {rounds} rounds: old state or new state every time")


if __name__ == "__main__":
    main()
