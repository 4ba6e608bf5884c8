"""The import as background work: the same two steps, for files that take longer than a request."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from opsloop.datasets import actions
from opsloop.datasets.models import BatchState, ImportBatch
from opsloop.datasets.refusals import Refused, sentence
from opsloop.jobs.actions import enqueue
from opsloop.jobs.worker import Context, Failed
from opsloop.org import clock
from opsloop.org.models import Person

# Up to this size reading and checking takes about a second: nobody should wait in a queue for it.
INLINE_BYTES: Final = 2_000_000


def check(batch: ImportBatch, by: Person | None) -> ImportBatch:
    """Check a batch now when it is small, else as a job."""
    if batch.size <= INLINE_BYTES:
        return actions.check(batch=batch, by=by, now=clock.now())
    return _queue(batch, "check", by, {})


def commit(batch: ImportBatch, by: Person | None, *, skip_bad_rows: bool) -> ImportBatch:
    """Commit a batch now when it is small, else as a job."""
    if batch.size <= INLINE_BYTES:
        return actions.commit(batch=batch, by=by, now=clock.now(), skip_bad_rows=skip_bad_rows)
    if batch.bad_rows and not skip_bad_rows:
        raise actions.HasBadRows
    return _queue(batch, "import", by, {"skip_bad_rows": skip_bad_rows})


def _queue(
    batch: ImportBatch, kind: str, by: Person | None, arguments: dict[str, Any]
) -> ImportBatch:
    if batch.busy:
        return batch
    title = _("Check “%(name)s”") if kind == "check" else _("Import “%(name)s”")
    now = clock.now()
    job = enqueue(
        kind=kind, arguments={"batch_id": batch.pk, **arguments}, by=by, now=now,
        title=title % {"name": batch.file_name}, department=batch.dataset.department,
    )  # fmt: skip
    return actions.attach_job(batch=batch, job=job)


def check_import(context: Context, *, batch_id: int) -> dict[str, Any]:
    """Job handler "check"."""
    batch = _batch(batch_id)
    try:
        batch = actions.check(
            batch=batch, by=context.job.requested_by, now=context.now, progress=context.progress
        )
    except actions.NotPossible:
        # Decided by somebody meanwhile, or finished by a worker that died before it could say so.
        return _result(batch)
    if batch.state == BatchState.FAILED:
        raise _failed(batch.failure_code, batch.failure_params)
    return _result(batch)


def commit_import(
    context: Context, *, batch_id: int, skip_bad_rows: bool = False
) -> dict[str, Any]:
    """Job handler "import". Runs again harmlessly after a worker died half-way."""
    batch = _batch(batch_id)
    put_in_force = partial(
        actions.commit, batch=batch, by=context.job.requested_by, now=context.now,
        skip_bad_rows=skip_bad_rows, progress=context.progress,
    )  # fmt: skip
    try:
        batch = put_in_force()
    except Refused as refusal:
        raise _failed(refusal.code, refusal.params) from refusal
    except actions.HasBadRows as error:
        raise _failed("bad_rows", {"count": str(batch.bad_rows)}) from error
    except actions.NotPossible as error:
        batch.refresh_from_db()
        if batch.state != BatchState.COMMITTED:
            raise _failed("changed", {}) from error
    return _result(batch)


def _failed(code: str, params: Mapping[str, str]) -> Failed:
    return Failed(code, sentence(code, params))


def _batch(batch_id: int) -> ImportBatch:
    rows = ImportBatch.objects.unscoped("a job works for whoever was allowed to ask for it")
    return rows.select_related("dataset__department", "replaces", "job").get(pk=batch_id)


def _result(batch: ImportBatch) -> dict[str, Any]:
    return {"rows": batch.rows, "link": reverse("datasets:batch", args=[batch.pk])}
