"""Segments of one log side by side: departments, periods, amounts, filtered cases."""

from collections.abc import Mapping, Sequence
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


def by_value(columns: Columns, values: Ints | None) -> Ints:
    """Each case's label: the value of its first row; −1 everywhere without the column."""
    if values is None:
        return np.full(columns.cases, -1, dtype=np.int64)
    return values[columns.first].astype(np.int64)


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are looked at: every condition must hold. Empty conditions hold for all."""

    with_steps: tuple[int, ...] = ()
    without_steps: tuple[int, ...] = ()
    start: int | None = None
    end: int | None = None
    follows: tuple[tuple[int, int], ...] = ()  # a directly followed by b
    variants: tuple[tuple[int, ...], ...] = ()  # one of these sequences
    first_day: int | None = None  # submitted from this day (since 1970-01-01) …
    last_day: int | None = None  # … to this one, included
    department: int | None = None  # of the case's first row
    min_hours: float | None = None
    max_hours: float | None = None


def matching(columns: Columns, wanted: CaseFilter) -> NDArray[np.bool_]:
    """Per case: does it match?"""
    if not columns.cases:
        return np.empty(0, dtype=np.bool_)
    steps, first = columns.activity, columns.first
    last = np.append(first[1:], len(steps)) - 1

    def any_row(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = np.logical_or.reduceat(rows, first)
        return found

    spans = (np.maximum.reduceat(columns.end, first) - columns.begin[first]) / HOUR_US
    tests = [
        *(any_row(steps == step) for step in wanted.with_steps),
        *(~any_row(steps == step) for step in wanted.without_steps),
        *(any_row((steps == b) & (columns.previous(steps) == a)) for a, b in wanted.follows),
        *([_in_variants(columns, wanted.variants)] if wanted.variants else []),
        *_bounded(columns.day, wanted.first_day, wanted.last_day),
        *_bounded(spans, wanted.min_hours, wanted.max_hours),
    ]
    equal: Mapping[int, int | None] = {0: wanted.start, 1: wanted.end, 2: wanted.department}
    department = by_value(columns, columns.department)
    for place, values in enumerate((steps[first], steps[last], department)):
        if equal[place] is not None:
            tests.append(values == equal[place])
    kept: NDArray[np.bool_] = np.logical_and.reduce([np.ones(columns.cases, np.bool_), *tests])
    return kept


def _bounded(
    values: NDArray[np.int64] | NDArray[np.float64], low: float | None, high: float | None
) -> list[NDArray[np.bool_]]:
    found: list[NDArray[np.bool_]] = []
    if low is not None:
        found.append(values >= low)
    if high is not None:
        found.append(values <= high)
    return found


def _in_variants(columns: Columns, variants: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
    found = np.zeros(columns.cases, dtype=np.bool_)
    for variant in variants:
        same = columns.lengths == len(variant)
        for place, step in enumerate(variant):
            rows = np.minimum(columns.first + place, len(columns.activity) - 1)
            same = same & (columns.activity[rows] == step)
        found |= same
    return found
