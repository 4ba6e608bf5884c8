"""Why it happened: the why-chain, its root, and the case where nothing can be done."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.audit.actions import changes_between, record
from opsloop.loop import notices
from opsloop.loop.actions.moves import locked, move
from opsloop.loop.errors import Conflict, Refused
from opsloop.loop.limits import recurrence_window
from opsloop.loop.models import Cause, Deviation, NoCountermeasure
from opsloop.loop.states import (
    CauseCategory,
    Controllable,
    Event,
    EvidenceLevel,
    Severity,
    State,
)
from opsloop.org.models import Person
from opsloop.org.permissions import Permission

FIELDS = ("text", "category", "controllable", "evidence_level", "evidence")


def _open_for_causes(deviation: Deviation, by: Person) -> Deviation:
    stored = locked(deviation)
    if stored.owner_id != by.pk and not by.may(Permission.DEVIATION_WORK, stored.department):
        raise PermissionDenied
    if stored.state not in (State.PENDING_CONFIRMATION, State.CAUSE_ANALYSIS):
        raise Refused(_("Causes are written during cause analysis."))
    return stored


def _check(evidence_level: str, evidence: str, text: str) -> None:
    if not text.strip():
        raise Refused(_("Write the cause."))
    if evidence_level != EvidenceLevel.ASSUMED and not evidence.strip():
        raise Refused(_("A measured or observed cause names its evidence; else it is assumed."))


@transaction.atomic
def add_cause(
    deviation: Deviation,
    *,
    text: str,
    category: CauseCategory | str,
    parent: Cause | None = None,
    controllable: Controllable | str = Controllable.YES,
    evidence_level: EvidenceLevel | str = EvidenceLevel.ASSUMED,
    evidence: str = "",
    by: Person,
    now: datetime,
) -> Cause:
    """Add a symptom (no parent) or the answer to "why?" below another cause.

    By: the owner, or who may work on deviations of its department.
    """
    stored = _open_for_causes(deviation, by)
    _check(evidence_level, evidence, text)
    if parent is not None and parent.deviation_id != stored.pk:
        raise Refused(_("That cause belongs to another deviation."))
    cause = Cause.objects.create(
        deviation=stored, parent=parent, text=text.strip(), category=CauseCategory(category),
        controllable=Controllable(controllable), evidence_level=EvidenceLevel(evidence_level),
        evidence=evidence.strip(), written_by=by, written_at=now,
    )  # fmt: skip
    record(
        by=by, now=now, action="loop.add_cause", subject=cause, department=stored.department,
        changes={"text": [None, cause.text]},
    )  # fmt: skip
    return cause


@transaction.atomic
def edit_cause(
    cause: Cause,
    *,
    text: str,
    category: CauseCategory | str,
    controllable: Controllable | str,
    evidence_level: EvidenceLevel | str,
    evidence: str,
    expected_version: int,
    by: Person,
    now: datetime,
) -> Cause:
    """Rewrite a cause; raises `Conflict` with both values when somebody saved first."""
    deviation = _open_for_causes(cause.deviation, by)
    _check(evidence_level, evidence, text)
    stored = Cause.objects.select_for_update().get(pk=cause.pk)
    mine = {
        "text": text.strip(), "category": str(category), "controllable": str(controllable),
        "evidence_level": str(evidence_level), "evidence": evidence.strip(),
    }  # fmt: skip
    theirs = {name: getattr(stored, name) for name in FIELDS}
    changes = changes_between(theirs, mine)
    if stored.version != expected_version:
        raise Conflict(
            _("Somebody else changed it meanwhile."), stored,
            {name: mine[name] for name in changes}, {name: theirs[name] for name in changes},
        )  # fmt: skip
    if not changes:
        return stored
    for name, value in mine.items():
        setattr(stored, name, value)
    stored.version += 1
    stored.save()
    record(
        by=by, now=now, action="loop.edit_cause", subject=stored, changes=changes,
        department=deviation.department,
    )  # fmt: skip
    return stored


@transaction.atomic
def mark_root(cause: Cause, *, is_root: bool = True, by: Person, now: datetime) -> Cause:
    """Tick or untick "root cause"; a symptom cannot be one: ask why at least once (L-04).

    The same root cause as in an archived deviation of the same number is a recurrence (L-08).
    """
    deviation = _open_for_causes(cause.deviation, by)
    if is_root and cause.parent_id is None:
        raise Refused(_("This is the symptom. Ask why once more to find the root."))
    stored = Cause.objects.select_for_update().get(pk=cause.pk)
    if stored.is_root == is_root:
        return stored
    stored.is_root = is_root
    stored.version += 1
    stored.save()
    record(
        by=by, now=now, action="loop.mark_root", subject=stored, department=deviation.department,
        changes={"is_root": [not is_root, is_root]},
    )  # fmt: skip
    if is_root:
        _link_recurrence(deviation, stored, by=by, now=now)
    return stored


def _link_recurrence(deviation: Deviation, cause: Cause, *, by: Person, now: datetime) -> None:
    """Another rule may have found it before: same metric, dimension and root cause, archived."""
    if deviation.recurrence_of_id is not None:
        return
    earlier = (
        Deviation.objects.unscoped("a recurrence counts whoever looks")
        .filter(
            metric_id=deviation.metric_id, dimension=deviation.dimension, state=State.ARCHIVED,
            closed_at__gte=now - recurrence_window(), causes__is_root=True,
            causes__category=cause.category, causes__text=cause.text,
        )
        .order_by("-closed_at")
        .first()
    )  # fmt: skip
    if earlier is None:
        return
    higher = Severity(deviation.severity).one_step_up()
    Deviation.objects.unscoped("authorised by the caller").filter(pk=deviation.pk).move(
        recurrence_of=earlier, severity=higher
    )
    earlier.countermeasures.filter(round=earlier.round, recurred_at__isnull=True).update(
        recurred_at=now
    )
    earlier.lessons.filter(recurred_at__isnull=True).update(recurred_at=now)
    record(
        by=by, now=now, action="loop.link_recurrence", subject=deviation,
        department=deviation.department,
        changes={
            "recurrence_of": [None, earlier.pk], "severity": [deviation.severity, higher],
        },
    )  # fmt: skip


def settle_causes(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """The root cause is found: on to countermeasures. By: owner or who may confirm."""
    return move(
        deviation, Event.ANALYSE, by=by, now=now, comment=comment,
        expected_version=expected_version,
    )  # fmt: skip


def reconsider_causes(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str,
    expected_version: int | None = None,
) -> Deviation:
    """Back from planning to cause analysis, with the reason. By: owner or who may confirm."""
    return move(
        deviation, Event.RECONSIDER, by=by, now=now, comment=comment,
        expected_version=expected_version,
    )  # fmt: skip


@transaction.atomic
def mark_uncontrollable(
    deviation: Deviation, *, reason: str, by: Person, now: datetime
) -> NoCountermeasure:
    """Ask to leave it without countermeasure; a reason now, an approver later (L-04).

    By: the owner, or who may confirm. Asking again before approval rewrites the reason.
    """
    stored = locked(deviation)
    if stored.owner_id != by.pk and not by.may(Permission.DEVIATION_CONFIRM, stored.department):
        raise PermissionDenied
    if stored.state not in (State.CAUSE_ANALYSIS, State.COUNTERMEASURE_PLANNING):
        raise Refused(_("This is decided during cause analysis or countermeasure planning."))
    if not reason.strip():
        raise Refused(_("Give a reason."))
    asked, _created = NoCountermeasure.objects.update_or_create(
        deviation=stored, round=stored.round,
        defaults={"reason": reason.strip(), "asked_by": by, "asked_at": now},
    )  # fmt: skip
    record(
        by=by, now=now, action="loop.mark_uncontrollable", subject=asked, comment=asked.reason,
        department=stored.department,
    )  # fmt: skip
    notices.to_approvers(stored, now=now)
    return asked


@transaction.atomic
def approve_uncontrollable(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """Approve that nothing is done: it is recorded only. By: an approver who did not ask."""
    stored = locked(deviation, expected_version)
    asked = stored.no_countermeasures.filter(round=stored.round).first()
    if asked is None:
        raise Refused(_("Nobody asked to leave it without countermeasure."))
    if not by.may(Permission.COUNTERMEASURE_APPROVE, stored.department):
        raise PermissionDenied
    if asked.asked_by_id == by.pk:
        raise Refused(_("Somebody else must approve this."))
    NoCountermeasure.objects.filter(pk=asked.pk).update(approved_by=by, approved_at=now)
    return move(stored, Event.RECORD_ONLY, by=by, now=now, comment=comment)
