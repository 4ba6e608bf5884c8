"""The numbers this tool offers about a process and its steps.

A definition is `{"process": id, "statistic": "median" | "p90", "basis": "natural" | "working"}`; the
dimension is `keys.Dimension`. A number belongs to the period in which its cases were submitted, so
that before and after compare cases of one kind. Times are hours, rates 0–1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.event_columns import HOUR_US, Columns, Floats
from opsloop.metrics import register
from opsloop.metrics.register import (
    EVIDENCE_LIMIT,
    Durations,
    EvidenceRows,
    Measurement,
    MeasureRequest,
    Option,
    Proportion,
    Sample,
)
from opsloop.org.permissions import Permission
from opsloop.processes import figures, keys, windows
from opsloop.processes.models import HoursBasis, Process

_PLACES: Final = Decimal("0.000001")
_QUANTILES: Final = {"median": 0.5, "p90": 0.9}


@dataclass(frozen=True)
class _Asked:
    """A request resolved: the cases submitted in its window, None when there are none."""

    process: Process
    step: str
    window: windows.Window | None
    batch_ids: tuple[int, ...]


def _ask(request: MeasureRequest) -> _Asked:
    dimension = keys.Dimension.parse(request.dimension)
    processes = Process.objects.unscoped("a metric measures for the product")
    process = processes.select_related("dataset", "department").get(pk=dimension.process)
    facts = figures.facts_of(process, request.batch_ids)
    if facts is None:
        return _Asked(process, dimension.step, None, ())
    calendar = figures.calendar_of(process, request.definition.get("basis"))
    found = windows.window(facts, request.start, request.end, calendar)
    return _Asked(process, dimension.step, found, facts.batch_ids)


def _stage_hours(asked: _Asked) -> tuple[Floats, Any]:
    """(hours, rows) of the step's executions: from the end of the step before to its own."""
    return _of_step(asked, figures.stage_times)


def _waiting_hours(asked: _Asked) -> tuple[Floats, Any]:
    """(hours, rows) of the step's waits; empty where only ends are known."""
    return _of_step(asked, windows.waiting_times)


def _of_step(asked: _Asked, times: Callable[[Columns], Floats]) -> tuple[Floats, Any]:
    window = asked.window
    if window is None or asked.step not in window.names:
        return np.empty(0), np.empty(0, dtype=np.intp)
    rows = np.flatnonzero(window.columns.activity == window.names.index(asked.step))
    hours = times(window.columns)[rows] / HOUR_US
    known = ~np.isnan(hours)
    return hours[known], rows[known]


def _cycle_hours(asked: _Asked) -> tuple[Floats, Any]:
    """(hours, rows) of the finished cases; the row is the first of the case."""
    window = asked.window
    if window is None:
        return np.empty(0), np.empty(0, dtype=np.intp)
    whole = windows.finished(window.columns, window.names, asked.process)
    return windows.cycle_hours(window)[whole], window.columns.first[whole]


Hours = Callable[[_Asked], tuple[Floats, Any]]


def _measure_hours(hours: Hours, request: MeasureRequest) -> Measurement:
    asked = _ask(request)
    values, rows = hours(asked)
    if not len(values):
        return Measurement(None, batch_ids=asked.batch_ids)
    share = _QUANTILES[request.definition.get("statistic", "median")]
    value = Decimal(repr(float(np.quantile(values, share)))).quantize(_PLACES)
    return Measurement(
        value, n=len(values), batch_ids=asked.batch_ids,
        evidence=_evidence(asked, rows[np.argsort(-values, kind="stable")], request),
    )  # fmt: skip


def _sample_hours(hours: Hours, request: MeasureRequest) -> Sample:
    values, _rows = hours(_ask(request))
    return Durations(values)


def _returned(asked: _Asked) -> tuple[Any, Any]:
    """(finished cases, those of them with a return)."""
    window = asked.window
    assert window is not None
    log = (window.columns, window.names, asked.process)
    whole = windows.finished(*log)
    return whole, whole & windows.returned(*log)


def _measure_returns(request: MeasureRequest) -> Measurement:
    asked = _ask(request)
    if asked.window is None:
        return Measurement(None, batch_ids=asked.batch_ids)
    whole, returned = _returned(asked)
    n, k = int(whole.sum()), int(returned.sum())
    if not n:
        return Measurement(None, batch_ids=asked.batch_ids)
    return Measurement(
        (Decimal(k) / n).quantize(_PLACES), Decimal(k), Decimal(n), n, asked.batch_ids,
        _evidence(asked, asked.window.columns.first[returned], request),
    )  # fmt: skip


def _sample_returns(request: MeasureRequest) -> Sample:
    asked = _ask(request)
    if asked.window is None:
        return Proportion(0, 0)
    whole, returned = _returned(asked)
    return Proportion(int(returned.sum()), int(whole.sum()))


def _evidence(asked: _Asked, rows: Any, request: MeasureRequest) -> tuple[EvidenceRows, ...]:
    """The rows of the log behind a number, batch by batch."""
    window = asked.window
    if not request.with_evidence or window is None:
        return ()
    return tuple(_by_batch(window, rows))


def _by_batch(window: windows.Window, rows: Any) -> Iterable[EvidenceRows]:
    batch, source = window.batch_no[rows], window.source_row[rows]
    for number in np.unique(batch).tolist():
        mine = source[batch == number]
        kept = tuple(int(row) for row in mine[:EVIDENCE_LIMIT])
        yield EvidenceRows(window.batch_ids[number], kept, len(mine))


_BASIS: Final = Option("basis", _("Hours count"), tuple(HoursBasis.choices))
_STATISTIC: Final = Option(
    "statistic", _("Statistic"), (("median", _("Median")), ("p90", _("P90 (nine of ten)")))
)


def _hours_source(key: str, label: Any, hours: Hours) -> register.MetricSource:
    return register.MetricSource(
        key, keys.TOOL, label, "hours", "lower", "average", "durations",
        partial(_measure_hours, hours), partial(_sample_hours, hours), (_STATISTIC, _BASIS),
        view_permission=Permission.PROCESS_VIEW, edit_permission=Permission.PROCESS_EDIT,
    )  # fmt: skip


SOURCES: Final = (
    _hours_source(keys.STEP_HOURS, _("Step duration"), _stage_hours),
    _hours_source(keys.STEP_WAITING, _("Waiting before a step"), _waiting_hours),
    register.MetricSource(
        keys.RETURN_RATE, keys.TOOL, _("Case return rate"), "rate", "lower", "ratio", "proportion",
        _measure_returns, _sample_returns,
        view_permission=Permission.PROCESS_VIEW, edit_permission=Permission.PROCESS_EDIT,
    ),
    _hours_source(keys.CYCLE_HOURS, _("Cycle time"), _cycle_hours),
)  # fmt: skip
