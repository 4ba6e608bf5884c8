"""A company with one process over a generated event log; prints the cookie and the process.

OPSLOOP_HOME=FOLDER python -m benchmarks.fill_process INPUT
"""

import json
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")


def main(folder: Path) -> None:
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db import transaction

    from opsloop.org import clock
    from opsloop.org.models import Person
    from opsloop.processes.models import Process

    call_command("migrate", verbosity=0)
    processes = Process.objects.unscoped("a benchmark reads everything")
    if not processes.exists():
        with transaction.atomic():
            _fill(folder, clock.now())
    person = Person.objects.get(username="head")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    print(json.dumps({"cookie": session.session_key, "process": processes.get().pk}))


def _fill(folder: Path, now: datetime) -> None:
    from django.conf import settings

    from benchmarks.generate import STEPS
    from opsloop.datasets.actions import create_dataset
    from opsloop.datasets.models import BatchState, Door, ImportBatch
    from opsloop.facts.store import FactStore
    from opsloop.org import actions as org
    from opsloop.org.permissions import Role
    from opsloop.processes import actions

    org.set_up_organisation(by=None, now=now, name="Bench")
    company = org.create_department(name="Bench", code="B", parent=None, by=None, now=now)
    head = org.create_person(
        username="head", name="Head", department=company, position="", by=None, now=now
    )
    org.grant_role(person=head, role=Role.DEPARTMENT_HEAD, department=company, by=None, now=now)
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
