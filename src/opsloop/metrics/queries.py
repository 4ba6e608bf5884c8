"""Every read of metrics: lists, series, versions side by side, and from a number to its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from opsloop.analysis import control_chart
from opsloop.analysis.period import Period
from opsloop.audit.actions import changes_between
from opsloop.datasets.models import ImportBatch
from opsloop.datasets.queries import rows_url
from opsloop.metrics import register
from opsloop.metrics.actions import may_edit
from opsloop.metrics.models import Metric, MetricPoint, MetricVersion, PointQuerySet
from opsloop.metrics.register import (
    EvidenceRows,
    Measurement,
    MeasureRequest,
    Option,
    UnknownSource,
)
from opsloop.metrics.rules import Exceedance, exceedances
from opsloop.org.models import Person
from opsloop.org.scoping import ScopedQuerySet
from opsloop.ui import numbers

CHART_POINTS = 36
MOST_DIMENSIONS = 200


def metrics_visible_to(
    person: Person, *, tool: str = "", text: str = "", owner: int | None = None
) -> ScopedQuerySet[Metric]:
    """Metrics a person may open, each with its version number and its latest measured period."""
    found = Metric.objects.visible_to(person).select_related("department", "owner")
    if tool:
        found = found.filter(tool=tool)
    if owner is not None:
        found = found.filter(owner=owner)
    if text:
        found = found.filter(Q(name__icontains=text) | Q(department__name__icontains=text))
    return found.annotate(
        version_number=Max("versions__number"), measured=Max("versions__points__period_start")
    )


def points(
    person: Person,
    version: MetricVersion,
    *,
    dimension: str | None = None,
    first: Period | None = None,
    last: Period | None = None,
) -> PointQuerySet:
    """Current values of one version that a person may see, oldest first."""
    found = MetricPoint.objects.visible_to(person).current().filter(version=version)
    if dimension is not None:
        found = found.filter(dimension=dimension)
    if first is not None:
        found = found.filter(period_start__gte=first.start)
    if last is not None:
        found = found.filter(period_start__lte=last.start)
    return found.select_related("department", "version__metric").order_by("period_start", "id")


@dataclass(frozen=True)
class LatestValue:
    """What a metric said last: one value, or the number of objects that have one."""

    period: str
    value: Decimal | None
    unit: str
    count: int


def latest_values(person: Person, metrics: Iterable[Any]) -> dict[int, LatestValue]:
    """Metric id → its values of the latest period it was measured for, as far as the person sees.

    One query for all; takes metrics as `metrics_visible_to` gives them, with their latest period.
    """
    periods = [
        Q(version__metric=metric.pk, period_start=metric.measured)
        for metric in metrics
        if metric.measured is not None
    ]
    if not periods:
        return {}
    rows = (
        MetricPoint.objects.visible_to(person)
        .current()
        .filter(reduce(or_, periods))
        .order_by()
        .values("version__metric")
        .annotate(
            key=Max("period_key"), last=Max("value"), unit=Max("version__unit"), n=Count("id")
        )
    )
    return {
        row["version__metric"]: LatestValue(row["key"], row["last"], row["unit"], row["n"])
        for row in rows
    }


@dataclass(frozen=True)
class DimensionLine:
    """One object a metric is measured for."""

    key: str
    label: str
    count: int


def dimensions(person: Person, version: MetricVersion) -> list[DimensionLine]:
    """What the version was measured for, as far as a person may see it; at most 200."""
    rows = (
        MetricPoint.objects.visible_to(person)
        .current()
        .filter(version=version)
        .values("dimension")
        .annotate(label=Max("dimension_label"), count=Count("id"))
        .order_by("dimension")[:MOST_DIMENSIONS]
    )
    return [
        DimensionLine(row["dimension"], row["label"] or row["dimension"], row["count"])
        for row in rows
    ]


@dataclass(frozen=True)
class Series:
    """The values of one dimension with everything a trend chart draws."""

    points: tuple[MetricPoint, ...]
    limit: Decimal | None
    natural: control_chart.Limits | None
    exceedances: tuple[Exceedance, ...]
    signals: tuple[control_chart.Signal, ...]


def series(person: Person, version: MetricVersion, dimension: str) -> Series:
    """The latest 36 values with the rule's breaches and, from six values on, natural limits.

    Missing the limit and leaving the natural limits are two things and stay apart.
    """
    found = points(person, version, dimension=dimension).order_by("-period_start", "-id")
    shown = tuple(reversed(found[:CHART_POINTS]))
    rule = version.rule_for(dimension)
    values = [float(point.value) for point in shown if point.value is not None]
    natural = control_chart.limits(values) if len(values) >= control_chart.MINIMUM_POINTS else None
    return Series(
        points=shown,
        limit=rule.threshold if rule else None,
        natural=natural,
        exceedances=exceedances(rule, [(p.period, p.value) for p in shown]) if rule else (),
        signals=control_chart.signals(values, natural) if natural else (),
    )


@dataclass(frozen=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class VersionLine:
    """One version and what it says differently from the one before."""

    version: MetricVersion
    changes: tuple[FieldChange, ...]


def versions(metric: Metric) -> list[VersionLine]:
    """Every version, newest first, each with its difference to its predecessor."""
    rows = list(metric.versions.select_related("made_by").order_by("number"))
    known = options(metric)
    lines = []
    for before, version in zip([None, *rows], rows, strict=False):
        changes = changes_between(before.content(), version.content()) if before else {}
        lines.append(VersionLine(version, tuple(
            FieldChange(_label(name), _said(name, old, known), _said(name, new, known))
            for name, (old, new) in changes.items()
        )))  # fmt: skip
    return lines[::-1]


def _field(name: str) -> Any:
    return MetricVersion._meta.get_field(name)  # noqa: SLF001 - Django's documented meta API


def _label(name: str) -> str:
    return str(_field(name).verbose_name)


def _said(name: str, value: Any, known: tuple[Option, ...]) -> str:
    """A field of a version in words: choices by their labels, numbers without idle zeros."""
    if name == "definition":
        chosen = {option: dict(option.choices).get(value.get(option.key)) for option in known}
        parts = [f"{option.label}: {word}" for option, word in chosen.items() if word]
        return "; ".join(parts) or numbers.DASH
    if name == "limits":
        parts = [f"{key}: {limit}" if key else str(limit) for key, limit in value.items()]
        return "; ".join(parts) or numbers.DASH
    if isinstance(value, Decimal):
        return _plain(value)
    return str(numbers.dash(dict(_field(name).flatchoices).get(value, value)))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


@dataclass(frozen=True)
class BatchLine:
    """One import batch behind a number; its rows when the person may see that data set."""

    batch: ImportBatch | None
    batch_id: int
    rows: tuple[int, ...]
    total: int

    @property
    def url(self) -> str:
        return rows_url(self.batch_id, self.rows) if self.batch else ""


@dataclass(frozen=True)
class Lineage:
    """From a number to its batches and rows, and whether it still comes out the same."""

    batches: tuple[BatchLine, ...]
    recomputed: Decimal | None
    agrees: bool | None
    history: tuple[MetricPoint, ...]


def lineage(person: Person, point: MetricPoint) -> Lineage:
    """Measure again from the very batches the value was made of, and name their rows.

    `agrees` is None when what measured it, or what it measured, is no longer there.
    """
    again = _measured_again(point)
    evidence = {rows.batch_id: rows for rows in again.evidence} if again else {}
    visible = (
        ImportBatch.objects.visible_to(person).select_related("dataset").in_bulk(point.batch_ids)
    )
    lines = []
    for batch_id in point.batch_ids:
        rows = evidence.get(batch_id, EvidenceRows(batch_id, (), 0))
        lines.append(BatchLine(visible.get(batch_id), batch_id, rows.rows, rows.total))
    value = round(again.value, 6) if again and again.value is not None else None
    return Lineage(
        tuple(lines),
        value,
        None if again is None else value == point.value,
        _history(person, point),
    )


def _measured_again(point: MetricPoint) -> Measurement | None:
    version = point.version
    asked = MeasureRequest(
        version.definition, point.dimension, point.period, point.as_of,
        batch_ids=tuple(point.batch_ids), with_evidence=True,
    )  # fmt: skip
    try:
        return register.source(version.metric.source).measure(asked)
    except (LookupError, ValueError, ObjectDoesNotExist):
        # The tool, or the object it measured, is no longer there or is named otherwise today.
        return None


def _history(person: Person, point: MetricPoint) -> tuple[MetricPoint, ...]:
    """Every value this version ever gave for the same period, newest first."""
    return tuple(
        MetricPoint.objects.visible_to(person)
        .filter(
            version=point.version_id, dimension=point.dimension,
            department=point.department_id, period_key=point.period_key,
        )
        .order_by("-revision")
    )  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A value beside those of an earlier period, in the metric's unit."""

    label: str
    period: Period
    value: Decimal | None
    change: Decimal | None


def compare(person: Person, point: MetricPoint) -> list[Comparison]:
    """环比 and 同比: the period before, and the same one a year ago where that has a meaning."""
    others = [(_("Previous period"), point.period.previous())]
    a_year = {"month": 12, "quarter": 4}.get(point.version.period_kind)
    if a_year:
        others.append((_("Same period last year"), point.period.shift(-a_year)))
    found = {
        other.period_key: other.value
        for other in points(person, point.version, dimension=point.dimension).filter(
            department=point.department_id, period_key__in=[period.key for _l, period in others]
        )
    }
    lines = []
    for label, period in others:
        value = found.get(period.key)
        change = None if value is None or point.value is None else point.value - value
        lines.append(Comparison(label, period, value, change))
    return lines


def can_revise(person: Person, metric: Metric) -> bool:
    try:
        offered = register.source(metric.source)
    except UnknownSource:
        return False
    return may_edit(person, offered, metric.department)


def options(metric: Metric) -> tuple[Option, ...]:
    """The parts of a metric's definition people may switch; none when its tool is gone."""
    try:
        return register.source(metric.source).options
    except UnknownSource:
        return ()


_SHOWN: dict[str, Callable[[Any], str]] = {
    "hours": numbers.hours, "rate": numbers.percent, "yuan": numbers.yuan, "count": numbers.count,
}  # fmt: skip


def shown(value: Decimal | float | None, unit: str) -> str:
    """A value in words of its unit; an unknown unit is written behind the number."""
    if unit in _SHOWN:
        return _SHOWN[unit](value)
    return numbers.DASH if value is None else f"{_plain(Decimal(str(value)))} {unit}".strip()


def changed(value: Decimal | None, unit: str) -> str:
    """A difference with its sign; of rates in percentage points."""
    if unit == "rate":
        return numbers.points(value)
    return f"+{shown(value, unit)}" if value is not None and value > 0 else shown(value, unit)
