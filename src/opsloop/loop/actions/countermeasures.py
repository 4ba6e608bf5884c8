"""What is done about it: proposed with a promised number, approved with a fixed proof, finished."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.audit.actions import changes_between, record
from opsloop.loop import notices
from opsloop.loop.actions.moves import locked, move
from opsloop.loop.actions.plans import fix_plan
from opsloop.loop.calendar import due_day
from opsloop.loop.errors import Conflict, Refused
from opsloop.loop.measuring import is_improvement
from opsloop.loop.models import (
    Cause,
    Countermeasure,
    CountermeasureRevision,
    Deviation,
    VerificationPlan,
)
from opsloop.loop.states import (
    LIVE,
    OPEN,
    CountermeasureKind,
    CountermeasureStatus,
    Event,
    State,
)
from opsloop.org.models import Department, Membership, Person
from opsloop.org.permissions import Permission
from opsloop.org.queries import calendar_for

EFFECT = ("expected_from", "expected_to", "expected_by", "follow_up_periods", "due_on")


@dataclass(frozen=True)
class Terms:
    """Everything a countermeasure promises; the effect is in the metric's unit.

    Due by a promised day or by a number of working days from the start, exactly one of them.
    A correction may leave cause and effect out; the others may not (L-03, L-05).
    """

    what: str
    kind: CountermeasureKind
    accountable_department: Department
    owner: Person
    start_on: date
    promised_on: date | None = None
    due_workdays: int | None = None
    cause: Cause | None = None
    expected_from: Decimal | None = None
    expected_to: Decimal | None = None
    expected_by: str = ""
    verification_method: str = ""
    follow_up_periods: int = 1
    cost_amount: Decimal | None = None


def _columns(deviation: Deviation, terms: Terms) -> dict[str, Any]:
    """The columns these terms stand for, checked; raises `Refused` with the first thing wrong."""
    if not terms.what.strip():
        raise Refused(_("Say what is to be done."))
    if (terms.promised_on is None) == (terms.due_workdays is None):
        raise Refused(_("Give either a due day or a number of working days."))
    if not Membership.objects.filter(
        person=terms.owner, department=terms.accountable_department, person__is_active=True
    ).exists():
        raise Refused(_("The owner must belong to the accountable department."))
    if terms.cause is not None and terms.cause.deviation_id != deviation.pk:
        raise Refused(_("That cause belongs to another deviation."))
    if terms.kind != CountermeasureKind.CORRECTION:
        _check_effect(deviation, terms)
    calendar = calendar_for(department=terms.accountable_department)
    due_on = due_day(calendar, terms.start_on, terms.promised_on, terms.due_workdays)
    if due_on < terms.start_on:
        raise Refused(_("It would be due before it starts."))
    columns = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    return columns | {"what": terms.what.strip(), "due_on": due_on}


def _check_effect(deviation: Deviation, terms: Terms) -> None:
    if terms.cause is None or not terms.cause.is_root:
        raise Refused(_("A corrective or preventive countermeasure answers a root cause."))
    if terms.expected_from is None or terms.expected_to is None or not terms.expected_by:
        raise Refused(_("Say from where to where the number moves, and by which period."))
    if not terms.verification_method.strip() or terms.follow_up_periods < 1:
        raise Refused(_("Say how the effect will be verified, over at least one period."))
    if Period.parse(terms.expected_by).kind != deviation.period_kind:
        raise Refused(_("The period of the effect must be of the metric's kind."))
    if not is_improvement(deviation.metric_version, terms.expected_from, terms.expected_to):
        raise Refused(_("The expected effect does not improve the number."))


def _may_propose(deviation: Deviation, kind: CountermeasureKind, by: Person) -> None:
    if deviation.owner_id != by.pk and not by.may(Permission.DEVIATION_WORK, deviation.department):
        raise PermissionDenied
    allowed = (
        set(OPEN) - {State.RAISED, State.PENDING_VERIFICATION}
        if kind == CountermeasureKind.CORRECTION
        else {State.COUNTERMEASURE_PLANNING, State.RECTIFICATION}
    )
    if deviation.state not in allowed:
        raise Refused(_("Settle the root cause first; only an immediate correction may go before."))


@transaction.atomic
def propose_countermeasure(
    deviation: Deviation, *, terms: Terms, by: Person, now: datetime
) -> Countermeasure:
    """Put a countermeasure forward. By: the owner, or who may work in the deviation's department."""
    stored = locked(deviation)
    _may_propose(stored, terms.kind, by)
    columns = _columns(stored, terms)
    proposed = Countermeasure.objects.create(
        deviation=stored, proposed_by=by, proposed_at=now,
        metric_version=stored.metric_version if terms.expected_to is not None else None,
        **columns,
    )  # fmt: skip
    _note(
        proposed,
        "loop.propose_countermeasure",
        by=by,
        now=now,
        deviation=stored,
        changes={"what": [None, proposed.what]},
    )
    notices.to_approvers(stored, now=now)
    return proposed


def _note(
    subject: Countermeasure,
    action: str,
    *,
    by: Person | None,
    now: datetime,
    deviation: Deviation,
    changes: dict[str, Any] | None = None,
    comment: str = "",
) -> None:  # fmt: skip
    record(
        by=by, now=now, action=action, subject=subject, changes=changes, comment=comment,
        department=deviation.department,
    )  # fmt: skip


def _locked(countermeasure: Countermeasure) -> tuple[Countermeasure, Deviation]:
    deviation = locked(countermeasure.deviation)
    stored = (
        deviation.countermeasures.select_for_update(of=("self",))
        .select_related("accountable_department", "owner", "cause")
        .get(pk=countermeasure.pk)
    )
    stored.deviation = deviation
    return stored, deviation


def may_approve(countermeasure: Countermeasure, by: Person) -> bool:
    """Approvers of the deviation's department, or of the one that will carry it out."""
    return by.may(Permission.COUNTERMEASURE_APPROVE, countermeasure.deviation.department) or by.may(
        Permission.COUNTERMEASURE_APPROVE, countermeasure.accountable_department
    )


@transaction.atomic
def approve_countermeasure(
    countermeasure: Countermeasure,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    smallest_change: Decimal | None = None,
) -> tuple[Countermeasure, VerificationPlan | None]:
    """Approve it and fix how its effect will be judged; rectification begins.

    Returns the countermeasure and its plan with `needed_n` (V-04); a correction has no plan.
    `smallest_change` > 0 in the metric's unit; half of the promised change when left out.
    """
    stored, deviation = _locked(countermeasure)
    if not may_approve(stored, by):
        raise PermissionDenied
    if stored.status != CountermeasureStatus.PROPOSED:
        raise Refused(_("Only a proposed countermeasure can be approved."))
    _may_propose_now(stored, deviation)
    stored.status = CountermeasureStatus.APPROVED
    stored.round = deviation.round
    stored.approved_by, stored.approved_at = by, now
    stored.version += 1
    stored.save()
    _note(
        stored, "loop.approve_countermeasure", by=by, now=now, deviation=deviation, comment=comment
    )
    plan = None
    if stored.kind != CountermeasureKind.CORRECTION:
        plan = fix_plan(stored, smallest_change=smallest_change, by=by, now=now)
        if deviation.state == State.COUNTERMEASURE_PLANNING:
            move(deviation, Event.START, by=by, now=now, comment=comment, is_consequence=True)
    notices.to_executor(stored, now=now)
    return stored, plan


def _may_propose_now(countermeasure: Countermeasure, deviation: Deviation) -> None:
    """A proposal outlives its moment: the deviation may have moved on since."""
    planned = (State.COUNTERMEASURE_PLANNING, State.RECTIFICATION)
    early = (State.PENDING_CONFIRMATION, State.CAUSE_ANALYSIS)
    is_correction = countermeasure.kind == CountermeasureKind.CORRECTION
    if deviation.state not in ((*early, *planned) if is_correction else planned):
        raise Refused(_("The deviation is not at a point where this can be approved."))


@transaction.atomic
def edit_countermeasure(
    countermeasure: Countermeasure,
    *,
    terms: Terms,
    expected_version: int,
    reason: str = "",
    by: Person,
    now: datetime,
) -> Countermeasure:
    """Change its terms; an approved one keeps what it said as a revision (L-13).

    A proposal: its author, the owner or whoever may propose. An approved one: only an approver,
    with a reason; a changed effect fixes a new plan. Raises `Conflict` with both values.
    """
    stored, deviation = _locked(countermeasure)
    if stored.status not in (CountermeasureStatus.PROPOSED, *LIVE):
        raise Refused(_("It is finished or cancelled."))
    if stored.is_live and not may_approve(stored, by):
        raise PermissionDenied
    if stored.status == CountermeasureStatus.PROPOSED:
        _may_propose(deviation, terms.kind, by)
    if stored.is_live and terms.kind != stored.kind:
        raise Refused(_("The kind of an approved countermeasure stays."))
    columns = _columns(deviation, terms)
    theirs = _content(stored)
    mine = _content(Countermeasure(**columns))
    changes = changes_between(theirs, mine)
    if stored.version != expected_version:
        raise Conflict(
            _("Somebody else changed it meanwhile."), stored,
            {name: mine[name] for name in changes}, {name: theirs[name] for name in changes},
        )  # fmt: skip
    if not changes:
        return stored
    if stored.is_live:
        if not reason.strip():
            raise Refused(_("Say why an approved countermeasure changes."))
        CountermeasureRevision.objects.create(
            countermeasure=stored, revision=stored.revision, content=theirs,
            reason=reason.strip(), revised_by=by, revised_at=now,
        )  # fmt: skip
        stored.revision += 1
    for name, value in columns.items():
        setattr(stored, name, value)
    stored.metric_version = deviation.metric_version if terms.expected_to is not None else None
    stored.version += 1
    stored.save()
    _note(
        stored,
        "loop.edit_countermeasure",
        by=by,
        now=now,
        deviation=deviation,
        changes=changes,
        comment=reason,
    )
    if (
        stored.is_live
        and stored.kind != CountermeasureKind.CORRECTION
        and set(changes).intersection(EFFECT)
    ):
        fix_plan(stored, smallest_change=None, by=by, now=now)
    return stored


def _content(countermeasure: Countermeasure) -> dict[str, Any]:
    """Its terms as plain values, comparable and storable."""
    names = [name for name in Terms.__dataclass_fields__ if name not in _LINKS] + ["due_on"]
    content: dict[str, Any] = {name: getattr(countermeasure, name) for name in names}
    content |= {name: getattr(countermeasure, f"{name}_id") for name in _LINKS}
    return {name: _plain(value) for name, value in content.items()}


_LINKS = ("accountable_department", "owner", "cause")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


@transaction.atomic
def start_countermeasure(
    countermeasure: Countermeasure, *, by: Person, now: datetime
) -> Countermeasure:
    """Work has begun. By: its owner, or an approver."""
    stored, deviation = _executing(countermeasure, by)
    if stored.status != CountermeasureStatus.APPROVED:
        raise Refused(_("Only an approved countermeasure can be started."))
    stored.status, stored.started_at = CountermeasureStatus.IN_PROGRESS, now
    stored.version += 1
    stored.save()
    _note(stored, "loop.start_countermeasure", by=by, now=now, deviation=deviation)
    return stored


@transaction.atomic
def finish_countermeasure(
    countermeasure: Countermeasure, *, by: Person, now: datetime, comment: str = ""
) -> Countermeasure:
    """It is done; with the last one the deviation waits for its verification. By: as `start`."""
    stored, deviation = _executing(countermeasure, by)
    if not stored.is_live:
        raise Refused(_("Only an approved countermeasure can be finished."))
    stored.status, stored.finished_at, stored.finished_by = CountermeasureStatus.DONE, now, by
    stored.started_at = stored.started_at or now
    stored.version += 1
    stored.save()
    _note(
        stored, "loop.finish_countermeasure", by=by, now=now, deviation=deviation, comment=comment
    )
    _settle(deviation, by=by, now=now)
    return stored


def _executing(countermeasure: Countermeasure, by: Person) -> tuple[Countermeasure, Deviation]:
    stored, deviation = _locked(countermeasure)
    if stored.owner_id != by.pk and not may_approve(stored, by):
        raise PermissionDenied
    return stored, deviation


@transaction.atomic
def cancel_countermeasure(
    countermeasure: Countermeasure, *, reason: str, by: Person, now: datetime
) -> Countermeasure:
    """Give it up, with the reason. By: an approver, or the author while it is only proposed."""
    stored, deviation = _locked(countermeasure)
    is_draft = stored.status == CountermeasureStatus.PROPOSED and stored.proposed_by_id == by.pk
    if not (is_draft or may_approve(stored, by)):
        raise PermissionDenied
    if not (stored.is_live or stored.status == CountermeasureStatus.PROPOSED):
        raise Refused(_("It is finished or cancelled."))
    if not reason.strip():
        raise Refused(_("Give a reason."))
    stored.status = CountermeasureStatus.CANCELLED
    stored.version += 1
    stored.save()
    _note(stored, "loop.cancel_countermeasure", by=by, now=now, deviation=deviation, comment=reason)
    _settle(deviation, by=by, now=now)
    return stored


def _settle(deviation: Deviation, *, by: Person, now: datetime) -> None:
    """When nothing is left to carry out: to verification, or back to planning."""
    if deviation.state != State.RECTIFICATION:
        return
    rows = deviation.countermeasures.filter(round=deviation.round)
    if rows.filter(status__in=LIVE).exists():
        return
    done = rows.filter(status=CountermeasureStatus.DONE).exclude(kind=CountermeasureKind.CORRECTION)
    event = Event.FINISH if done.exists() else Event.REPLAN
    move(deviation, event, by=by, now=now, is_consequence=True)


@transaction.atomic
def refit_due_days(*, by: Person | None, now: datetime) -> list[tuple[Countermeasure, date]]:
    """Recompute due days after a calendar changed; returns each moved one with its former day."""
    moved: list[tuple[Countermeasure, date]] = []
    open_ones = Countermeasure.objects.unscoped("a calendar serves the whole company").filter(
        status__in=(CountermeasureStatus.PROPOSED, *LIVE)
    )
    for row in open_ones.select_related("deviation__department", "accountable_department"):
        calendar = calendar_for(department=row.accountable_department)
        due_on = due_day(calendar, row.start_on, row.promised_on, row.due_workdays)
        if due_on == row.due_on:
            continue
        former = row.due_on
        row.due_on = due_on
        row.version += 1
        row.save(update_fields=["due_on", "version"])
        moved.append((row, former))
        _note(
            row,
            "loop.refit_due_day",
            by=by,
            now=now,
            deviation=row.deviation,
            changes={"due_on": [former, due_on]},
        )
    return moved


def terms_of(countermeasure: Countermeasure) -> Terms:
    """Its present terms, as an edit starts from them."""
    names = Terms.__dataclass_fields__
    return Terms(**{name: getattr(countermeasure, name) for name in names})
