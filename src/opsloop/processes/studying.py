"""Processes are studied before anybody looks: a job fills what the first reader would wait for.

Whatever changes an answer (an import, its undoing, a calendar, the process's settings) changes its
key; the schedule orders one job for every key nobody has studied yet.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from opsloop.datasets.models import BatchState, ImportBatch
from opsloop.jobs.actions import enqueue
from opsloop.jobs.models import Job
from opsloop.jobs.worker import Context
from opsloop.processes import figures, kept, provenance, studies
from opsloop.processes.conformity import conformity
from opsloop.processes.models import Process

KIND: Final = "study"


def order_due(*, now: datetime) -> int:
    """Order a study of every process whose answers are not kept; for the schedule.

    A study that failed or was cancelled is not ordered again for the same facts.
    """
    logs = _digests()
    processes = _processes().filter(dataset__in=logs).select_related("department", "dataset")
    due = {}
    for process in processes:
        key = figures.key_of(process, logs[process.dataset_id], figures.WAITS)
        if not kept.stands(key):
            due[key] = process
    jobs = Job.objects.unscoped("the product orders every study once").filter(kind=KIND)
    ordered = set(
        jobs.filter(arguments__key__in=list(due)).values_list("arguments__key", flat=True)
    )
    for key, process in due.items():
        if key not in ordered:
            enqueue(
                kind=KIND, arguments={"process_id": process.pk, "key": key}, by=None, now=now,
                title=(_("Study “%(name)s”") % {"name": process.name})[:200],
                department=process.department,
            )  # fmt: skip
    return len(due) - len(ordered)


def study(context: Context, *, process_id: int, key: str) -> dict[str, Any]:
    """Job handler "study": everything the pages of a process read first, the nearest first."""
    del key  # names the facts it was ordered for; newer ones answer as well
    process = _processes().select_related("department", "dataset").get(pk=process_id)
    tasks: tuple[tuple[Callable[[Process], object], str], ...] = (
        (figures.findings, gettext_noop("Measuring cases and steps")),
        (provenance.parties, gettext_noop("Measuring cases and steps")),
        (studies.stated, gettext_noop("Measuring cases and steps")),
        (figures.waits, gettext_noop("Finding out why cases wait")),
        (conformity, gettext_noop("Comparing with the step table")),
    )
    for at, (answer, words) in enumerate(tasks):
        context.progress(at, len(tasks), words)
        answer(process)
    context.progress(len(tasks), len(tasks))
    return {"link": reverse("processes:detail", args=[process.pk])}


def _processes() -> Any:
    return Process.objects.unscoped("the product studies every process")


def _digests() -> dict[int, list[str]]:
    """Data set → digests of its facts in force, as the fact set lists them."""
    batches = ImportBatch.objects.unscoped("the product studies every process")
    held = batches.filter(state=BatchState.COMMITTED).exclude(fact_digest="")
    found: dict[int, list[str]] = defaultdict(list)
    for dataset, digest in held.order_by("id").values_list("dataset_id", "fact_digest"):
        found[dataset].append(digest)
    return found
