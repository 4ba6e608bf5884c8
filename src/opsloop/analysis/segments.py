"""Segments of one log side by side: departments, periods, amounts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import waiting
from opsloop.analysis.event_columns import HOUR_US, Columns, Ints
from opsloop.analysis.event_log import EventLog, summarise
from opsloop.analysis.event_measures import measure
from opsloop.analysis.rank_tests import mann_whitney_p


@dataclass(frozen=True)
class Segment:
    """The figures of one segment; `apart` compares its cycle times with all other cases."""

    label: int
    cases: int
    log: EventLog
    slow_step: int | None  # the step with most waiting
    slow_share: float | None
    hours_apart: float | None  # its median − the median of the rest
    p_value: float | None


def analyse_columns(
    columns: Columns, *, starts: Sequence[int] = (), ends: Sequence[int] = (),
    order: Sequence[int] = (),
) -> EventLog:  # fmt: skip
    """`event_log.analyse` on columns already read or narrowed."""
    return summarise(measure(columns, starts=starts, ends=ends), starts, ends, order)


def compare(
    columns: Columns, labels: Ints, *, starts: Sequence[int] = (), ends: Sequence[int] = (),
    order: Sequence[int] = (),
) -> tuple[Segment, ...]:  # fmt: skip
    """One segment per label (−1: none) of the cases, most cases first."""
    spans = np.empty(0, dtype=np.int64)
    if columns.cases:
        spans = np.maximum.reduceat(columns.end, columns.first) - columns.begin[columns.first]
    found = []
    for label in np.unique(labels[labels >= 0]).tolist():
        mine = labels == label
        part = columns.only(mine)
        step, share = _slowest(part)
        apart, p_value = _apart(spans, mine)
        log = analyse_columns(part, starts=starts, ends=ends, order=order)
        found.append(Segment(label, int(mine.sum()), log, step, share, apart, p_value))
    return tuple(sorted(found, key=lambda one: (-one.cases, one.label)))


def _slowest(columns: Columns) -> tuple[int | None, float | None]:
    totals = np.bincount(columns.activity, weights=waiting(columns))
    if not totals.sum():
        return None, None
    top = int(np.argmax(totals))
    return top, float(totals[top] / totals.sum())


def _apart(spans: Ints, mine: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    if mine.all():
        return None, None
    inside, outside = spans[mine] / HOUR_US, spans[~mine] / HOUR_US
    return float(np.median(inside) - np.median(outside)), mann_whitney_p(inside, outside)
