"""Decisions on the ECRS worksheet, and how an accepted one enters the loop (P-N5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from opsloop.audit.actions import record
from opsloop.loop import actions as loop
from opsloop.loop.models import Cause, Deviation
from opsloop.loop.states import CauseCategory, EvidenceLevel
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require
from opsloop.processes.models import EcrsProposal, Letter, Opinion, Process


@transaction.atomic
def decide_proposal(
    *, process: Process, letter: Letter | str, trigger: str, steps: Sequence[str],
    values: Mapping[str, Any], n: int, text: str, accepted: bool, reason: str, by: Person,
    now: datetime,
) -> EcrsProposal:  # fmt: skip
    """Accept or reject a candidate with the numbers it stands on; a later word replaces an earlier.

    `text` is the candidate as it was read. Raises NotPermitted; ValueError without a reason.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    if not reason.strip():
        raise ValueError("a decision has a reason")
    for earlier in process.proposals.filter(letter=Letter(letter), trigger=trigger, cause=None):
        if earlier.steps == list(steps):
            earlier.delete()
    made = EcrsProposal.objects.create(
        process=process, letter=Letter(letter), trigger=trigger, steps=list(steps),
        values=dict(values), n=n, text=text[:500], accepted=accepted, reason=reason.strip(),
        decided_by=by, decided_at=now,
    )  # fmt: skip
    record(
        by=by, now=now, action="processes.decide_proposal", subject=made,
        changes={"accepted": [None, accepted]}, comment=made.reason, department=process.department,
    )  # fmt: skip
    return made


@transaction.atomic
def proposal_to_cause(
    *, proposal: EcrsProposal, deviation: Deviation, category: CauseCategory | str,
    parent: Cause | None, by: Person, now: datetime,
) -> Cause:  # fmt: skip
    """Write an accepted proposal into a deviation's fishbone as a measured cause.

    Raises what the loop raises: `Refused` outside cause analysis, PermissionDenied.
    """
    cause = loop.add_cause(
        deviation, text=proposal.text, category=category, parent=parent,
        evidence_level=EvidenceLevel.MEASURED, evidence=f"{proposal.text} (n = {proposal.n})",
        by=by, now=now,
    )  # fmt: skip
    proposal.cause = cause
    proposal.save(update_fields=["cause"])
    _noted(proposal, cause, by, now)
    return cause


@transaction.atomic
def opinion_to_cause(
    *, opinion: Opinion, deviation: Deviation, category: CauseCategory | str,
    parent: Cause | None, by: Person, now: datetime,
) -> Cause:  # fmt: skip
    """Write what somebody said into a fishbone: observed where a name stands, else assumed."""
    named = opinion.person is not None
    cause = loop.add_cause(
        deviation, text=opinion.text, category=category, parent=parent,
        evidence_level=EvidenceLevel.OBSERVED if named else EvidenceLevel.ASSUMED,
        evidence=f"{opinion.person}, {opinion.said_at:%Y-%m-%d}" if named else "", by=by, now=now,
    )  # fmt: skip
    opinion.cause = cause
    opinion.save(update_fields=["cause"])
    _noted(opinion, cause, by, now)
    return cause


def _noted(subject: EcrsProposal | Opinion, cause: Cause, by: Person, now: datetime) -> None:
    record(
        by=by, now=now, action="processes.to_cause", subject=subject,
        changes={"cause": [None, cause.pk]}, department=cause.deviation.department,
    )  # fmt: skip
