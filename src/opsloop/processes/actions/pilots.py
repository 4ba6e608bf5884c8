"""Trying a to-be version in one unit, and the quarterly look back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from opsloop.analysis.period import Period
from opsloop.audit.actions import record
from opsloop.loop.models import Countermeasure
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require
from opsloop.processes.models import (
    Pilot,
    PilotProblem,
    ProblemKind,
    Process,
    ProcessVersion,
    QuarterlyReview,
    ReviewState,
    VersionState,
)

TRIABLE = (VersionState.APPROVED, VersionState.PUBLISHED)


class NotApproved(Exception):
    """Only an approved version is tried on people."""


class SameUnit(Exception):
    """A unit cannot be its own control."""


@transaction.atomic
def start_pilot(
    *, process: Process, version: ProcessVersion, unit: str, controls: Sequence[str],
    start_on: date, target_hours: Decimal, countermeasure: Countermeasure | None = None,
    by: Person, now: datetime,
) -> Pilot:  # fmt: skip
    """Begin the experiment: pilot unit, control units, start, target. Raises NotApproved, SameUnit."""
    require(by, Permission.PROCESS_EDIT, process.department)
    if version.state not in TRIABLE:
        raise NotApproved
    if unit in controls:
        raise SameUnit
    pilot = Pilot.objects.create(
        process=process, version=version, unit=unit, controls=list(controls), start_on=start_on,
        target_hours=target_hours, countermeasure=countermeasure, made_by=by, made_at=now,
    )  # fmt: skip
    _record("processes.start_pilot", pilot, process, by, now)
    return pilot


@transaction.atomic
def note_problem(
    *, pilot: Pilot, kind: ProblemKind | str, text: str, adjustment: str = "", by: Person,
    now: datetime,
) -> PilotProblem:  # fmt: skip
    """A line of the problem log, with what was adjusted (P23). Raises NotPermitted."""
    require(by, Permission.PROCESS_EDIT, pilot.process.department)
    problem = PilotProblem.objects.create(
        pilot=pilot, kind=ProblemKind(kind), text=text.strip(), adjustment=adjustment.strip(),
        noted_by=by, noted_at=now,
    )  # fmt: skip
    _record("processes.note_problem", problem, pilot.process, by, now)
    return problem


@transaction.atomic
def roll_out(*, pilot: Pilot, on: date, by: Person, now: datetime) -> Pilot:
    """All units work by the version from this day (P24). Raises NotPermitted."""
    require(by, Permission.COUNTERMEASURE_APPROVE, pilot.process.department)
    pilot.rolled_out_on = on
    pilot.save(update_fields=["rolled_out_on"])
    _record("processes.roll_out", pilot, pilot.process, by, now)
    return pilot


@transaction.atomic
def make_review(
    *, process: Process, period: Period, figures: Mapping[str, Any],
    base: QuarterlyReview | None, by: Person | None, now: datetime,
) -> QuarterlyReview:  # fmt: skip
    """The review of a quarter, once; `base` is the one it is compared with."""
    review, is_new = QuarterlyReview.objects.unscoped("the process handed in").get_or_create(
        process=process, period=period.key,
        defaults={
            "figures": dict(figures), "base": base.figures if base else {},
            "base_period": base.period if base else "", "made_at": now,
        },
    )  # fmt: skip
    if is_new:
        _record("processes.make_review", review, process, by, now)
    return review


@transaction.atomic
def close_review(
    *, review: QuarterlyReview, conclusion: str, by: Person, now: datetime
) -> QuarterlyReview:
    """Write the conclusion of the quarter. Raises NotPermitted; ValueError without one."""
    require(by, Permission.PROCESS_EDIT, review.process.department)
    if not conclusion.strip():
        raise ValueError("a review has a conclusion")
    review.conclusion, review.state = conclusion.strip(), ReviewState.DONE
    review.closed_by, review.closed_at = by, now
    review.save()
    _record("processes.close_review", review, review.process, by, now)
    return review


def _record(action: str, subject: Any, process: Process, by: Person | None, now: datetime) -> None:
    record(by=by, now=now, action=action, subject=subject, department=process.department)
