"""The one place where a deviation changes its state."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.audit.actions import record
from opsloop.loop.errors import Conflict, GuardRefused, IllegalMove
from opsloop.loop.guards import Attempt, current_verdict, refusal
from opsloop.loop.models import Deviation, Transition
from opsloop.loop.states import (
    CLOSED,
    LIVE,
    MOVES,
    TABLE,
    CountermeasureStatus,
    Event,
    Move,
    Relation,
    State,
)
from opsloop.org.models import Person


def relations(deviation: Deviation, person: Person) -> set[Relation]:
    """Where this person stands towards the deviation."""
    found: set[Relation] = set()
    if deviation.owner_id == person.pk:
        found.add(Relation.OWNER)
    executing = deviation.countermeasures.filter(owner=person).exclude(
        status=CountermeasureStatus.CANCELLED
    )
    if executing.exists():
        found.add(Relation.EXECUTOR)
    return found


def may(deviation: Deviation, move: Move, by: Person | None) -> bool:
    """Does the table let this person (None: the product) make this move, conditions apart?"""
    if by is None:
        return move.by_product
    return by.may(move.permission, deviation.department) or bool(
        relations(deviation, by).intersection(move.relations)
    )


def open_moves(deviation: Deviation, by: Person) -> list[Move]:
    """Moves this person may make from the state it is in, whether or not their guards hold yet."""
    return [move for move in TABLE if deviation.state in move.sources and may(deviation, move, by)]


def locked(deviation: Deviation, expected_version: int | None = None) -> Deviation:
    """The stored row, held until the transaction ends; raises `Conflict` when it moved on."""
    stored = (
        Deviation.objects.unscoped("the caller holds the row already")
        .select_for_update(of=("self",))
        .select_related("department", "metric_version__metric")
        .get(pk=deviation.pk)
    )
    if expected_version is not None and stored.version != expected_version:
        raise Conflict(
            _("Somebody else changed it meanwhile."),
            stored,
            {"version": expected_version, "state": deviation.state},
            {"version": stored.version, "state": stored.state},
        )
    return stored


@transaction.atomic
def move(
    deviation: Deviation,
    event: Event,
    *,
    by: Person | None,
    now: datetime,
    comment: str = "",
    target: Deviation | None = None,
    expected_version: int | None = None,
    is_consequence: bool = False,
) -> Deviation:
    """Make one move of the table and return the deviation as stored.

    `is_consequence`: it follows from an action `by` was let in to do, so the product makes it (and
    the person's name stands beside it).
    Raises `IllegalMove`, `PermissionDenied`, `GuardRefused` or `Conflict`; then nothing changed.
    """
    stored = locked(deviation, expected_version)
    row = MOVES[event]
    if stored.state not in row.sources:
        raise IllegalMove(
            event, State(stored.state), _("This step is not possible in the present state.")
        )
    if not may(stored, row, None if is_consequence else by):
        raise PermissionDenied
    refused = refusal(Attempt(stored, by, comment, target), row.guards)
    if refused is not None:
        raise GuardRefused(*refused)
    Deviation.objects.unscoped("authorised above").filter(pk=stored.pk).move(
        **_consequences(stored, row, target, now)
    )
    if row.target in CLOSED:
        stored.countermeasures.filter(status__in=(CountermeasureStatus.PROPOSED, *LIVE)).update(
            status=CountermeasureStatus.CANCELLED
        )
    Transition.objects.create(
        deviation=stored, event=event, source=stored.state, target=row.target,
        actor=by, at=now, comment=comment,
    )  # fmt: skip
    record(
        by=by, now=now, action=f"loop.{event}", subject=stored, comment=comment,
        department=stored.department, changes={"state": [stored.state, row.target]},
    )  # fmt: skip
    return locked(stored)


def _consequences(
    deviation: Deviation, row: Move, target: Deviation | None, now: datetime
) -> dict[str, object]:
    """Columns that change together with the state."""
    values: dict[str, object] = {"state": row.target}
    values["closed_at"] = (deviation.closed_at or now) if row.target in CLOSED else None
    if row.target == State.MERGED:
        values["merged_into"] = target
    if row.event == Event.CONFIRM:
        values["confirmed_at"] = now
    if row.event == Event.ARCHIVE:
        values["verdict"] = current_verdict(deviation)
    if row.event == Event.RECORD_ONLY:
        values["no_countermeasure"] = deviation.no_countermeasures.get(round=deviation.round)
    if row.reopens:
        values |= {"verdict": None, "no_countermeasure": None}
        values["reopen_count"] = deviation.reopen_count + 1
    if row.new_round:
        values["round"] = deviation.round + 1
    return values
