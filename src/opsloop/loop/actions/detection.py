"""From a breach to a confirmed deviation with one owner: raise, name, confirm, dismiss, merge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.audit.actions import record
from opsloop.loop import notices
from opsloop.loop.actions.moves import locked, move
from opsloop.loop.actions.obligations import demand
from opsloop.loop.errors import IllegalMove, Refused
from opsloop.loop.limits import recurrence_window
from opsloop.loop.models import Breach, Deviation, DeviationQuerySet, Evidence, Lesson, Transition
from opsloop.loop.states import (
    BaseKind,
    CountermeasureKind,
    CountermeasureStatus,
    Event,
    Severity,
    State,
)
from opsloop.metrics.models import Metric, MetricVersion
from opsloop.metrics.register import EvidenceRows
from opsloop.org.models import Department, Person, RoleAssignment
from opsloop.org.permissions import Permission, Role


@dataclass(frozen=True)
class Finding:
    """What a rule found in one period; amounts in the metric's unit."""

    metric_version: MetricVersion
    period: Period
    measured: Decimal
    base: Decimal
    exceedance: Decimal
    severity: Severity
    evidence: tuple[EvidenceRows, ...]


@transaction.atomic
def raise_deviation(
    *,
    tool: str,
    metric_version: MetricVersion,
    dimension: str,
    dimension_label: str,
    department: Department,
    period: Period,
    measured: Decimal,
    base: Decimal,
    base_kind: BaseKind | str,
    exceedance: Decimal,
    rule: str,
    evidence: Iterable[EvidenceRows] = (),
    owner: Person | None = None,
    severity: Severity = Severity.MODERATE,
    rule_version: int = 1,
    money_effect: Decimal | None = None,
    by: Person | None,
    now: datetime,
) -> Deviation:
    """Report that a number left its base in `period`; returns the deviation that now holds it.

    One open deviation per metric × dimension × rule: a later breach appends (L-01), a breach
    within the recurrence window of an archived one reopens it (L-08), the same period twice
    changes nothing. Without `owner` the head of the department becomes it. `exceedance` and the
    figures are in the metric's unit; `money_effect` in yuan decides over four eyes (L-07) where the
    metric itself is not money. By: anybody the calling tool let in, or the product.
    """
    # The metric's row is the lock: two importers reporting the same breach take turns.
    locks = Metric.objects.unscoped("the lock of its deviations").select_for_update()
    locks.get(pk=metric_version.metric_id)
    key = Deviation.objects.unscoped("one open deviation in the whole company").filter(
        metric_id=metric_version.metric_id, dimension=dimension, rule=rule
    )
    found = Finding(
        metric_version, period, measured, base, exceedance, Severity(severity), tuple(evidence)
    )
    held = _holder(key, found)
    if held is not None:
        return held if not held.is_open else _append(held, found, by=by, now=now)
    earlier = key.filter(
        state__in=(State.ARCHIVED, State.RECORDED_ONLY), closed_at__gte=now - recurrence_window()
    ).order_by("-closed_at").first()  # fmt: skip
    if earlier is not None and earlier.verdict_id is not None:
        return _recur(earlier, found, by=by, now=now)
    deviation = Deviation.objects.create(
        tool=tool, metric_id=metric_version.metric_id, metric_version=metric_version,
        view_permission=metric_version.metric.view_permission, dimension=dimension,
        dimension_label=dimension_label, department=department,
        period=period.key, period_kind=period.kind, measured=measured, base=base,
        base_kind=BaseKind(base_kind), exceedance=exceedance, rule=rule,
        rule_version=rule_version, money_effect=money_effect, recurrence_of=earlier, raised_at=now,
        severity=found.severity.one_step_up() if earlier else found.severity,
    )  # fmt: skip
    _add_breach(deviation, found, now)
    Transition.objects.create(
        deviation=deviation, event=Event.RAISE, target=State.RAISED, actor=by, at=now
    )
    record(
        by=by, now=now, action="loop.raise", subject=deviation, department=department,
        changes={"measured": [None, measured], "base": [None, base]},
    )  # fmt: skip
    return _name_owner(deviation, owner or _head_of(department), now=now)


def _holder(key: DeviationQuerySet, found: Finding) -> Deviation | None:
    """The deviation this finding belongs to: the open one, or a closed one that judged the period."""
    held = key.open().first()
    if held is not None:
        return held
    for closed in key.select_related("merged_into", "verdict").order_by("-id"):
        into = closed.merged_into
        while into is not None and into.merged_into is not None:
            into = into.merged_into
        if into is not None and into.is_open:
            return into
        judged = closed.verdict is not None and found.period.key <= closed.verdict.result_last
        if judged or closed.breaches.filter(period=found.period.key).exists():
            return closed
    return None


def _append(deviation: Deviation, found: Finding, *, by: Person | None, now: datetime) -> Deviation:
    """A later breach, or corrected figures of a known one; the same figures change nothing."""
    figures = {
        "measured": found.measured, "base": found.base, "exceedance": found.exceedance,
    }  # fmt: skip
    known = deviation.breaches.filter(period=found.period.key).first()
    before = {name: getattr(known, name) for name in figures} if known else {}
    if before == figures:
        return deviation
    if known is None:
        _add_breach(deviation, found, now)
    else:
        deviation.breaches.filter(pk=known.pk).update(**figures)
        _refer(known, found)
    if known is not None and found.period.key == deviation.period:
        Deviation.objects.unscoped("authorised by the caller").filter(pk=deviation.pk).move(
            **figures
        )
    record(
        by=by, now=now, action="loop.restate" if known else "loop.append", subject=deviation,
        department=deviation.department, comment=found.period.key,
        changes={name: [before.get(name), value] for name, value in figures.items()},
    )  # fmt: skip
    return locked(deviation)


def _recur(deviation: Deviation, found: Finding, *, by: Person | None, now: datetime) -> Deviation:
    """Reopen an archived deviation one grade higher; its countermeasures did not last (L-08)."""
    higher = max(
        Severity(deviation.severity).one_step_up(), found.severity, key=list(Severity).index
    )
    _add_breach(deviation, found, now)
    deviation.countermeasures.filter(
        round=deviation.round, status=CountermeasureStatus.DONE, recurred_at__isnull=True
    ).exclude(kind=CountermeasureKind.CORRECTION).update(recurred_at=now)
    Lesson.objects.unscoped("its own lesson").filter(
        deviation=deviation, recurred_at__isnull=True
    ).update(recurred_at=now)
    Deviation.objects.unscoped("authorised by the caller").filter(pk=deviation.pk).move(
        severity=higher
    )
    reopened = move(deviation, Event.RECUR, by=None, now=now, comment=found.period.key)
    demand(reopened, by=by, now=now)
    notices.to_owner(reopened, "recurred", now=now)
    return reopened


def _add_breach(deviation: Deviation, found: Finding, now: datetime) -> None:
    breach = Breach.objects.create(
        deviation=deviation, metric_version=found.metric_version, period=found.period.key,
        measured=found.measured, base=found.base, exceedance=found.exceedance,
        severity=found.severity, found_at=now,
    )  # fmt: skip
    _refer(breach, found)


def _refer(breach: Breach, found: Finding) -> None:
    Evidence.objects.filter(breach=breach).delete()
    Evidence.objects.bulk_create(
        Evidence(breach=breach, batch_id=rows.batch_id, rows=list(rows.rows), total=rows.total)
        for rows in found.evidence
    )


def _head_of(department: Department) -> Person | None:
    """The active head nearest above: of the department itself, else of the one over it."""
    ids = [int(part) for part in department.path.split("/") if part]
    heads = RoleAssignment.objects.filter(
        role=Role.DEPARTMENT_HEAD, department__in=ids, person__is_active=True
    )
    nearest = heads.select_related("person").order_by("-department__path", "id").first()
    return nearest.person if nearest else None


def _name_owner(deviation: Deviation, owner: Person | None, *, now: datetime) -> Deviation:
    if owner is None:
        return locked(deviation)
    Deviation.objects.unscoped("just raised").filter(pk=deviation.pk).move(owner=owner)
    named = move(deviation, Event.ASSIGN, by=None, now=now)
    notices.to_owner(named, "raised", now=now)
    return named


@transaction.atomic
def assign(
    deviation: Deviation,
    *,
    owner: Person,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """Name or change the one owner. By: who may confirm in its department."""
    stored = locked(deviation, expected_version)
    if not by.may(Permission.DEVIATION_CONFIRM, stored.department):
        raise PermissionDenied
    if not stored.is_open:
        raise Refused(_("It is closed."))
    if not owner.is_active:
        raise Refused(_("This person no longer works here."))
    before = stored.owner_id
    Deviation.objects.unscoped("authorised above").filter(pk=stored.pk).move(owner=owner)
    record(
        by=by, now=now, action="loop.name_owner", subject=stored, comment=comment,
        department=stored.department, changes={"owner": [before, owner.pk]},
    )  # fmt: skip
    if stored.state == State.RAISED:
        stored = move(stored, Event.ASSIGN, by=by, now=now, comment=comment)
    named = locked(stored)
    notices.to_owner(named, "raised", now=now)
    return named


@transaction.atomic
def confirm(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    severity: Severity | None = None,
    expected_version: int | None = None,
) -> Deviation:
    """It is real: analysis begins, and the grade's obligations are due. By: owner or confirmer.

    A grade other than the rule's needs a comment that says why.
    """
    stored = locked(deviation, expected_version)
    graded = severity is not None and severity != stored.severity
    if graded and not comment.strip():
        raise Refused(_("Say why the severity differs from the rule's."))
    confirmed = move(stored, Event.CONFIRM, by=by, now=now, comment=comment)
    if graded:
        Deviation.objects.unscoped("authorised by the move").filter(pk=stored.pk).move(
            severity=severity
        )
        record(
            by=by, now=now, action="loop.grade", subject=stored, comment=comment,
            department=stored.department, changes={"severity": [stored.severity, severity]},
        )  # fmt: skip
        confirmed = locked(confirmed)
    demand(confirmed, by=by, now=now)
    return confirmed


def dismiss(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str,
    expected_version: int | None = None,
) -> Deviation:
    """A false alarm, with the reason. By: who may confirm in its department."""
    return move(
        deviation, Event.DISMISS, by=by, now=now, comment=comment,
        expected_version=expected_version,
    )  # fmt: skip


@transaction.atomic
def merge(
    deviation: Deviation,
    *,
    into: Deviation,
    by: Person,
    now: datetime,
    comment: str,
    expected_version: int | None = None,
) -> Deviation:
    """Handle it within another open one; its later breaches append there. By: who may confirm both."""
    target = locked(into)
    if not by.may(Permission.DEVIATION_CONFIRM, target.department):
        raise PermissionDenied
    return move(
        deviation, Event.MERGE, by=by, now=now, comment=comment, target=target,
        expected_version=expected_version,
    )  # fmt: skip


def reopen(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str,
    expected_version: int | None = None,
) -> Deviation:
    """Take a closed one up again: history stays, a new round begins. By: who may confirm."""
    if deviation.owner_id is None:
        raise IllegalMove(
            Event.REOPEN, State(deviation.state), _("It never had an owner: name one first.")
        )
    return move(
        deviation, Event.REOPEN, by=by, now=now, comment=comment,
        expected_version=expected_version,
    )  # fmt: skip
