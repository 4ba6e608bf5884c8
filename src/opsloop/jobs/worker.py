"""Claim jobs and run them: the same code inside `serve`, in `worker` processes and in tests.

A job is claimed by one conditional UPDATE and held by a lease that a heartbeat renews. What a
worker killed half-way leaves behind is queued again by `reap`; every end is conditional on still
holding the job, so a worker that lost its lease cannot overwrite its successor's result.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection
from django.db.models import F
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from opsloop.jobs import schedule
from opsloop.jobs.edge import survive
from opsloop.jobs.models import Job, JobState
from opsloop.org import clock
from opsloop.org.scoping import ScopedQuerySet

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
HEARTBEAT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 1.0
PROGRESS_SECONDS: Final = 0.5
BACK_OFF: Final = timedelta(seconds=30)


class Cancelled(Exception):
    """Somebody asked to stop; raised by `context.progress` inside the handler."""


class Failed(Exception):
    """The work cannot succeed by trying again; `text` is one sentence for the person who waits."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Context(Protocol):
    """What a handler is given: its job, the time it was claimed, and a way to report."""

    job: Job
    now: datetime

    def progress(self, done: int, total: int, text: str = "") -> None: ...


class RunningJob:
    """The context of one run. `progress` also notices a request to cancel."""

    def __init__(self, job: Job, now: datetime) -> None:
        self.job = job
        self.now = now
        self._told = 0.0

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Show progress (at most twice a second); `text` is a message id. Raises Cancelled."""
        at = time.monotonic()
        if at - self._told < PROGRESS_SECONDS and done < total:
            return
        self._told = at
        mine = _held(self.job)
        if not mine.update(done=done, total=total, text=text):
            raise Cancelled  # the lease was lost: another worker has the job now
        if mine.filter(cancel_requested=True).exists():
            raise Cancelled


def _all_jobs() -> ScopedQuerySet[Job]:
    return Job.objects.unscoped("a worker serves everybody")


def _held(job: Job) -> ScopedQuerySet[Job]:
    """The job's row while this worker still holds it, else no row."""
    return _all_jobs().filter(pk=job.pk, worker=job.worker, state=JobState.RUNNING)


def identity() -> str:
    """`host:pid:random`: the pid lets the same machine see at once that a worker has died."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def claim(worker: str, now: datetime) -> Job | None:
    """Take the job that has waited longest, or None. Two workers never get the same one."""
    due = _all_jobs().filter(state=JobState.WAITING, run_after__lte=now)
    for pk in due.order_by("run_after", "id").values_list("pk", flat=True)[:10]:
        won = _all_jobs().filter(pk=pk, state=JobState.WAITING).update(
            state=JobState.RUNNING, worker=worker, lease_until=now + LEASE, started_at=now,
            attempts=F("attempts") + 1,
        )  # fmt: skip
        if won:
            return _all_jobs().select_related("requested_by", "department").get(pk=pk)
    return None


def perform(job: Job, now: datetime) -> None:
    """Run the handler of a claimed job and write down how it ended."""

    def work() -> None:
        handler: Callable[..., dict[str, Any]] = import_string(settings.JOB_HANDLERS[job.kind])
        try:
            result = handler(RunningJob(job, now), **job.arguments)
        except Cancelled:
            _end(job, JobState.CANCELLED)
        except Failed as failure:
            _end(job, JobState.FAILED, error_code=failure.code, error_text=failure.text)
        else:
            _end(job, JobState.SUCCEEDED, result=result, done=F("total"))

    if not survive(work, f"job {job.pk} {job.kind}"):
        _try_again(job)


def _end(job: Job, state: JobState, **fields: Any) -> None:
    _held(job).update(state=state, finished_at=clock.now(), lease_until=None, **fields)


def _try_again(job: Job) -> None:
    if job.attempts >= job.max_attempts:
        with translation.override(settings.LANGUAGE_CODE):
            text = _(
                "An unexpected fault stopped this work; the log of the server has the details."
            )
            _end(job, JobState.FAILED, error_code="unexpected", error_text=text)
        return
    wait = BACK_OFF * 2 ** (job.attempts - 1)
    _held(job).update(state=JobState.WAITING, run_after=clock.now() + wait, lease_until=None)


def reap(now: datetime) -> int:
    """Queue again what dead workers left running; returns how many jobs changed state."""
    count = 0
    for job in _all_jobs().filter(state=JobState.RUNNING):
        expired = job.lease_until is None or job.lease_until < now
        if not expired and _alive(job.worker):
            continue
        held = _held(job)
        if job.cancel_requested:
            count += held.update(state=JobState.CANCELLED, finished_at=now, lease_until=None)
        elif job.attempts >= job.max_attempts:
            with translation.override(settings.LANGUAGE_CODE):
                text = _("The worker stopped in the middle of this work several times.")
            count += held.update(
                state=JobState.FAILED, finished_at=now, lease_until=None,
                error_code="worker_lost", error_text=text,
            )  # fmt: skip
        else:
            count += held.update(state=JobState.WAITING, run_after=now, lease_until=None)
    return count


def _alive(worker: str) -> bool:
    """False only when the worker's process is certainly gone; another host's is unknown: True."""
    host, pid, _rest = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _heartbeat(job: Job) -> Iterator[None]:
    """Renew the lease from a thread while the handler works."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                _held(job).update(lease_until=clock.now() + LEASE)
            except OperationalError:  # a busy database: the lease outlasts several missed beats
                log.warning("heartbeat missed", extra={"job": job.pk})
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(stop: threading.Event) -> None:
    """Work until `stop` is set: jobs in this thread, the schedule in one beside it."""
    me = identity()
    beside = threading.Thread(
        target=schedule.run, args=(stop, me, reap), name="schedule", daemon=True
    )
    beside.start()
    while not stop.is_set():
        close_old_connections()
        try:
            job = claim(me, clock.now())
        except OperationalError:
            log.warning("the database is not answering; trying again")
            job = None
        if job is None:
            stop.wait(POLL_SECONDS)
            continue
        with _heartbeat(job):
            perform(job, clock.now())
    beside.join()
    connection.close()


def drain(now: datetime) -> int:
    """Run every job due at `now` here and now; returns how many ran. For tests and commands."""
    me = identity()
    count = 0
    while job := claim(me, now):
        perform(job, now)
        count += 1
    return count
