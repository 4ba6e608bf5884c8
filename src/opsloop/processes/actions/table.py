"""Every write of the process room: the title block, the step table, filling it from the log."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from opsloop.audit.actions import changes_between, record
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require
from opsloop.processes import detection, figures
from opsloop.processes.models import CELLS, Process, ProcessVersion, Source, Step, VersionKind

_FIELDS: Final = (
    "name", "owner", "start_event", "end_event", "recorded_on", "hours_basis", "stated_hours",
    "dataset", "first_activity", "last_activity", "return_limit", "goal", "hourly_rate",
    "complaint_rate",
)  # fmt: skip
_STEP_FIELDS: Final = (
    "name", "activity", "role", "inputs", "outputs", "form_or_system", "minutes", "return_rate",
    "limit_hours", "is_optional", "parallel_group", "may_return_to", "from_amount", "hand_fields", "accountable",
    "consulted", "informed",
)  # fmt: skip


class NameTaken(Exception):
    """The department already has a process of this name."""


class NoRecords(Exception):
    """The process has no log with records in force."""


class VersionClosed(Exception):
    """The table was handed in or decided on: a change is a new version."""


class UnknownField(TypeError):
    """A caller named a field that a process or a step does not have."""


@transaction.atomic
def define_process(
    *, name: str, department: Department, by: Person | None, now: datetime,
    co_departments: Sequence[Department] = (), **fields: Any,
) -> Process:  # fmt: skip
    """A new process with an empty as-is table. Raises NameTaken, NotPermitted.

    `fields` are those of the title block: owner, start_event, end_event, recorded_on (date),
    hours_basis, stated_hours, dataset, first_activity, last_activity, return_limit (0–1).
    """
    require(by, Permission.PROCESS_EDIT, department)
    _known(fields, _FIELDS)
    process = Process(name=name, department=department, created_by=by, created_at=now, **fields)
    _save(process, force_insert=True)
    process.co_departments.set(co_departments)
    ProcessVersion.objects.create(process=process, kind=VersionKind.AS_IS)
    _record("processes.define", process, by, now, changes_between({}, _content(process)))
    return process


@transaction.atomic
def change_process(
    *, process: Process, by: Person | None, now: datetime,
    co_departments: Sequence[Department] | None = None, **fields: Any,
) -> Process:  # fmt: skip
    """Change the title block, the log or the limits. Raises NameTaken, NotPermitted."""
    require(by, Permission.PROCESS_EDIT, process.department)
    _known(fields, _FIELDS)
    # A form lays its values on the row it was given; what stood before is in the database.
    before = _content(Process.objects.unscoped("the row handed in, as stored").get(pk=process.pk))
    for name, value in fields.items():
        setattr(process, name, value)
    _save(process)
    if co_departments is not None:
        process.co_departments.set(co_departments)
    if changes := changes_between(before, _content(process)):
        _record("processes.change", process, by, now, changes)
        detection.settle_metrics(process=process, by=None, now=now)
    return process


@transaction.atomic
def add_step(
    *, process: Process, by: Person | None, now: datetime, source: str = Source.TYPED,
    version: ProcessVersion | None = None, **cells: Any,
) -> Step:  # fmt: skip
    """A row at the end of a table, by default the as-is one; `cells` are those of `Step`.

    Raises NotPermitted, VersionClosed.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    _known(cells, _STEP_FIELDS)
    version = _held(process, version)
    last = version.steps.order_by("-position").first()
    step = Step(version=version, position=last.position + 1 if last else 1, **cells)
    step.sources = {name: source for name in CELLS if cells.get(name) not in ("", None)}
    if source == Source.INTERVIEW:
        step.interview = {name: _cells(step)[name] for name in step.sources}
    step.save(force_insert=True)
    _record_step("processes.add_step", step, by, now, changes_between({}, _cells(step)))
    return step


@transaction.atomic
def change_step(
    *, step: Step, by: Person | None, now: datetime, source: str = Source.TYPED, **cells: Any
) -> Step:
    """Change cells of a row; each changed cell now comes from `source`.

    What the interview said of a cell stays beside a value from elsewhere (P-N1).
    Raises NotPermitted, VersionClosed.
    """
    process = step.version.process
    require(by, Permission.PROCESS_EDIT, process.department)
    _known(cells, _STEP_FIELDS)
    _held(process, step.version)
    before = _cells(Step.objects.unscoped("the row handed in, as stored").get(pk=step.pk))
    for name, value in cells.items():
        setattr(step, name, value)
    changes = changes_between(before, _cells(step))
    sources = {**step.sources, **{name: source for name in CELLS if name in changes}}
    now_said = _cells(step)
    step.sources = {
        name: kept for name, kept in sources.items() if now_said[name] not in ("", None)
    }
    if source == Source.INTERVIEW:
        told = {name: now_said[name] for name in step.sources if name in changes}
        step.interview = {**step.interview, **told}
    step.save()
    if changes:
        _record_step("processes.change_step", step, by, now, changes)
    if "limit_hours" in changes or "activity" in changes:
        detection.settle_metrics(process=process, by=None, now=now)
    return step


@transaction.atomic
def remove_step(*, step: Step, by: Person | None, now: datetime) -> None:
    """Take a row out of the table; the audit line keeps what it said. Raises NotPermitted."""
    process = step.version.process
    require(by, Permission.PROCESS_EDIT, process.department)
    _held(process, step.version)
    _record_step("processes.remove_step", step, by, now, changes_between(_cells(step), {}))
    step.delete()
    detection.settle_metrics(process=process, by=None, now=now)


@transaction.atomic
def move_step(*, step: Step, up: bool, by: Person | None, now: datetime) -> None:
    """Exchange a row with its neighbour; the first goes no further up. Raises NotPermitted."""
    require(by, Permission.PROCESS_EDIT, step.version.process.department)
    held = _held(step.version.process, step.version)
    steps = list(held.steps.order_by("position"))
    at = next(place for place, other in enumerate(steps) if other.pk == step.pk)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(steps):
        return
    steps[at], steps[to] = steps[to], steps[at]
    _renumber(steps)
    _record_step("processes.move_step", step, by, now, {"position": [at + 1, to + 1]})


@transaction.atomic
def fill_from_log(*, process: Process, by: Person | None, now: datetime) -> list[Step]:
    """Propose steps, roles and hours from the log: new steps are added in their usual order, empty
    cells filled; what people said stays and is shown beside the measured value. Raises NoRecords.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    found = figures.findings(process)
    if found is None:
        raise NoRecords
    known = {step.log_name: step for step in _held(process).steps.all()}
    touched = []
    for number in found.log.order:
        name = found.name(number)
        cells: dict[str, Any] = {
            "role": found.roles.get(name, ""),
            "minutes": measured_minutes(found, name),
        }
        step = known.get(name)
        if step is None:
            kept: dict[str, Any] = {"name": name[:120], "activity": name, **cells}
            touched.append(add_step(process=process, by=by, now=now, source=Source.LOG, **kept))
            continue
        empty = {
            cell: value for cell, value in cells.items()
            if not getattr(step, cell) or step.sources.get(cell) == Source.LOG
        }  # fmt: skip
        touched.append(change_step(step=step, by=by, now=now, source=Source.LOG, **empty))
    return touched


def measured_minutes(found: figures.Findings, step: str) -> int | None:
    """The median time a case stands at the step, in whole minutes."""
    hours = found.stage_hours.get(step)
    return None if hours is None or hours.median is None else round(hours.median * 60)


def _held(process: Process, version: ProcessVersion | None = None) -> ProcessVersion:
    """A table, by default the as-is one, locked: two people adding rows take turns."""
    versions = ProcessVersion.objects.unscoped("locks the table of the process handed in")
    wanted = {"kind": VersionKind.AS_IS} if version is None else {"pk": version.pk}
    held = versions.select_for_update().get(process=process, **wanted)
    if not held.is_editable:
        raise VersionClosed
    return held


def _renumber(steps: Sequence[Step]) -> None:
    """Positions 1, 2, 3 …, past the old ones first: no two rows ever share one."""
    highest = max(step.position for step in steps)
    for offset in (highest, 0):
        for place, step in enumerate(steps, start=1):
            step.position = offset + place
            step.save(update_fields=["position"])


def _known(given: Mapping[str, Any], allowed: Sequence[str]) -> None:
    if unknown := given.keys() - set(allowed):
        raise UnknownField(", ".join(sorted(unknown)))


def _save(process: Process, *, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            process.save(force_insert=force_insert)
    except IntegrityError as error:
        raise NameTaken from error


def _content(process: Process) -> dict[str, Any]:
    shown = {name: getattr(process, name) for name in _FIELDS}
    return {name: _said(value) for name, value in shown.items()}


def _cells(step: Step) -> dict[str, Any]:
    return {name: _said(getattr(step, name)) for name in _STEP_FIELDS}


def _said(value: Any) -> Any:
    """A value as an audit line keeps it, so that equal values compare equal."""
    if value is None or isinstance(value, str | int | date):
        return value
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _record(
    action: str, process: Process, by: Person | None, now: datetime, changes: Mapping[str, Any]
) -> None:
    record(
        by=by, now=now, action=action, subject=process, changes=changes,
        department=process.department,
    )  # fmt: skip


def _record_step(
    action: str, step: Step, by: Person | None, now: datetime, changes: Mapping[str, Any]
) -> None:
    record(
        by=by, now=now, action=action, subject=step, changes=changes,
        department=step.version.process.department,
    )  # fmt: skip
