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
from opsloop.processes import trials
from opsloop.processes.models import (
    Moment,
    Pilot,
    PilotProblem,
    ProblemKind,
    Process,
    ProcessVersion,
    QuarterlyReview,
    ReviewState,
    SatisfactionReading,
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
    start_on: date, target_hours: Decimal, target_return_rate: Decimal | None = None,
    countermeasure: Countermeasure | None = None, by: Person, now: datetime,
) -> Pilot:  # fmt: skip
    """Begin the experiment: pilot unit, control units, start, targets.

    The cases the proof will need are reckoned now and kept. Raises NotApproved, SameUnit.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    if version.state not in TRIABLE:
        raise NotApproved
    if unit in controls:
        raise SameUnit
    told = trials.forecast(
        process, unit=unit, start_on=start_on, target_hours=target_hours,
        target_return_rate=target_return_rate,
    )  # fmt: skip
    pilot = Pilot.objects.create(
        process=process, version=version, unit=unit, controls=list(controls), start_on=start_on,
        target_hours=target_hours, target_return_rate=target_return_rate,
        forecast=trials.kept(told), countermeasure=countermeasure, made_by=by, made_at=now,
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
def note_reading(
    *, pilot: Pilot, moment: Moment | str, asked: int, satisfied: int, asked_on: date, source: str,
    by: Person, now: datetime,
) -> SatisfactionReading:  # fmt: skip
    """Write down a survey of the people in the unit, with where it is kept (P25).

    Raises NotPermitted; ValueError for more satisfied than asked, or nobody asked.
    """
    require(by, Permission.PROCESS_EDIT, pilot.process.department)
    if not 0 <= satisfied <= asked or not asked:
        raise ValueError("no more are satisfied than were asked")
    reading = SatisfactionReading.objects.create(
        pilot=pilot, moment=Moment(moment), asked=asked, satisfied=satisfied, asked_on=asked_on,
        source=source.strip(), noted_by=by, noted_at=now,
    )  # fmt: skip
    _record("processes.note_reading", reading, pilot.process, by, now)
    return reading


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
    base: Mapping[str, Mapping[str, Any]], by: Person | None, now: datetime,
) -> QuarterlyReview:  # fmt: skip
    """The review of a quarter, once; `base` says per figure what it is compared with."""
    review, is_new = QuarterlyReview.objects.unscoped("the process handed in").get_or_create(
        process=process, period=period.key,
        defaults={"figures": dict(figures), "base": dict(base), "made_at": now},
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
