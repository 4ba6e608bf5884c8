"""A small tool for tests: return rates counted from a table of decisions, two ways of counting."""

from decimal import Decimal
from typing import Any

import numpy as np

from opsloop.metrics.register import (
    Durations,
    EvidenceRows,
    Measurement,
    MeasureRequest,
    MetricSource,
    Option,
    Proportion,
    Sample,
)
from opsloop.org.permissions import Permission

# (batch, period) → step → (returned decisions, decisions, cases with a return, cases)
RECORDS: dict[int, dict[str, dict[str, tuple[int, int, int, int]]]] = {}


def _sums(request: MeasureRequest) -> tuple[int, int, list[int]]:
    first = 0 if request.definition.get("basis", "decision") == "decision" else 2
    k = n = 0
    used = []
    keys = {p.key for p in request.period.through(request.last or request.period)}
    for batch, periods in RECORDS.items():
        if request.batch_ids is not None and batch not in request.batch_ids:
            continue
        for key, steps in periods.items():
            if key in keys and request.dimension in steps:
                row = steps[request.dimension]
                k, n = k + row[first], n + row[first + 1]
                used.append(batch)
    return k, n, sorted(set(used))


def measure(request: MeasureRequest) -> Measurement:
    k, n, used = _sums(request)
    value = Decimal(k) / n if n else None
    evidence = tuple(EvidenceRows(b, (2, 3, 4), n) for b in used) if request.with_evidence else ()
    return Measurement(value, Decimal(k), Decimal(n), n, tuple(used), evidence)


def sample(request: MeasureRequest) -> Sample:
    k, n, _ = _sums(request)
    return Proportion(k, n)


def no_hours(request: MeasureRequest) -> Sample:
    return Durations(np.array([]))


RETURN_RATE = MetricSource(
    key="test.return_rate", tool="processes", label="退回率", unit="rate", better="lower",
    additivity="ratio", sample_kind="proportion", measure=measure, sample=sample,
    options=(Option("basis", "计数方式", (("decision", "每次审批"), ("case", "每件"))),),
    view_permission=Permission.PROCESS_VIEW, edit_permission=Permission.PROCESS_EDIT,
)  # fmt: skip
COST = MetricSource(
    key="test.cost", tool="costs", label="成本", unit="yuan", better="lower", additivity="flow",
    sample_kind="durations", measure=measure, sample=no_hours,
    view_permission=Permission.COST_VIEW, edit_permission=Permission.COST_EDIT,
)  # fmt: skip
SOURCES: tuple[Any, ...] = (RETURN_RATE, COST)
