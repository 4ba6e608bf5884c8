"""Ask for work, cancel it, try it again. What a worker does with a job is in `worker`."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from opsloop.audit.actions import record
from opsloop.jobs.models import ACTIVE, Job, JobState
from opsloop.org.models import Department, Person
from opsloop.org.scoping import ScopedQuerySet


class UnknownKind(LookupError):
    """No handler is registered for this kind of job."""


class NotPossible(Exception):
    """The job's state does not allow this any more."""


def _row(job: Job) -> ScopedQuerySet[Job]:
    """The row of a job somebody was already shown, for conditional updates."""
    return Job.objects.unscoped("one row, already found in scope").filter(pk=job.pk)


@transaction.atomic
def enqueue(
    *,
    kind: str,
    arguments: dict[str, Any],
    by: Person | None,
    now: datetime,
    title: str = "",
    department: Department | None = None,
    max_attempts: int = 3,
) -> Job:
    """Put work in the queue; it starts after the caller's transaction commits.

    `arguments` must be JSON values; the handler may run more than once, so it must be idempotent.
    """
    if kind not in settings.JOB_HANDLERS:
        raise UnknownKind(kind)
    job = Job.objects.create(
        kind=kind, arguments=arguments, title=title or kind, requested_by=by,
        department=department, max_attempts=max_attempts, created_at=now, run_after=now,
    )  # fmt: skip
    record(
        by=by, now=now, action="jobs.enqueue", subject=job, department=department,
        changes={"kind": ["", kind]},
    )  # fmt: skip
    return job


@transaction.atomic
def cancel(*, job: Job, by: Person | None, now: datetime) -> Job:
    """Stop a waiting job at once, a running one at its next sign of progress."""
    waiting = _row(job).filter(state=JobState.WAITING)
    if not waiting.update(state=JobState.CANCELLED, cancel_requested=True, finished_at=now):
        running = _row(job).filter(state=JobState.RUNNING)
        if not running.update(cancel_requested=True):
            raise NotPossible
    record(by=by, now=now, action="jobs.cancel", subject=job, department=job.department)
    job.refresh_from_db()
    return job


@transaction.atomic
def retry(*, job: Job, by: Person | None, now: datetime) -> Job:
    """Queue a failed or cancelled job again, with its attempts counted anew."""
    ended = _row(job).exclude(state__in=[*ACTIVE, JobState.SUCCEEDED])
    if not ended.update(
        state=JobState.WAITING, attempts=0, run_after=now, cancel_requested=False, done=0,
        text="", error_code="", error_text="", started_at=None, finished_at=None, worker="",
    ):  # fmt: skip
        raise NotPossible
    record(by=by, now=now, action="jobs.retry", subject=job, department=job.department)
    job.refresh_from_db()
    return job
