"""Every write of a data set: one import service behind all doors.

receive → check → commit, with change, discard, correct and retire beside them. Heavy work (reading
a file, writing facts) happens before the transaction that makes it count; a crash in between
leaves only files that nothing refers to.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from opsloop.audit.actions import changes_between, record
from opsloop.datasets import checking, files
from opsloop.datasets.models import (
    OPEN_STATES,
    BatchState,
    ColumnMapping,
    Dataset,
    Door,
    ImportBatch,
)
from opsloop.datasets.refusals import Refused
from opsloop.exchange.problems import RefusedFile
from opsloop.facts.store import FactFile
from opsloop.jobs.models import Job
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require
from opsloop.org.scoping import ScopedQuerySet

_IMPORT: Final = Permission.DATASET_IMPORT


class NameTaken(Exception):
    """The department already has a data set of this name."""


class NotPossible(Exception):
    """The batch's state does not allow this (any more)."""


class HasBadRows(Exception):
    """Some rows have problems and nobody said to leave them out."""


class SameFile(Refused):
    """The very same content is already in force in this data set."""

    def __init__(self, batch: ImportBatch) -> None:
        day = f"{batch.committed_at:%Y-%m-%d}" if batch.committed_at else ""
        super().__init__("same_file", {"name": batch.file_name, "day": day})
        self.batch = batch


def no_progress(done: int, total: int, text: str) -> None:
    """For callers that wait."""


def create_dataset(
    *,
    name: str,
    kind: str,
    department: Department,
    timezone: str,
    by: Person | None,
    now: datetime,
    calendar_kind: str = "working_time",
    source: str = "",
    description: str = "",
) -> Dataset:
    """A new, empty data set. Raises NameTaken, NotPermitted, ValueError for an unknown zone."""
    require(by, _IMPORT, department)
    if timezone not in available_timezones():
        raise ValueError(timezone)
    dataset = Dataset(
        name=name.strip(), kind=kind, department=department, timezone=timezone,
        calendar_kind=calendar_kind, source=source, description=description,
        created_by=by, created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            dataset.save(force_insert=True)
            record(
                by=by, now=now, action="datasets.create", subject=dataset, department=department,
                changes=changes_between({}, {"name": dataset.name, "kind": kind}),
            )  # fmt: skip
    except IntegrityError as error:
        raise NameTaken from error
    return dataset


@transaction.atomic
def describe_dataset(
    *, dataset: Dataset, values: Mapping[str, str], by: Person | None, now: datetime
) -> Dataset:
    """Change the words about a data set: `source`, `description`, `calendar_kind`."""
    require(by, _IMPORT, dataset.department)
    names = ("source", "description", "calendar_kind")
    before = {name: getattr(dataset, name) for name in names}
    for name in names:
        setattr(dataset, name, values.get(name, before[name]))
    dataset.save(update_fields=names)
    _record("datasets.describe", dataset, by, now, changes_between(before, values))
    return dataset


def receive(
    *,
    dataset: Dataset,
    file_name: str,
    chunks: Iterable[bytes],
    door: str,
    by: Person | None,
    now: datetime,
    idempotency_key: str = "",
    replaces: ImportBatch | None = None,
    is_correction: bool = False,
) -> ImportBatch:
    """Take a file in, streamed to disk, and register it; it is not read yet.

    A known idempotency key, or the very content of a batch still open, returns that batch. Raises
    Refused (too large, empty), SameFile (already in force), NotPermitted.
    """
    require(by, _IMPORT, dataset.department)
    if idempotency_key:
        known = dataset.batches.filter(idempotency_key=idempotency_key).first()
        if known:
            return known
    stored = files.store(chunks, file_name)
    batch = ImportBatch(
        dataset=dataset, door=door, file_name=files.safe_name(file_name), folder=stored.folder,
        source_name=stored.source_name, size=stored.size, digest=stored.digest,
        idempotency_key=idempotency_key, replaces=replaces, is_correction=is_correction,
        received_by=by, received_at=now,
    )  # fmt: skip
    try:
        registered = _register(batch, by, now)
    except SameFile:
        files.discard(stored.folder)
        raise
    if registered.folder != stored.folder:
        files.discard(stored.folder)
    return registered


@transaction.atomic
def _register(batch: ImportBatch, by: Person | None, now: datetime) -> ImportBatch:
    # Two uploads at once queue up here, so the same file cannot slip in twice.
    Dataset.objects.unscoped("lock the row the caller holds").select_for_update().get(
        pk=batch.dataset_id
    )
    for same in batch.dataset.batches.filter(digest=batch.digest).order_by("-id"):
        keyed = batch.idempotency_key and same.idempotency_key == batch.idempotency_key
        if keyed or (same.is_open and same.replaces_id == batch.replaces_id):
            return same
        if same.state == BatchState.COMMITTED and batch.replaces_id != same.pk:
            raise SameFile(same)
    batch.save(force_insert=True)
    _record("datasets.receive", batch, by, now, {"file": ["", batch.file_name]})
    return batch


def check(
    *,
    batch: ImportBatch,
    by: Person | None,
    now: datetime,
    progress: checking.Progress = no_progress,
) -> ImportBatch:
    """Read the file in a throw-away process and find out what it says and what is wrong.

    A file that cannot be read ends in the state `failed` with its reason; it does not raise.
    """
    require(by, _IMPORT, batch.dataset.department)
    if batch.state not in OPEN_STATES:
        raise NotPossible
    progress(0, 3, checking.READING)
    try:
        found = checking.examine(batch, progress)
    except (RefusedFile, Refused) as error:
        return _fail(batch, error, by, now)
    return _note_findings(batch, found, by, now)


@transaction.atomic
def _note_findings(
    batch: ImportBatch, found: Mapping[str, Any], by: Person | None, now: datetime
) -> ImportBatch:
    if not _row(batch, *OPEN_STATES).update(state=BatchState.CHECKED, **found):
        raise NotPossible
    batch.refresh_from_db()
    changes = {"rows": [None, batch.rows], "bad_rows": [None, batch.bad_rows]}
    _record("datasets.check", batch, by, now, changes)
    return batch


@transaction.atomic
def _fail(
    batch: ImportBatch, error: RefusedFile | Refused, by: Person | None, now: datetime
) -> ImportBatch:
    if not _row(batch, *OPEN_STATES).update(
        state=BatchState.FAILED, failure_code=error.code, failure_params=error.params
    ):
        raise NotPossible from error
    batch.refresh_from_db()
    _record("datasets.refuse", batch, by, now, {"reason": ["", error.code]})
    return batch


@transaction.atomic
def change_reading(
    *, batch: ImportBatch, reading: Mapping[str, Any], by: Person | None, now: datetime
) -> ImportBatch:
    """Say how the file is to be read: `sheet`, `header_rows`, `mapping`, `options`.

    What is not named keeps its value; a new sheet or header takes the mapping's guess afresh. The
    caller checks the batch again.
    """
    require(by, _IMPORT, batch.dataset.department)
    fields = {name: reading[name] for name in checking.READING_FIELDS if name in reading}
    before = {name: getattr(batch, name) for name in fields}
    if any(name in fields and fields[name] != before[name] for name in ("sheet", "header_rows")):
        fields["mapping"] = reading.get("mapping", {})
    if not _row(batch, *OPEN_STATES).update(**fields):
        raise NotPossible
    batch.refresh_from_db()
    _record("datasets.change_reading", batch, by, now, changes_between(before, fields))
    return batch


@transaction.atomic
def attach_job(*, batch: ImportBatch, job: Job) -> ImportBatch:
    """Note which job works on an open batch; the job's own audit line says who asked."""
    if not _row(batch, *OPEN_STATES).update(job=job):
        raise NotPossible
    batch.refresh_from_db()
    return batch


def commit(
    *,
    batch: ImportBatch,
    by: Person | None,
    now: datetime,
    skip_bad_rows: bool = False,
    progress: checking.Progress = no_progress,
) -> ImportBatch:
    """Write the facts and put the batch in force, retiring the one it replaces.

    Raises HasBadRows unless they are to be left out (they stay listed), Refused when no good row
    is left, NotPossible when the batch is not waiting for confirmation.
    """
    require(by, _IMPORT, batch.dataset.department)
    batch.refresh_from_db()
    if batch.state != BatchState.CHECKED:
        raise NotPossible
    if batch.bad_rows and not skip_bad_rows:
        raise HasBadRows
    file = checking.write_facts(batch, progress)
    return _put_in_force(batch, file, by, now)


@transaction.atomic
def _put_in_force(
    batch: ImportBatch, file: FactFile, by: Person | None, now: datetime
) -> ImportBatch:
    changed = _row(batch, BatchState.CHECKED).update(
        state=BatchState.COMMITTED, fact_digest=file.digest, fact_rows=file.rows,
        committed_by=by, committed_at=now,
    )  # fmt: skip
    if not changed:
        raise NotPossible
    if batch.replaces is not None:
        old = batch.replaces
        _row(old, BatchState.COMMITTED).update(
            state=BatchState.RETIRED, retired_by=by, retired_at=now
        )
        _row(old, *OPEN_STATES).update(state=BatchState.DISCARDED)
    ColumnMapping.objects.unscoped("remembered for the data set").update_or_create(
        dataset=batch.dataset, signature=batch.findings["signature"],
        defaults={
            "mapping": batch.mapping, "options": batch.options,
            "confirmed_by": by, "confirmed_at": now,
        },
    )  # fmt: skip
    changes = {"rows": [0, file.rows], "left_out": [0, batch.bad_rows]}
    _record("datasets.commit", batch, by, now, changes)
    batch.refresh_from_db()
    return batch


def correct(
    *, batch: ImportBatch, file_name: str, chunks: Iterable[bytes], by: Person | None, now: datetime
) -> ImportBatch:
    """Take in the corrected rows of a batch as a new batch that replaces it.

    The new batch is the old table with the corrected rows in their places; facts stay immutable.
    """
    if batch.state not in (BatchState.CHECKED, BatchState.COMMITTED):
        raise NotPossible
    return receive(
        dataset=batch.dataset, file_name=file_name, chunks=chunks, door=Door.BROWSER,
        by=by, now=now, replaces=batch, is_correction=True,
    )  # fmt: skip


@transaction.atomic
def discard(*, batch: ImportBatch, by: Person | None, now: datetime) -> ImportBatch:
    """Throw away a batch that never was in force; its file stays as evidence."""
    require(by, _IMPORT, batch.dataset.department)
    if not _row(batch, *OPEN_STATES).update(state=BatchState.DISCARDED):
        raise NotPossible
    _record("datasets.discard", batch, by, now, {})
    batch.refresh_from_db()
    return batch


@transaction.atomic
def retire(*, batch: ImportBatch, by: Person | None, now: datetime) -> ImportBatch:
    """Undo an import: its rows leave every figure. What it had replaced is in force again."""
    require(by, _IMPORT, batch.dataset.department)
    if not _row(batch, BatchState.COMMITTED).update(
        state=BatchState.RETIRED, retired_by=by, retired_at=now
    ):
        raise NotPossible
    old = batch.replaces
    if old is not None and old.fact_digest and old.retired_at == batch.committed_at:
        _row(old, BatchState.RETIRED).update(
            state=BatchState.COMMITTED, retired_by=None, retired_at=None
        )
    _record("datasets.retire", batch, by, now, {})
    batch.refresh_from_db()
    return batch


def _row(batch: ImportBatch, *states: str) -> "ScopedQuerySet[ImportBatch]":
    """The batch's row while it is in one of `states`: every change of state is conditional."""
    rows = ImportBatch.objects.unscoped("one row, already found in scope")
    return rows.filter(pk=batch.pk, state__in=states)


def _record(
    action: str,
    subject: Dataset | ImportBatch,
    by: Person | None,
    now: datetime,
    changes: Mapping[str, Any],
) -> None:
    dataset = subject if isinstance(subject, Dataset) else subject.dataset
    department = dataset.department
    record(by=by, now=now, action=action, subject=subject, department=department, changes=changes)
