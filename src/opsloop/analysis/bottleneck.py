"""Which step holds cases up: five definitions, one headline, and a rule for calling it proven.

The headline is b2, a step's share of all waiting on the calendar given; b1, b3, b4 and b5 stand
beside it. Waiting counts from the end of the execution before; an overlap waits zero. Where only
ends are known the stage time takes the place of waiting, and `basis` says so.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.event_columns import (
    HOUR_US,
    Columns,
    Floats,
    Frame,
    Ints,
    case_of_row,
    case_spans,
    group,
    load,
)  # fmt: skip
from opsloop.analysis.worktime import CLOCK, Calendar

Times = TypeVar("Times", Ints, Floats)

PROVEN_SHARE: Final = 0.25
PROVEN_CASES: Final = 30
RESAMPLES: Final = 2_000
_BLOCKS: Final = 1_000
_SEED: Final = 20240520


@dataclass(frozen=True)
class StepLoad:
    """One step's part of the waiting; times in hours of the calendar."""

    activity_no: int
    cases: int  # cases in which the step was waited for
    mean_hours: float  # b1: mean step time
    waiting_hours: float
    waiting_share: float  # b2, with its bootstrap 95 % interval
    share_low: float
    share_high: float
    proven: bool  # 证实为瓶颈; otherwise 疑似


@dataclass(frozen=True)
class StepDetail:
    """The other definitions, for a step worth examining."""

    activity_no: int
    utilisation: float | None  # b3: busy / on-duty time of the people who do the step
    queue_length: float  # b4: time-average number of cases waiting for the step
    arrivals_per_hour: float  # Little: queue_length = arrivals_per_hour × mean_waiting_hours
    mean_waiting_hours: float
    cycle_median_without: float  # b5: median cycle time if the step made nobody wait


@dataclass(frozen=True)
class Bottleneck:
    """Steps by b2, largest first. Empty when nothing waited."""

    basis: Literal["waiting", "stage"]
    steps: tuple[StepLoad, ...]

    @property
    def headline(self) -> StepLoad | None:
        return self.steps[0] if self.steps else None


def find_bottleneck(frame: Frame, *, calendar: Calendar = CLOCK) -> Bottleneck:
    """Rank steps by their share of waiting. Seeded, so the same facts give the same interval."""
    return rank_steps(load(frame, calendar=calendar))


def rank_steps(columns: Columns) -> Bottleneck:
    """`find_bottleneck` on columns already read."""
    basis: Literal["waiting", "stage"] = "waiting" if columns.has_start else "stage"
    if not columns.cases:
        return Bottleneck(basis, ())
    waits = waiting(columns)
    steps = int(columns.activity.max()) + 1
    totals = np.bincount(columns.activity, weights=waits, minlength=steps)
    if not totals.any():
        return Bottleneck(basis, ())
    shares = totals / totals.sum()
    low, high = _interval(columns, waits, steps)
    cases, mean_us = _per_step(columns, waits, steps)
    ranked = np.lexsort((np.arange(steps), -totals))
    ranked = ranked[totals[ranked] > 0].tolist()
    after = [*(float(shares[step]) for step in ranked[1:]), 0.0]
    return Bottleneck(
        basis,
        tuple(
            StepLoad(
                step, int(cases[step]), float(mean_us[step]) / HOUR_US,
                float(totals[step]) / HOUR_US, float(shares[step]), float(low[step]),
                float(high[step]),
                bool(
                    (place == 0 or shares[step] >= PROVEN_SHARE)
                    and low[step] > next_share and cases[step] >= PROVEN_CASES
                ),
            )
            for place, (step, next_share) in enumerate(zip(ranked, after, strict=True))
        ),
    )  # fmt: skip


def examine(
    frame: Frame, steps: Sequence[int], *, calendar: Calendar = CLOCK
) -> tuple[StepDetail, ...]:
    """Utilisation, queue and counterfactual cycle time of the steps named."""
    return examine_steps(load(frame, calendar=calendar, also=("resource_no",)), steps)


def examine_steps(columns: Columns, steps: Sequence[int]) -> tuple[StepDetail, ...]:
    """`examine` on columns already read."""
    waits, spans = waiting(columns), case_spans(columns)
    case_at = case_of_row(columns)
    follows = np.ones(len(waits), dtype=np.bool_)
    follows[columns.first] = False
    busy, span = _busy_by_person(columns)
    details = []
    for step in steps:
        here = np.flatnonzero(columns.activity == step)
        arrived = here[follows[here]]
        queue, rate = _queue(columns, waits, arrived)
        saved = np.bincount(case_at[here], weights=waits[here], minlength=len(spans))
        details.append(
            StepDetail(
                step, _utilisation(columns, here, busy, span), queue, rate,
                float(waits[arrived].mean()) / HOUR_US if len(arrived) else 0.0,
                float(np.median(spans - saved)) / HOUR_US,
            )
        )  # fmt: skip
    return tuple(details)


def waiting(columns: Columns) -> Ints:
    """Per row, µs from the end of the execution before to the begin; 0 for overlaps and firsts."""
    gaps = columns.begin - columns.previous(columns.end, 0)
    gaps[columns.first] = 0
    np.maximum(gaps, 0, out=gaps)
    return gaps


def _interval(columns: Columns, waits: Ints, steps: int) -> tuple[Floats, Floats]:
    """Bootstrap 95 % interval of every step's share: cases are drawn, with replacement.

    Beyond a thousand cases, cases are dealt at random into a thousand blocks and blocks are drawn:
    the spread of a ratio of sums is the same, the work is not.
    """
    random = np.random.default_rng(_SEED)
    blocks = min(columns.cases, _BLOCKS)
    block_of_case = random.permutation(columns.cases) % blocks
    block = np.repeat(block_of_case, columns.lengths)
    sums = np.bincount(
        block * steps + columns.activity, weights=waits, minlength=blocks * steps
    ).reshape(blocks, steps)
    drawn = random.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES) @ sums
    whole = drawn.sum(axis=1, keepdims=True)
    shares = np.divide(drawn, whole, out=np.zeros_like(drawn), where=whole > 0)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    return low, high


def _per_step(columns: Columns, waits: Ints, steps: int) -> tuple[Ints, Floats]:
    """Cases that waited for each step, and its mean time in µs."""
    grouped = group(columns.activity, steps - 1)
    case_at = case_of_row(columns)
    times = columns.end - columns.begin if columns.has_start else waits
    cases, mean = np.zeros(steps, dtype=np.int64), np.zeros(steps)
    edges = itertools.pairwise(grouped.bounds.tolist())
    for step, (low, high) in zip(grouped.codes.tolist(), edges, strict=True):
        rows = grouped.order[low:high]
        waited = case_at[rows[waits[rows] > 0]]
        cases[step] = np.count_nonzero(np.diff(waited, prepend=-1))
        mean[step] = times[rows].mean()
    return cases, mean


def _busy_by_person(columns: Columns) -> tuple[dict[int, int], int]:
    """Busy time of each person (the union of all their intervals), and the span of the log."""
    if columns.resource is None or not columns.has_start or not columns.cases:
        return {}, 0
    people = group(columns.resource + 1, int(columns.resource.max()) + 1)
    busy = {}
    edges = itertools.pairwise(people.bounds.tolist())
    for person, (low, high) in zip((people.codes - 1).tolist(), edges, strict=True):
        rows = people.order[low:high]
        rows = rows[np.argsort(columns.begin[rows])]  # the union does not ask who was first
        busy[person] = int(fresh_parts(columns.begin[rows], columns.end[rows])[1].sum())
    return busy, int(columns.end.max() - columns.begin.min())


def _utilisation(
    columns: Columns, here: NDArray[np.intp], busy: dict[int, int], span: int
) -> float | None:
    """Busy time of the step's people, on any step, over the log's span times their number."""
    if columns.resource is None or not span:
        return None
    people = [one for one in np.unique(columns.resource[here]).tolist() if one >= 0]
    return sum(busy[one] for one in people) / (span * len(people)) if people else None


def fresh_parts(begin: Times, end: Times) -> tuple[Times, Times]:
    """(where, how long) each interval, in order of begin, adds to the union of those before it."""
    covered = np.empty_like(end)
    covered[:1] = begin[:1]
    np.maximum.accumulate(end[:-1], out=covered[1:])
    opens = np.maximum(begin, covered)
    return opens, np.maximum(end - opens, 0)


def _queue(columns: Columns, waits: Ints, arrived: NDArray[np.intp]) -> tuple[float, float]:
    """(time-average queue, arrivals per hour) over the span from first arrival to last start.

    The queue is integrated by sweeping arrivals and starts, so that Little's law is a real check.
    """
    if not len(arrived):
        return 0.0, 0.0
    start = columns.begin[arrived]
    enabled = start - waits[arrived]
    span = int(start.max() - enabled.min())
    if not span:
        return 0.0, 0.0
    # The lowest bit tells a start from an arrival, so that one plain sort orders both.
    instants = np.sort(np.concatenate([enabled * 2, start * 2 + 1]))
    waiting_now = np.cumsum(1 - 2 * (instants & 1))[:-1]
    area = float((waiting_now * np.diff(instants >> 1)).sum(dtype=np.float64))
    return area / span, len(arrived) / (span / HOUR_US)
