"""A company with one process over a generated event log; prints the cookie and the process.

OPSLOOP_HOME=FOLDER python -m benchmarks.fill_process INPUT
"""

import json
import os
import shutil
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")


def main(folder: Path) -> None:
    import django

    django.setup()
    from benchmarks.visitor import cookie, made
    from opsloop.processes.models import Process

    processes = Process.objects.unscoped("a benchmark reads everything")
    made(partial(_fill, folder), when_empty=processes)
    print(json.dumps({"cookie": cookie("head"), "process": processes.get().pk}))


def _fill(folder: Path, now: datetime) -> None:
    from django.conf import settings

    from benchmarks import visitor
    from benchmarks.generate import STEPS
    from opsloop.datasets.actions import create_dataset
    from opsloop.datasets.models import BatchState, Door, ImportBatch
    from opsloop.facts.store import FactStore
    from opsloop.org.permissions import Role
    from opsloop.processes import actions

    company, head = visitor.company("head", Role.DEPARTMENT_HEAD, now, everywhere=False)
    log = create_dataset(
        name="log", kind="event_log", department=company, timezone="Asia/Shanghai", by=None, now=now
    )
    shutil.copytree(
        folder / "facts", settings.FACTS_ROOT, copy_function=os.link, dirs_exist_ok=True
    )
    digest = json.loads((folder / "stored.json").read_text())["event_log"]
    rows = FactStore(settings.FACTS_ROOT).open("event_log", digest).rows
    ImportBatch.objects.create(
        dataset=log, state=BatchState.COMMITTED, door=Door.BROWSER, folder="log",
        file_name="log.csv", source_name="source.csv", size=1, digest="log", rows=rows,
        fact_rows=rows, fact_digest=digest, received_at=now, committed_at=now,
    )  # fmt: skip
    process = actions.define_process(
        name="Purchasing", department=company, owner=head, by=None, now=now, dataset=log
    )
    for name in STEPS:
        actions.add_step(process=process, by=None, now=now, name=name, activity=name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
