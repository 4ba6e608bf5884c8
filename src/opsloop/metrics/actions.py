"""Every write of a metric: define, revise, measure, review, lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction

from opsloop.analysis.period import Period
from opsloop.audit.actions import changes_between, record
from opsloop.metrics import register
from opsloop.metrics.models import CONTENT, Better, Metric, MetricPoint, MetricVersion, PointState
from opsloop.metrics.refusals import (
    BadDefinition,
    IllegalState,
    NothingChanged,
    PointClosed,
    StaleVersion,
)
from opsloop.metrics.register import Measurement, MeasureRequest, MetricSource
from opsloop.metrics.rules import Comparison
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Permission

# Which state a value may take next; a locked value stays locked.
NEXT_STATES: Final = {
    PointState.PROVISIONAL: {PointState.REVIEWED},
    PointState.REVIEWED: {PointState.PROVISIONAL, PointState.LOCKED},
    PointState.LOCKED: frozenset[PointState](),
}


@dataclass(frozen=True)
class Dimension:
    """One object a metric is measured for: canonical key, words for it, and whose it is."""

    key: str
    label: str
    department: Department


@transaction.atomic
def define(
    *,
    source: str,
    name: str,
    definition: Mapping[str, Any],
    period_kind: str,
    department: Department | None,
    by: Person | None,
    now: datetime,
    owner: Person | None = None,
    **content: Any,
) -> MetricVersion:
    """A new metric and its first version; unit, direction and additivity come from the source.

    `content` may set any other field of `MetricVersion.content()`. `limits` maps dimension keys to
    Decimals. Raises `UnknownSource`, `BadDefinition`, `NotPermitted`.
    """
    offered = register.source(source)
    _require(by, offered, department)
    metric = Metric.objects.create(
        name=name, tool=offered.tool, source=source, view_permission=offered.view_permission,
        department=department, owner=owner, created_at=now,
    )  # fmt: skip
    given = {
        "unit": offered.unit, "better": offered.better, "additivity": offered.additivity,
        "definition": dict(definition), "period_kind": period_kind, **content,
    }  # fmt: skip
    return _add_version(metric, 1, given, "metrics.define", by=by, now=now)


@transaction.atomic
def revise(
    *,
    metric: Metric,
    changes: Mapping[str, Any],
    reason: str,
    by: Person | None,
    now: datetime,
    expected: int | None = None,
) -> MetricVersion:
    """The next version of a metric: what is in force with `changes` laid over it.

    Values and verdicts made so far keep the version they were made with. `expected` is the number
    of the version the person saw. Raises `NothingChanged`, `StaleVersion`, `BadDefinition`,
    `NotPermitted`.
    """
    _require(by, register.source(metric.source), metric.department)
    # The metric's row is the lock: two people revising take turns.
    metric = (
        Metric.objects.unscoped("locks the row handed in").select_for_update().get(pk=metric.pk)
    )
    current = metric.current
    if expected is not None and expected != current.number:
        raise StaleVersion
    given = {**current.content(), **changes}
    return _add_version(
        metric, current.number + 1, given, "metrics.revise", by=by, now=now,
        reason=reason, before=current,
    )  # fmt: skip


def _add_version(
    metric: Metric,
    number: int,
    given: Mapping[str, Any],
    action: str,
    *,
    by: Person | None,
    now: datetime,
    reason: str = "",
    before: MetricVersion | None = None,
) -> MetricVersion:
    version = MetricVersion(
        metric=metric, number=number, reason=reason, made_by=by, made_at=now, **_checked(given)
    )
    changes = changes_between(before.content() if before else {}, version.content())
    if before is not None and not changes:
        raise NothingChanged
    version.save(force_insert=True)
    record(
        by=by, now=now, action=action, subject=metric, department=metric.department,
        changes=changes, comment=reason,
    )  # fmt: skip
    return version


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a version, with limits as plain decimal text; raises `BadDefinition`."""
    if unknown := given.keys() - set(CONTENT):
        raise TypeError(f"a metric version has no {sorted(unknown)}")
    fields = dict(given)
    try:
        limits = {key: Decimal(str(limit)) for key, limit in dict(fields.get("limits", {})).items()}
    except InvalidOperation as error:
        raise BadDefinition from error
    low, high = fields.get("band_low"), fields.get("band_high")
    band = low is not None and high is not None and low < high
    if (fields["better"] == Better.BAND and not band) or fields.get("consecutive", 1) < 1:
        raise BadDefinition
    if any(not limit.is_finite() for limit in limits.values()):
        raise BadDefinition
    if limits and fields.get("comparison") not in Comparison.values:
        raise BadDefinition
    for name in ("target", "band_low", "band_high"):
        number = fields.get(name)
        fields[name] = None if number is None else round(number, 6)
    fields["limits"] = {key: format(limit.normalize(), "f") for key, limit in limits.items()}
    return fields


def measure_period(
    *,
    version: MetricVersion,
    period: Period,
    dimensions: Iterable[Dimension],
    by: Person | None,
    now: datetime,
) -> list[MetricPoint]:
    """Measure each dimension for one period through the register and store what changed.

    Reviewed and locked values are returned as they stand. The caller let `by` in.
    """
    measure = register.source(version.metric.source).measure
    measured = [
        (dimension, measure(MeasureRequest(version.definition, dimension.key, period, now)))
        for dimension in dimensions
    ]
    return store_points(version=version, period=period, measured=measured, by=by, now=now)


@transaction.atomic
def store_points(
    *,
    version: MetricVersion,
    period: Period,
    measured: Iterable[tuple[Dimension, Measurement]],
    by: Person | None,
    now: datetime,
) -> list[MetricPoint]:
    """Keep values of one period; an equal value changes nothing, another one restates the old.

    Reviewed and locked values are returned as they stand: late facts restate open periods only.
    """
    if period.kind != version.period_kind:
        raise BadDefinition
    Metric.objects.unscoped("the lock of its values").select_for_update().get(pk=version.metric_id)
    points, stored = [], 0
    for dimension, measurement in measured:
        held = _current_point(version, dimension, period)
        if held is not None and (held.state != PointState.PROVISIONAL or _same(held, measurement)):
            points.append(held)
            continue
        points.append(_store(version, period, dimension, measurement, restates=held, now=now))
        stored += 1
    if stored:
        record(
            by=by, now=now, action="metrics.measure", subject=version.metric,
            changes={"version": [None, version.number], "values": [None, stored]},
            comment=period.key, department=version.metric.department,
        )  # fmt: skip
    return points


def _current_point(
    version: MetricVersion, dimension: Dimension, period: Period
) -> MetricPoint | None:
    return (
        MetricPoint.objects.unscoped("the value about to be restated")
        .current()
        .filter(
            version=version, dimension=dimension.key, department=dimension.department,
            period_key=period.key,
        )
        .first()
    )  # fmt: skip


def _figures(measured: Measurement) -> dict[str, Any]:
    """A measurement as it is kept: six decimals, batches in order."""
    figures = {
        "value": measured.value, "numerator": measured.numerator, "denominator": measured.denominator,
    }  # fmt: skip
    return {
        **{name: None if figure is None else round(figure, 6) for name, figure in figures.items()},
        "n": measured.n,
        "batch_ids": sorted(measured.batch_ids),
    }


def _same(held: MetricPoint, measured: Measurement) -> bool:
    return all(getattr(held, name) == figure for name, figure in _figures(measured).items())


def _store(
    version: MetricVersion,
    period: Period,
    dimension: Dimension,
    measured: Measurement,
    *,
    restates: MetricPoint | None,
    now: datetime,
) -> MetricPoint:
    if restates is not None:
        restates.is_current = False
        restates.save(update_fields=["is_current"])
    return MetricPoint.objects.create(
        version=version, dimension=dimension.key, dimension_label=dimension.label,
        department=dimension.department, period_key=period.key, period_start=period.start,
        as_of=now, restates=restates, revision=restates.revision + 1 if restates else 1,
        **_figures(measured),
    )  # fmt: skip


@transaction.atomic
def set_state(
    *, points: Iterable[MetricPoint], state: PointState, by: Person | None, now: datetime
) -> None:
    """Review (已审核), lock (已锁定) or open again; all of the values or none.

    Raises `IllegalState`, `PointClosed` for a value that was restated meanwhile, `NotPermitted`.
    """
    for point in points:
        metric = point.version.metric
        _require(by, register.source(metric.source), point.department)
        held = (
            MetricPoint.objects.unscoped("locks the row handed in")
            .select_for_update()
            .get(pk=point.pk)
        )
        if not held.is_current:
            raise PointClosed
        if state not in NEXT_STATES[PointState(held.state)]:
            raise IllegalState
        before, point.state = held.state, state
        point.save(update_fields=["state"])
        record(
            by=by, now=now, action="metrics.set_state", subject=point,
            department=point.department, changes={"state": [before, state]},
        )  # fmt: skip


def _require(by: Person | None, offered: MetricSource, department: Department | None) -> None:
    """Who looks after all metrics, or who edits the tool's own records there."""
    if by is not None and not may_edit(by, offered, department):
        raise NotPermitted(f"{by.username} lacks {Permission.METRIC_EDIT}")


def may_edit(person: Person, offered: MetricSource, department: Department | None) -> bool:
    """A company's definition (no department) asks for a right in the whole company."""
    needed = (Permission.METRIC_EDIT, offered.edit_permission)
    if department is None:
        return any(person.reach(permission) is None for permission in needed)
    return any(person.may(permission, department) for permission in needed)
