"""Did it work? The verdict, computed from the metric that found it, and what follows from it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsloop.analysis import effect, power
from opsloop.analysis.comparison import series_sigma
from opsloop.analysis.period import Period
from opsloop.analysis.samples import Sample, Series
from opsloop.audit.actions import record
from opsloop.datasets.models import ImportBatch
from opsloop.loop import notices
from opsloop.loop.actions.moves import locked, move
from opsloop.loop.actions.plans import current_plan
from opsloop.loop.errors import Refused
from opsloop.loop.guards import current_verdict
from opsloop.loop.measuring import (
    Gauge,
    chart_points,
    day_after,
    effect_plan,
    first_period_of_effect,
    newest_complete,
)
from opsloop.loop.models import Deviation, Lesson, Verification, VerificationPlan
from opsloop.loop.states import (
    CountermeasureKind,
    CountermeasureStatus,
    Event,
    Outcome,
    State,
)
from opsloop.loop.untreated import control
from opsloop.org.models import Person
from opsloop.org.permissions import Permission

FOLLOWS: dict[str, Event] = {
    Outcome.EFFECTIVE: Event.ARCHIVE,
    Outcome.PARTLY_EFFECTIVE: Event.CONTINUE,
    Outcome.INEFFECTIVE: Event.FAIL,
    Outcome.WORSENED: Event.FAIL,
}


@dataclass(frozen=True)
class Reading:
    """One look at the result window: the verdict, or why there is none yet.

    `look` counts the looks at a growing window, `untreated` the lines compared with beside it.
    """

    first: Period
    last: Period
    verdict: effect.Verdict | None
    missing: tuple[Period, ...] = ()
    baseline: Sample | None = None
    look: int = 1
    untreated: int = 0

    @property
    def is_conclusive(self) -> bool:
        return self.verdict is not None and self.verdict.outcome != effect.Outcome.INSUFFICIENT_DATA


@transaction.atomic
def evaluate(deviation: Deviation, *, by: Person | None, now: datetime) -> Verification:
    """Compute the verdict of the round under way; the same facts give the same row again.

    Until the windows are complete it is 证据不足 with the day or count that will suffice (L-06).
    By: the product, or whoever may see verdicts accepted in its department.
    """
    stored = locked(deviation)
    if by is not None and not by.may(Permission.DEVIATION_WORK, stored.department):
        raise PermissionDenied
    plan = current_plan(stored)
    if stored.state != State.PENDING_VERIFICATION or plan is None:
        raise Refused(_("There is nothing to verify yet."))
    gauge = Gauge(plan.metric_version, plan.dimension, now)
    reading = _read(stored, plan, gauge)
    values = _columns(plan, reading, gauge)
    values["digest"] = _digest(plan, values)
    latest = current_verdict(stored)
    if latest is not None and latest.digest == values["digest"]:
        return latest
    computed = Verification.objects.create(
        deviation=stored, plan=plan, round=stored.round, computed_at=now, **values
    )
    record(
        by=by, now=now, action="loop.evaluate", subject=computed, department=stored.department,
        changes={"outcome": [latest.outcome if latest else None, computed.outcome]},
    )  # fmt: skip
    if computed.outcome != Outcome.INSUFFICIENT_DATA:
        notices.to_verifiers(stored, now=now)
    return computed


def evaluate_due(*, now: datetime) -> int:
    """Look again at what waits for its verdict; returns how many verdicts changed.

    Facts change with an import or its undoing, windows end with a day; in between nothing is read.
    """
    waiting = Deviation.objects.unscoped("the schedule serves the whole company").filter(
        state=State.PENDING_VERIFICATION
    )
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    since = max(filter(None, (midnight, _facts_changed_at())))
    changed = 0
    for deviation in waiting.exclude(looked_at__gt=since).order_by("id"):
        before = current_verdict(deviation)
        after = evaluate(deviation, by=None, now=now)
        waiting.filter(pk=deviation.pk).update(looked_at=now)
        changed += before is None or after.pk != before.pk
    return changed


def _facts_changed_at() -> datetime | None:
    """When records were last brought in or taken back; None before the first import."""
    batches = ImportBatch.objects.unscoped("only the time of the last change")
    times = batches.aggregate(brought=Max("committed_at"), taken=Max("retired_at"))
    return max(filter(None, times.values()), default=None)


def _read(deviation: Deviation, plan: VerificationPlan, gauge: Gauge) -> Reading:
    """The planned window; when that says too little, longer ones, each at a smaller error."""
    finished = deviation.countermeasures.filter(
        round=deviation.round, status=CountermeasureStatus.DONE
    ).exclude(kind=CountermeasureKind.CORRECTION)
    moments = finished.values_list("finished_at", flat=True)
    last_day = max(day_after(moment) for moment in moments if moment is not None)
    first = first_period_of_effect(plan, last_day)
    planned = first.shift(plan.follow_up_periods - 1)
    missing = gauge.missing(first, planned)
    if missing:
        return Reading(first, planned, None, tuple(missing))
    baseline = gauge.sample(*plan.baseline)
    reading = _look(plan, gauge, baseline, first, planned, look=1)
    for look, last in enumerate(_later_looks(plan, gauge, planned), start=2):
        if reading.is_conclusive:
            break
        reading = _look(plan, gauge, baseline, first, last, look=look)
    return reading


def _later_looks(plan: VerificationPlan, gauge: Gauge, planned: Period) -> Iterator[Period]:
    """The ends of the longer windows looked at so far, and of the one that is complete now.

    The same looks in the same order again, so that a figure can be computed again as it was.
    """
    newest = newest_complete(gauge, planned.next())
    if newest is None:
        return
    stored = plan.verifications.exclude(test="").values_list("result_last", flat=True)
    taken = {Period.parse(key) for key in stored}
    yield from sorted({last for last in taken if planned < last < newest} | {newest})


def _look(
    plan: VerificationPlan, gauge: Gauge, baseline: Sample, first: Period, last: Period, *, look: int
) -> Reading:  # fmt: skip
    terms = effect_plan(plan.metric_version, plan.target, plan.smallest_change, look=look)
    beside, lines = control(plan, gauge, baseline, first, last)
    seen = effect.verdict(terms, baseline, gauge.sample(first, last), control=beside)
    return Reading(
        first, last, seen, baseline=baseline, look=look, untreated=lines if beside else 0
    )


def _columns(plan: VerificationPlan, reading: Reading, gauge: Gauge) -> dict[str, Any]:
    shown = {
        "result_first": reading.first.key, "result_last": reading.last.key,
        "chart": _chart(plan, reading, gauge),
    }  # fmt: skip
    seen = reading.verdict
    if seen is None:
        today_is_in = [period for period in reading.missing if period.end > gauge.today]
        return shown | {
            "outcome": Outcome.INSUFFICIENT_DATA, "needed_n": plan.needed_n,
            "available_on": today_is_in[-1].end if today_is_in else None,
            "reason": "window_open" if today_is_in else "records_missing",
            "params": {"periods": [period.key for period in reading.missing]},
        }  # fmt: skip
    enough_at = None
    if seen.outcome == effect.Outcome.INSUFFICIENT_DATA:
        enough_at = power.sufficient_by(reading.first, reading.last, seen.n_after, seen.needed_n)
    return shown | {
        "outcome": Outcome(seen.outcome.value), "reason": seen.reason, "test": seen.test,
        "before": _finite(seen.before), "after": _finite(seen.after),
        "effect": _finite(seen.effect), "low": _finite(seen.low), "high": _finite(seen.high),
        "p_value": _finite(seen.p_value), "n_before": seen.n_before, "n_after": seen.n_after,
        "needed_n": seen.needed_n, "available_on": enough_at.end if enough_at else None,
        "params": {
            "scale": seen.scale, "smallest_p": _finite(seen.smallest_p),
            "spontaneous_return": _spontaneous(plan, reading), "look": reading.look,
            "alpha": power.alpha_of_look(reading.look), "untreated": reading.untreated,
            "control_effect": _finite(seen.control_effect),
        },
    }  # fmt: skip


def _spontaneous(plan: VerificationPlan, reading: Reading) -> float | None:
    """Share of such deviations that would have gone back by themselves (V-06); series only."""
    if not isinstance(reading.baseline, Series):
        return None
    sigma = series_sigma(reading.baseline)
    limit = abs(float(plan.deviation.exceedance))
    return None if sigma is None else power.spontaneous_return(limit, sigma)


def _chart(plan: VerificationPlan, reading: Reading, gauge: Gauge) -> dict[str, Any]:
    """Values of every period from baseline to result, and where the countermeasure set in."""
    points = list(chart_points(gauge, plan.baseline[0], reading.last))
    return {
        "labels": [label for label, _value in points],
        "values": [value for _label, value in points],
        "target": float(plan.target),
        "intervention": reading.first.key,
    }


def _finite(value: float | None) -> float | None:
    """Infinite ratios (nothing before, something after) are stored as unknown."""
    return value if value is not None and isfinite(value) else None


def _digest(plan: VerificationPlan, values: dict[str, Any]) -> str:
    text = json.dumps([plan.pk, values], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def accept_verdict(
    verification: Verification,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """Accept what was computed: effective archives, partly continues, the others reopen.

    By: who accepts verdicts in its department, a second pair of eyes where L-07 asks for one.
    Raises `Refused` for 证据不足 and for a verdict that newer facts have replaced.
    """
    stored = locked(verification.deviation, expected_version)
    latest = current_verdict(stored)
    if latest is None or latest.pk != verification.pk or latest.accepted_at is not None:
        raise Refused(_("There is a newer verdict."))
    if latest.outcome not in FOLLOWS:
        raise Refused(_("The data do not suffice for a verdict yet."))
    # Accepted before the move, so that what the move returns already shows it.
    Verification.objects.filter(pk=latest.pk).update(accepted_by=by, accepted_at=now)
    moved = archive_as(stored, FOLLOWS[latest.outcome], by=by, now=now, comment=comment)
    record(
        by=by, now=now, action="loop.accept_verdict", subject=latest, comment=comment,
        department=stored.department, changes={"outcome": [None, latest.outcome]},
    )  # fmt: skip
    notices.to_owner(moved, "verdict", now=now)
    return moved


@transaction.atomic
def archive_as(
    deviation: Deviation,
    event: Event,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """Make the move; an archived deviation leaves a lesson (L-11)."""
    moved = move(
        deviation, event, by=by, now=now, comment=comment, expected_version=expected_version
    )
    if moved.state == State.ARCHIVED:
        lesson = _learn(moved, now)
        record(by=by, now=now, action="loop.learn", subject=lesson, department=moved.department)
    return moved


def archive_without_countermeasure(
    deviation: Deviation,
    *,
    by: Person,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Deviation:
    """Archive what was approved as uncontrollable; it is a lesson all the same (L-04)."""
    return archive_as(
        deviation, Event.ARCHIVE_WITHOUT, by=by, now=now, comment=comment,
        expected_version=expected_version,
    )  # fmt: skip


def _learn(deviation: Deviation, now: datetime) -> Lesson:
    root = deviation.causes.filter(is_root=True).order_by("-id").first()
    symptom = deviation.causes.filter(parent__isnull=True).order_by("id").first()
    done = deviation.countermeasures.filter(status=CountermeasureStatus.DONE)
    return Lesson.objects.create(
        deviation=deviation, verification=deviation.verdict, department=deviation.department,
        tool=deviation.tool, metric_id=deviation.metric_id,
        title=deviation.title,
        symptom=symptom.text if symptom else "",
        cause=root.text if root else "",
        category=root.category if root else "",
        countermeasure="\n".join(row.what for row in done.filter(round=deviation.round))
        or (deviation.no_countermeasure.reason if deviation.no_countermeasure else ""),
        learned_at=now,
    )  # fmt: skip
