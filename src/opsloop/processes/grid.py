"""The step table as a grid: reads the form, writes it through the actions of the room."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Model
from django.urls import reverse
from django.utils.translation import gettext as _

from opsloop.audit.actions import record
from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require
from opsloop.processes import actions, queries
from opsloop.processes.models import Process, ProcessVersion, Source, Step, VersionKind
from opsloop.processes.named_lists import split_names
from opsloop.processes.provenance import PARTIES_SHOWN, Compared, compared
from opsloop.processes.remarks import total_hours
from opsloop.processes.sheet import PROCESS_REVIEW
from opsloop.sheets.register import (
    FORMS_OFFERED,
    CellChange,
    CellRefused,
    Conflict,
    Conflicting,
    record_id,
)
from opsloop.sheets.versions import changed_since, conflicts_of, version_of

# Column of the form → field of the step; hours are kept as whole minutes.
_FIELDS: Final = {column.key: column.key for column in PROCESS_REVIEW.editable} | {
    "hours": "minutes"
}
# Kept with so many decimals.
_DECIMALS: Final = {"limit_hours": 2, "from_amount": 2, "return_rate": 4}
# What a person says of a cell is never computed: these come from the log and the interview.
_BESIDE: Final = {
    "measured_role": Source.LOG, "measured_hours": Source.LOG, "measured_returns": Source.LOG,
    "interview_hours": Source.INTERVIEW, "interview_returns": Source.INTERVIEW,
    "hours_apart": "computed", "returns_apart": "computed",
}  # fmt: skip
_LONGEST: Final = Decimal(24 * 366 * 100)


class StepGrid:
    """The as-is table of one process; the key of a form is the process's id."""

    sheet = PROCESS_REVIEW
    has_fixed_rows = False

    def locate(self, person: Person, key: str) -> Process:
        rows = Process.objects.visible_to(person).select_related("department", "owner", "dataset")
        return rows.get(pk=record_id(key))

    def title(self, subject: Model) -> str:
        return _process(subject).name

    def address(self, subject: Model) -> str:
        return reverse("processes:detail", args=[subject.pk])

    def may_edit(self, person: Person, subject: Model) -> bool:
        return queries.may_edit(_process(subject), person)

    def editable_by(self, person: Person) -> Sequence[tuple[str, str]]:
        rows = Process.objects.visible_to(person, Permission.PROCESS_EDIT).order_by("-id")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:FORMS_OFFERED]]

    def sees_all(self, person: Person, subject: Model) -> bool:
        """Who sees a process sees all its steps."""
        del person, subject
        return True

    def fill(self, person: Person, subject: Model) -> FilledSheet:
        del person
        process = _process(subject)
        steps = list(process.as_is.steps.all())
        header = {
            "name": process.name, "departments": queries.departments_of(process),
            "start_event": process.start_event, "end_event": process.end_event,
            "recorded_on": process.recorded_on,
            # For the remarks: no fields of the printed title block.
            "stated_hours": process.stated_hours, "hours_basis": process.get_hours_basis_display(),
        }  # fmt: skip
        return FilledSheet(
            PROCESS_REVIEW,
            header,
            tuple(map(_row, compared(process, steps))),
            {"hours": _rounded(total_hours(steps))},
        )

    def row_subject(self, subject: Model, row: str) -> Model:
        if not row:
            return subject
        return _process(subject).as_is.steps.get(pk=record_id(row))

    def past_value(self, column: str, changes: Mapping[str, Any]) -> tuple[Any, Any] | None:
        pair = changes.get(_FIELDS.get(column, column))
        if not isinstance(pair, list):
            return None
        if column == "hours":
            return _hours(pair[0]), _hours(pair[1])
        if column in _DECIMALS:
            return _decimal(pair[0]), _decimal(pair[1])
        return pair[0], pair[1]

    @transaction.atomic
    def change(
        self, subject: Model, changes: Sequence[CellChange], *, by: Person, now: datetime
    ) -> None:
        steps = {str(step.pk): step for step in _held(_process(subject))}
        conflicts: list[Conflict] = []
        for change in changes:
            step = steps.get(change.row)
            values = _values(step) if step else None
            conflicts += conflicts_of(change, values, PROCESS_REVIEW.columns)
        if conflicts:
            raise Conflicting(conflicts)
        for change in changes:
            cells = _cells(change.row, change.values)
            actions.change_step(step=steps[change.row], by=by, now=now, **cells)

    @transaction.atomic
    def insert(
        self, subject: Model, rows: Sequence[Mapping[str, Any]], *, after: str, by: Person,
        now: datetime,
    ) -> Sequence[str]:  # fmt: skip
        process = _process(subject)
        standing = _held(process)
        at = _place_below(standing, after)
        made = [
            actions.add_step(process=process, by=by, now=now, **_cells("", values))
            for values in rows
        ]
        if at < len(standing):
            order = [*standing[:at], *made, *standing[at:]]
            _arrange(process=process, order=order, moved=made, by=by, now=now)
        return [str(step.pk) for step in made]

    @transaction.atomic
    def delete(
        self, subject: Model, rows: Sequence[tuple[str, str]], *, by: Person, now: datetime
    ) -> None:
        steps = {str(step.pk): step for step in _held(_process(subject))}
        conflicts = [
            Conflict(row, key, "", _values(steps[row]).get(key))
            for row, version in rows if row in steps
            for key in sorted(changed_since(version, _values(steps[row]), PROCESS_REVIEW.columns))
        ]  # fmt: skip
        if conflicts:
            raise Conflicting(conflicts)
        # A row that is gone already is what was asked for.
        for row in dict.fromkeys(row for row, _version in rows if row in steps):
            actions.remove_step(step=steps[row], by=by, now=now)

    @transaction.atomic
    def move(
        self, subject: Model, row: str, *, after: str, parent: str | None, by: Person,
        now: datetime,
    ) -> None:  # fmt: skip
        del parent  # steps have no branches
        process = _process(subject)
        standing = _held(process)
        step = next((one for one in standing if str(one.pk) == row), None)
        if step is None:
            raise CellRefused(row, "", _("This row was removed meanwhile."))
        if after == row:
            return
        rest = [one for one in standing if one is not step]
        at = _place_below(rest, after)
        _arrange(
            process=process, order=[*rest[:at], step, *rest[at:]], moved=[step], by=by, now=now
        )

    @transaction.atomic
    def change_header(
        self, subject: Model, values: Mapping[str, Any], *, by: Person, now: datetime
    ) -> None:
        process, fields = _process(subject), dict(values)
        for name, value in fields.items():
            _fits(Process, "", name, value)
        others = None
        if "departments" in fields:
            others = _co_departments(process, fields.pop("departments"))
        try:
            actions.change_process(process=process, by=by, now=now, co_departments=others, **fields)
        except actions.NameTaken as error:
            text = _("This department already has a process of this name.")
            raise CellRefused("", "name", text) from error


@transaction.atomic
def _arrange(
    *, process: Process, order: Sequence[Step], moved: Sequence[Step], by: Person, now: datetime
) -> None:
    """Give the rows the positions 1, 2, 3 … in this order; one audit line says what moved."""
    require(by, Permission.PROCESS_EDIT, process.department)
    steps = Step.objects.unscoped("the table of the process handed in").filter(
        version__process=process, version__kind=VersionKind.AS_IS
    )
    # Past the old positions first: no two rows ever share one.
    steps.update(position=F("position") + max(step.position for step in order))
    for position, step in enumerate(order, start=1):
        step.position = position
    steps.bulk_update(order, ["position"], batch_size=500)
    places = {step.pk: step.position for step in order}
    record(
        by=by, now=now, action="processes.arrange_steps", subject=process,
        changes={"moved": [None, [f"{places[step.pk]} {step.name}" for step in moved]]},
        department=process.department,
    )  # fmt: skip


def _process(subject: Model) -> Process:
    assert isinstance(subject, Process)
    return subject


def _held(process: Process) -> list[Step]:
    """The rows in order, their table locked."""
    versions = ProcessVersion.objects.unscoped("locks the table of the process handed in")
    version = versions.select_for_update().get(process=process, kind=VersionKind.AS_IS)
    return list(version.steps.select_related("version__process__department"))


def _place_below(steps: Sequence[Step], after: str) -> int:
    """Where rows below `after` begin; a row that is gone means the end."""
    if not after:
        return 0
    ids = [str(step.pk) for step in steps]
    return ids.index(after) + 1 if after in ids else len(ids)


def _row(told: Compared) -> SheetRow:
    step = told.step
    values = _values(step)
    sources = {
        column: step.sources[field] for column, field in _FIELDS.items() if field in step.sources
    }
    beside = {key: value for key, value in _beside(told).items() if value not in (None, "")}
    version = version_of(values, PROCESS_REVIEW.columns)
    return SheetRow(
        str(step.pk), {**dict.fromkeys(_BESIDE), **values, **beside}, version,
        sources={**sources, **{key: str(_BESIDE[key]) for key in beside}},
    )  # fmt: skip


def _beside(told: Compared) -> dict[str, Any]:
    """The log's and the interview's word on a row, with the differences."""
    parties = told.seen.parties[:PARTIES_SHOWN] if told.seen else ()
    return {
        "measured_role": _(", ").join(f"{name} {share:.0%}" for name, share in parties),
        "interview_hours": _rounded(told.interview_hours),
        "measured_hours": _measured(told.median), "hours_apart": _measured(told.hours_apart),
        "interview_returns": told.interview_return_rate,
        "measured_returns": _measured(told.seen.return_rate if told.seen else None),
        "returns_apart": _measured(told.returns_apart),
    }  # fmt: skip


def _measured(value: float | None) -> Decimal | None:
    return None if value is None else round(Decimal(repr(value)), 4)


def _values(step: Step) -> dict[str, Any]:
    texts = {column: getattr(step, field) for column, field in _FIELDS.items()}
    exact = {name: _decimal(texts[name]) for name in _DECIMALS}
    return {**texts, **exact, "hours": _rounded(step.hours)}


def _hours(minutes: Any) -> Decimal | None:
    return None if minutes is None else _rounded(Decimal(minutes) / 60)


def _decimal(kept: Any) -> Decimal | None:
    return None if kept is None else Decimal(kept).normalize()


def _rounded(hours: Decimal | None) -> Decimal | None:
    return None if hours is None else round(hours, 4).normalize()


def _cells(row: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as the actions take them. Raises CellRefused."""
    cells = dict(values)
    for name in ("hours", "limit_hours"):
        hours = cells.get(name)
        if hours is not None and not 0 <= hours <= _LONGEST:
            raise CellRefused(row, name, _("A duration cannot be negative or beyond a century."))
    if "hours" in cells:
        hours = cells.pop("hours")
        cells["minutes"] = None if hours is None else int((hours * 60).to_integral_value())
    amount = cells.get("from_amount")
    if amount is not None and amount < 0:
        raise CellRefused(row, "from_amount", _("An amount cannot be negative here."))
    if "is_optional" in cells:
        cells["is_optional"] = bool(cells["is_optional"])
    rate = cells.get("return_rate")
    if rate is not None and not 0 <= rate <= 1:
        raise CellRefused(row, "return_rate", _("A rate lies between 0 % and 100 %."))
    cells |= {
        name: round(cells[name], places)
        for name, places in _DECIMALS.items() if cells.get(name) is not None
    }  # fmt: skip
    for name, value in cells.items():
        _fits(Step, row, name, value)
    return cells


def _fits(model: type[Model], row: str, name: str, value: Any) -> None:
    """Raises CellRefused for a text longer than its column."""
    if not isinstance(value, str) or name == "departments":
        return
    longest = getattr(model._meta.get_field(name), "max_length", None)  # noqa: SLF001 - Django's documented meta API
    if longest is not None and len(value) > longest:
        text = _("At most %(count)s characters fit here.") % {"count": longest}
        raise CellRefused(row, name, text)


def _co_departments(process: Process, text: str) -> list[Department]:
    """The departments beside the accountable one, which stays the first. Raises CellRefused."""
    names = split_names(text)
    if not names or names[0] != process.department.name:
        sentence = _("“%(name)s” stays the accountable department: name it first.")
        raise CellRefused("", "departments", sentence % {"name": process.department.name})
    known = {one.name: one for one in Department.objects.filter(name__in=names, is_active=True)}
    for name in names[1:]:
        if name not in known:
            sentence = _("There is no department “%(name)s”.") % {"name": name}
            raise CellRefused("", "departments", sentence)
    return [known[name] for name in names[1:] if name != process.department.name]


SHEETS: Final = (StepGrid(),)
