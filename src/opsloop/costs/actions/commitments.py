"""Documents entered by people, and the limits that stop them (C-32)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from opsloop.audit.actions import record
from opsloop.costs import commitments
from opsloop.costs.actions.months import WrongState
from opsloop.costs.actions.rules import require_company
from opsloop.costs.commitments import Remaining
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    Commitment,
    CommitmentLimit,
    CostCategory,
    CostPeriod,
    LimitAction,
    PeriodState,
)
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require


class OverLimit(Exception):
    """A limit stops the document; `remaining` says by how much and why."""

    def __init__(self, remaining: Remaining) -> None:
        super().__init__(remaining.key.label)
        self.remaining = remaining


@transaction.atomic
def commit_amount(
    *, period: CostPeriod, key: LineKey, document: str, document_type: str, amount_fen: int,
    department: Department, by: Person | None, now: datetime,
) -> Remaining:  # fmt: skip
    """Enter a document of 分 on a line; returns what it leaves, exceeded where a limit only warns.

    Raises OverLimit where the limit of its type and category stops it, WrongState once the month
    is locked, NotPermitted.
    """
    require(by, Permission.COST_EDIT, department)
    held = CostPeriod.objects.unscoped("locks the month handed in").select_for_update(of=("self",))
    period = held.get(pk=period.pk)
    if period.state == PeriodState.LOCKED:
        raise WrongState(period.state)
    action = commitments.Limits().action(document_type.strip(), key.category)
    left = commitments.line_left(period, key)
    if action != LimitAction.IGNORE:
        left = left.with_more(amount_fen, action)
        if left.is_exceeded and action == LimitAction.STOP:
            raise OverLimit(left)
    row = Commitment.objects.create(
        period=period, **key._asdict(), document=document.strip(),
        document_type=document_type.strip(), amount_fen=amount_fen, entered_by=by, entered_at=now,
    )  # fmt: skip
    changes = {row.document: [None, amount_fen]}
    record(
        by=by, now=now, action="costs.commit", subject=row, changes=changes, department=department
    )
    return left


@transaction.atomic
def cancel_commitment(
    *, commitment: Commitment, department: Department, by: Person | None, now: datetime
) -> None:
    """Take a document back that was never delivered; it stays on record."""
    require(by, Permission.COST_EDIT, department)
    commitment.cancelled_at = now
    commitment.save(update_fields=["cancelled_at"])
    changes = {commitment.document: [commitment.amount_fen, None]}
    record(
        by=by, now=now, action="costs.commit_cancel", subject=commitment, changes=changes,
        department=department,
    )  # fmt: skip


@transaction.atomic
def limit_commitments(
    *, document_type: str, category: CostCategory | None, action: str,
    by: Person | None, now: datetime,
) -> CommitmentLimit:  # fmt: skip
    """Say what happens to documents of a type and category beyond the budget."""
    require_company(by)
    known = CommitmentLimit.objects.unscoped("the rule is the company's")
    place: dict[str, Any] = {"document_type": document_type.strip(), "category": category}
    before = known.filter(**place).values_list("action", flat=True).first()
    row, _new = known.update_or_create(**place, defaults={"action": LimitAction(action)})
    changes = {"action": [before, action]}
    record(by=by, now=now, action="costs.limit", subject=row, changes=changes)
    return row
