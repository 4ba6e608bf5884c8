"""What the metric pages show: plain data prepared for the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.metrics import queries
from opsloop.metrics.models import Metric, MetricPoint, MetricVersion
from opsloop.metrics.queries import DimensionLine, Lineage, Series, VersionLine, changed, shown
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.ui import charts

TOOLS: Final = {"processes": gettext_lazy("Processes"), "costs": gettext_lazy("Costs")}
UNITS: Final = {
    "hours": gettext_lazy("hours"),
    "rate": "%",
    "yuan": gettext_lazy("yuan"),
    "count": gettext_lazy("cases"),
}


@dataclass(frozen=True)
class Filter:
    """What the list was asked for."""

    tool: str
    text: str
    mine: bool

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        tool = query.get("tool", "")
        text = query.get("q", "").replace("\x00", "").strip()[:100]
        return cls(tool if tool in TOOLS else "", text, query.get("mine") == "1")


def tools() -> list[tuple[str, Any]]:
    return list(TOOLS.items())


@dataclass(frozen=True)
class MetricLine:
    """One metric of the list: its latest period, and its value or how many objects have one."""

    metric: Metric
    period: str
    value: str
    count: int


def list_lines(person: Person, metrics: Sequence[Metric]) -> list[MetricLine]:
    """What the list shows of each metric, in the same order."""
    latest = queries.latest_values(person, metrics)
    none = queries.LatestValue("", None, "", 0)
    found = ((metric, latest.get(metric.pk, none)) for metric in metrics)
    return [
        MetricLine(metric, last.period, shown(last.value, last.unit), last.count)
        for metric, last in found
    ]


@dataclass(frozen=True)
class PointLine:
    point: MetricPoint
    value: str
    is_over: bool
    is_signal: bool


@dataclass(frozen=True)
class MetricPage:
    """One metric: the version looked at, the object looked at, and the values of both."""

    version: MetricVersion
    is_current: bool
    dimensions: list[DimensionLine]
    dimension: DimensionLine | None
    lines: list[PointLine]
    series: Series | None
    option: Mapping[str, Any] | None
    versions: list[VersionLine]
    may_revise: bool
    facts: list[tuple[str, str]]


def metric_page(
    person: Person, metric: Metric, *, dimension: str | None, number: str | None
) -> MetricPage:
    """Raises Http404 for a version or an object that is not there."""
    version = _version(metric, number)
    found = queries.dimensions(person, version)
    chosen = found[0] if found else None
    if dimension is not None:
        chosen = next((line for line in found if line.key == dimension), None)
        if chosen is None:
            raise Http404
    series = queries.series(person, version, chosen.key) if chosen else None
    return MetricPage(
        version=version,
        is_current=version.number == metric.current.number,
        dimensions=found,
        dimension=chosen,
        lines=_lines(series, version.unit) if series else [],
        series=series,
        option=_option(metric, version, series) if series else None,
        versions=queries.versions(metric),
        may_revise=person.may(Permission.METRIC_EDIT) and queries.can_revise(person, metric),
        facts=_facts(metric, version, chosen),
    )


def _version(metric: Metric, number: str | None) -> MetricVersion:
    if not number:
        return metric.current
    asked = int(number) if number.isdecimal() and len(number) < 7 else 0
    version = metric.versions.filter(number=asked).first()
    if version is None:
        raise Http404
    return version


def _lines(series: Series, unit: str) -> list[PointLine]:
    over = {breach.period.key for breach in series.exceedances}
    valued = [point.pk for point in series.points if point.value is not None]
    odd = {valued[signal.index] for signal in series.signals}
    lines = [
        PointLine(p, shown(p.value, unit), p.period_key in over, p.pk in odd) for p in series.points
    ]
    return lines[::-1]


def _option(metric: Metric, version: MetricVersion, series: Series) -> Mapping[str, Any]:
    """The trend: target or limit as levels, natural limits beside them, signals marked."""
    scale = 100 if version.unit == "rate" else 1
    values = [None if p.value is None else p.value * scale for p in series.points]
    places = [place for place, value in enumerate(values) if value is not None]
    natural = series.natural
    option = charts.line(
        labels=[point.period_key for point in series.points],
        values=values,
        name=metric.name,
        unit=str(UNITS.get(version.unit, version.unit)),
        target=None if version.target is None else version.target * scale,
        center=round(natural.centre * scale, 2) if natural else None,
        lower=round(natural.lower * scale, 2) if natural else None,
        upper=round(natural.upper * scale, 2) if natural else None,
        outliers=[places[signal.index] for signal in series.signals],
    )
    if series.limit is not None:
        option["series"][0]["markLine"]["data"].append(_limit_line(series.limit * scale))
    return option


def _limit_line(limit: Decimal) -> Mapping[str, Any]:
    """The deviation limit, drawn apart from target and natural limits."""
    words = _("Limit %(limit)s") % {"limit": f"{limit.normalize():f}"}
    return {
        "yAxis": float(limit),
        "lineStyle": {"color": "$bad", "type": "dashed"},
        "label": {"formatter": words, "position": "insideStartTop"},
    }


def _facts(
    metric: Metric, version: MetricVersion, chosen: DimensionLine | None
) -> list[tuple[str, str]]:
    """The definition in words, for the list beside the chart."""
    rule = version.rule_for(chosen.key if chosen else "")
    facts = [
        (_("Unit"), str(UNITS.get(version.unit, version.unit))),
        (_("Direction"), version.get_better_display()),
        (_("Additivity"), version.get_additivity_display()),
        (_("Period"), version.get_period_kind_display()),
        (_("Durations count"), version.get_calendar_basis_display()),
        (_("Target"), shown(version.target, version.unit)),
    ]
    if version.band:
        facts.append((_("Band"), " – ".join(shown(end, version.unit) for end in version.band)))
    if rule:
        words = f"{rule.comparison.label} {shown(rule.threshold, version.unit)}"
        facts.append((_("Deviates when"), words))
        facts.append((_("Periods in a row"), str(rule.consecutive)))
    for option in queries.options(metric):
        chosen_word = dict(option.choices).get(version.definition.get(option.key, ""), "")
        facts.append((str(option.label), str(chosen_word)))
    return facts


@dataclass(frozen=True)
class ComparisonLine:
    label: str
    period_key: str
    value: str
    change: str


@dataclass(frozen=True)
class PointPage:
    """One number opened: what it says, what it stands on, what it was before."""

    value: str
    numerator: str
    denominator: str
    recomputed: str
    lineage: Lineage
    comparisons: list[ComparisonLine]
    history: list[tuple[MetricPoint, str]]


def point_page(person: Person, point: MetricPoint) -> PointPage:
    unit, lineage = point.version.unit, queries.lineage(person, point)
    return PointPage(
        value=shown(point.value, unit),
        numerator=shown(point.numerator, ""),
        denominator=shown(point.denominator, ""),
        recomputed=shown(lineage.recomputed, unit),
        lineage=lineage,
        comparisons=[
            ComparisonLine(
                line.label, line.period.key, shown(line.value, unit), changed(line.change, unit)
            )
            for line in queries.compare(person, point)
        ],
        history=[(earlier, shown(earlier.value, unit)) for earlier in lineage.history],
    )
