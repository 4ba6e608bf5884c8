"""From a process's limits to the loop: what passes its limit becomes one deviation.

Limits are kept by the metrics themselves, so that the form, the trend and the verdict read one
definition. Every month the log covers is measured, oldest first; a month without a breach leaves
no trace but its metric value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from opsloop.analysis.period import Period
from opsloop.datasets.queries import coverage, in_force
from opsloop.loop.actions.detection import raise_deviation
from opsloop.loop.states import BaseKind, Severity
from opsloop.metrics import actions as metrics
from opsloop.metrics import register
from opsloop.metrics.models import Metric, MetricVersion
from opsloop.metrics.refusals import NothingChanged
from opsloop.metrics.register import EvidenceRows, MeasureRequest
from opsloop.metrics.rules import Comparison, Exceedance, exceedances
from opsloop.org.models import Person
from opsloop.processes import keys
from opsloop.processes.models import Process


@dataclass(frozen=True)
class Limit:
    """One thing the process promises: its dimension, words for it, and how much is allowed."""

    dimension: str
    label: str
    allowed: Decimal


def limits_of(process: Process) -> dict[str, list[Limit]]:
    """Metric source → what is limited."""
    steps = process.as_is.steps.exclude(limit_hours=None)
    limited = [
        Limit(
            keys.Dimension(process.pk, step.log_name).key, f"{process.name} · {step.name}", allowed
        )
        for step in steps
        if (allowed := step.limit_hours) is not None
    ]
    whole = [] if process.return_limit is None else [
        Limit(keys.Dimension(process.pk).key, process.name, process.return_limit)
    ]  # fmt: skip
    return {keys.STEP_HOURS: limited, keys.RETURN_RATE: whole}


@transaction.atomic
def settle_metrics(*, process: Process, by: Person | None, now: datetime) -> list[MetricVersion]:
    """The metrics of a process in the state its limits say; a changed limit is a new version."""
    versions = []
    for source, limits in limits_of(process).items():
        metric = metric_of(process, source)
        if metric is None and not limits:
            continue
        definition: dict[str, Any] = {"process": process.pk}
        if source == keys.STEP_HOURS:
            definition |= {"statistic": "median", "basis": process.hours_basis}
        content = {
            "definition": definition, "comparison": Comparison.OVER,
            "calendar_basis": process.hours_basis,
            "limits": {limit.dimension: limit.allowed for limit in limits},
        }  # fmt: skip
        versions.append(_settled(process, source, metric, content, by=by, now=now))
    return versions


def _settled(
    process: Process, source: str, metric: Metric | None, content: dict[str, Any], *,
    by: Person | None, now: datetime,
) -> MetricVersion:  # fmt: skip
    if metric is None:
        label = register.source(source).label
        return metrics.define(
            source=source, name=f"{process.name} · {label}"[:120], period_kind="month",
            department=process.department, owner=process.owner, by=by, now=now, **content,
        )  # fmt: skip
    # A statistic chosen on the metric's own page stays chosen.
    content["definition"] = {**content["definition"], **_chosen(metric)}
    try:
        return metrics.revise(
            metric=metric, changes=content, reason=_("Limits of the process"), by=by, now=now
        )
    except NothingChanged:
        return metric.current


def _chosen(metric: Metric) -> dict[str, Any]:
    statistic = metric.current.definition.get("statistic")
    return {"statistic": statistic} if statistic else {}


def metric_of(process: Process, source: str) -> Metric | None:
    """The process's own metric of a source."""
    found = Metric.objects.unscoped("the metrics of a process in hand").filter(
        source=source, department=process.department
    )
    for metric in found.order_by("id"):
        if metric.current.definition.get("process") == process.pk:
            return metric
    return None


@transaction.atomic
def detect(*, process: Process, by: Person | None, now: datetime) -> int:
    """Measure every month against the limits; returns how many breaches were reported.

    Breaches the loop already knows change nothing.
    """
    if process.dataset is None:
        return 0
    months = [Period.parse(month.key) for month in coverage(process.dataset)]
    count = 0
    for version in settle_metrics(process=process, by=by, now=now):
        for limit in limits_of(process)[version.metric.source]:
            for found in _breaches(process, version, limit, months, now):
                _report(process, version, limit, found, by=by, now=now)
                count += 1
    process.detected_batches = list(in_force(process.dataset))
    process.save(update_fields=["detected_batches"])
    return count


def _breaches(
    process: Process, version: MetricVersion, limit: Limit, months: list[Period], now: datetime
) -> Iterator[Exceedance]:
    rule = version.rule_for(limit.dimension)
    if rule is None:
        return
    dimension = metrics.Dimension(limit.dimension, limit.label, process.department)
    values = []
    for month in months:
        (point,) = metrics.measure_period(
            version=version, period=month, dimensions=[dimension], by=None, now=now
        )
        values.append((month, point.value))
    yield from exceedances(rule, values)


def _report(
    process: Process, version: MetricVersion, limit: Limit, found: Exceedance, *,
    by: Person | None, now: datetime,
) -> None:  # fmt: skip
    raise_deviation(
        tool=keys.TOOL, metric_version=version, dimension=limit.dimension,
        dimension_label=limit.label, department=process.department, period=found.period,
        measured=found.value, base=limit.allowed, base_kind=BaseKind.LIMIT,
        exceedance=found.amount, rule=found.rule.key, rule_version=found.rule.version,
        severity=severity_of(found.value, limit.allowed), owner=process.owner,
        evidence=_evidence(version, limit.dimension, found.period, now), by=by, now=now,
    )  # fmt: skip


def severity_of(value: Decimal, allowed: Decimal) -> Severity:
    """Up to half beyond the limit moderate, up to twice the limit major, beyond that critical."""
    if value > 2 * allowed:
        return Severity.CRITICAL
    return Severity.MAJOR if 2 * value > 3 * allowed else Severity.MODERATE


def _evidence(
    version: MetricVersion, dimension: str, period: Period, now: datetime
) -> tuple[EvidenceRows, ...]:
    request = MeasureRequest(version.definition, dimension, period, now, with_evidence=True)
    return register.source(version.metric.source).measure(request).evidence


def detect_new(*, now: datetime) -> int:
    """Measure the processes whose log changed since they were last measured; for the schedule."""
    count = 0
    waiting = Process.objects.unscoped("the product measures every process").exclude(dataset=None)
    for process in waiting.select_related("dataset", "department", "owner"):
        assert process.dataset is not None
        if list(in_force(process.dataset)) != process.detected_batches:
            count += detect(process=process, by=None, now=now)
    return count
