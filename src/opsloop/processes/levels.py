"""What a figure of a process is held against: its verified level, else where it began."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from opsloop.analysis.period import Period
from opsloop.loop.models import Verification
from opsloop.loop.states import Outcome
from opsloop.metrics.models import MetricPoint, MetricVersion
from opsloop.processes import keys
from opsloop.processes.detection import metric_of
from opsloop.processes.models import Process

Origin = Literal["verified", "baseline"]
_PROVEN = (Outcome.EFFECTIVE, Outcome.PARTLY_EFFECTIVE)


@dataclass(frozen=True)
class Level:
    """A value with where it comes from; `basis` is that of its hours ("" for a rate)."""

    value: float
    origin: Origin
    period: str
    basis: str
    deviation: int | None = None


def verified(process: Process, source: str, *, before: date | None = None) -> Level | None:
    """What the loop last proved of the whole process and somebody accepted; medians of hours only.

    With `before` only what was proven on records older than that day.
    """
    rows = Verification.objects.filter(
        deviation__metric__source=source, deviation__dimension=keys.Dimension(process.pk).key,
        accepted_at__isnull=False, outcome__in=_PROVEN, after__isnull=False,
    ).select_related("plan__metric_version")  # fmt: skip
    for row in rows.order_by("-accepted_at", "-id"):
        version = row.plan.metric_version
        too_late = before is not None and Period.parse(row.result_last).end > before
        if row.after is not None and not too_late and _is_median(version):
            return Level(row.after, "verified", row.result_last, _basis(version), row.deviation_id)
    return None


def held_against(process: Process, source: str) -> Level | None:
    """The verified level, else the first value the process's own metric ever had."""
    found = verified(process, source)
    metric = metric_of(process, source)
    if found is not None or metric is None or not _is_median(metric.current):
        return found
    points = MetricPoint.objects.unscoped("a figure of the process in hand").filter(
        version__metric=metric, dimension=keys.Dimension(process.pk).key, value__isnull=False
    )
    first = points.current().order_by("period_start", "id").first()
    if first is None or first.value is None:
        return None
    return Level(float(first.value), "baseline", first.period_key, _basis(metric.current))


def as_base(level: Level | None) -> dict[str, Any] | None:
    """As a quarterly review keeps it."""
    if level is None:
        return None
    return {"value": level.value, "origin": level.origin, "period": level.period}


def _is_median(version: MetricVersion) -> bool:
    return bool(version.definition.get("statistic", "median") == "median")


def _basis(version: MetricVersion) -> str:
    return str(version.definition.get("basis", ""))
