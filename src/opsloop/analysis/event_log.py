"""Rules over an event log: cycle times, steps, edges, variants, returns, rework.

An execution is one row. It is enabled when the execution before it in the case ends; its waiting is
begin − enabled and may be negative where executions overlap. Durations are hours of the calendar
given. Where only ends are known a step has a stage time (end − end before) and no waiting.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import narwhals.stable.v2 as nw
import numpy as np

from opsloop.analysis import event_measures, event_windows
from opsloop.analysis.event_columns import HOUR_US, Frame, Ints, Spread, load
from opsloop.analysis.event_measures import Durations, Measures, Sequences
from opsloop.analysis.worktime import CLOCK, Calendar

APPROVED, RETURNED, REJECTED, WITHDRAWN, DELEGATED = range(5)


@dataclass(frozen=True)
class Hours:
    """n durations: Σ, mean, median and P90 in hours; quantiles interpolate linearly."""

    n: int
    sum: float
    mean: float | None
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Step:
    activity_no: int
    executions: int
    cases: int
    hours: Hours | None  # processing, or the stage time when only ends are known
    waiting: Hours | None  # None when only ends are known
    decisions: int
    returns: int
    return_rate: float | None  # returns decided here / decisions taken here
    repeated_cases: int  # cases with more than one execution of the step


@dataclass(frozen=True)
class Edge:
    source: int
    target: int
    count: int
    cases: int
    hours: Hours


@dataclass(frozen=True)
class Variant:
    steps: tuple[int, ...]
    cases: int
    share: float
    median_hours: float
    returns: int  # moves to an earlier step of the order, per case
    complete: bool
    example: int  # a case_no that can be opened


@dataclass(frozen=True)
class Cohort:
    """Completed cases submitted in one month."""

    month: str
    cases: int
    returned: int


@dataclass(frozen=True)
class Returns:
    """Return rates by the three definitions; withdrawn and rejected decisions stand apart."""

    inferred: bool  # no outcome column: a move to an earlier step counts as a return
    cases: int
    completed: int
    case_rate: float | None  # completed cases with a return / completed cases
    returned_decisions: int
    decisions: int
    decision_rate: float | None
    rejected: int
    withdrawn: int
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True)
class Rework:
    """Repeated executions. `extra` is executions − distinct steps, summed over cases."""

    cases: int
    share: float
    extra: int
    self_loops: int  # the step again at once
    repetitions: int  # the step again with others in between


@dataclass(frozen=True)
class EventLog:
    """Everything said about one log; steps are numbers of the data set's name list."""

    events: int
    cases: int
    activities: int
    ties: int
    has_start: bool
    truncated: int  # cases without a start step: counted, and out of the cycle times
    open: int  # cases that have not reached an end step: likewise
    case_hours: Hours
    efficiency: float | None  # cycle-time efficiency: time worked on / cycle time
    order: tuple[int, ...]  # steps in declared or usual order
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    variants: tuple[Variant, ...]
    returns: Returns
    rework: Rework


def analyse(
    frame: Frame,
    *,
    calendar: Calendar = CLOCK,
    starts: Sequence[int] = (),
    ends: Sequence[int] = (),
    order: Sequence[int] = (),
) -> EventLog:
    """Analyse event-log facts.

    `starts`/`ends` are the steps a complete case must contain (none: every case counts as whole);
    `order` is the declared order of steps, else the usual one. In-memory engines are read into
    sorted columns; others answer by their own windows, unless a working calendar is asked for,
    which counts worked seconds outside the engine.
    """
    in_engine = isinstance(frame, nw.LazyFrame) and not frame.implementation.is_polars()
    if in_engine and calendar == CLOCK and isinstance(frame, nw.LazyFrame):
        return summarise(
            event_windows.measure(frame, starts=starts, ends=ends), starts, ends, order
        )
    columns = load(frame, calendar=calendar, also=("outcome_no",))
    measured = event_measures.measure(columns, starts=starts, ends=ends)
    return summarise(measured, starts, ends, order)


def summarise(
    found: Measures, starts: Sequence[int], ends: Sequence[int], order: Sequence[int]
) -> EventLog:
    """Apply the definitions to what was measured."""
    sequences = found.sequences
    cases = int(sequences.cases.sum())
    usual = tuple(order) or usual_order(sequences)
    rank = {step: place for place, step in enumerate(usual)}
    backward = _backward_moves(sequences, rank)
    cycle = _hours(found.cycle, 0)
    rework = _rework(sequences)
    return EventLog(
        events=found.events, cases=cases, activities=len(usual) if not order else _distinct(sequences),
        ties=found.ties, has_start=found.has_start,
        truncated=_without(sequences, starts), open=_without(sequences, ends),
        case_hours=cycle,
        efficiency=found.touched_us / HOUR_US / cycle.sum if found.has_start and cycle.sum else None,
        order=usual, steps=tuple(_steps(found, rank)), edges=tuple(_edges(found.edges)),
        variants=tuple(_variants(sequences, backward, cases)),
        returns=_returns(found, backward), rework=rework,
    )  # fmt: skip


def _hours(spread: Spread, place: int) -> Hours:
    n, total = int(spread.n[place]), float(spread.total[place]) / HOUR_US
    if not n:
        return Hours(0, 0.0, None, None, None)
    median, p90 = float(spread.median[place]) / HOUR_US, float(spread.p90[place]) / HOUR_US
    return Hours(n, total, total / n, median, p90)


def usual_order(sequences: Sequences) -> tuple[int, ...]:
    """Steps by the mean place of their first occurrence in a case, weighted by cases.

    Places are taken relative to the length of the case, so that long cases do not push a step back.
    """
    if not len(sequences):
        return ()
    lengths = np.diff(sequences.bounds)
    variant = np.repeat(np.arange(len(sequences)), lengths)
    place = np.arange(len(sequences.steps)) - np.repeat(sequences.bounds[:-1], lengths)
    width = int(sequences.steps.max()) + 1
    _, firsts = np.unique(variant * width + sequences.steps, return_index=True)
    step, owner = sequences.steps[firsts], variant[firsts]
    weight = sequences.cases[owner].astype(np.float64)
    relative = (place[firsts] + 1) / (lengths[owner] + 1)
    seen = np.bincount(step, weights=weight, minlength=width)
    mean = np.bincount(step, weights=weight * relative, minlength=width) / np.maximum(seen, 1)
    present = np.flatnonzero(seen)
    return tuple(int(s) for s in present[np.lexsort((present, mean[present].round(12)))])


def _distinct(sequences: Sequences) -> int:
    return len(np.unique(sequences.steps))


def _without(sequences: Sequences, wanted: Sequence[int]) -> int:
    """Cases whose sequence has none of the wanted steps."""
    if not wanted:
        return 0
    hits = np.logical_or.reduceat(np.isin(sequences.steps, list(wanted)), sequences.bounds[:-1])
    return int(sequences.cases[~hits].sum())


def _backward_moves(sequences: Sequences, rank: Mapping[int, int]) -> Ints:
    """Per variant: moves to an earlier step of the order."""
    highest = int(sequences.steps.max(initial=-1)) + 1
    places = np.array([rank.get(step, -1) for step in range(highest)], dtype=np.int64)
    place = places[sequences.steps] if highest else sequences.steps
    back = np.zeros(len(place) + 1, dtype=np.int64)
    known = (place[1:] >= 0) & (place[:-1] >= 0)
    back[1:-1] = (place[1:] < place[:-1]) & known
    back[sequences.bounds[:-1]] = 0  # the first step of a variant follows nothing
    summed = np.cumsum(back)
    ends = sequences.bounds[1:] - 1
    return summed[ends] - summed[sequences.bounds[:-1]]


def _steps(found: Measures, rank: Mapping[int, int]) -> Iterator[Step]:
    waited = _by_step(found.waited)
    worked = _by_step(found.worked)
    outcomes = _decided(found, rank)
    for step, (executions, cases, repeated) in sorted(
        _executions(found.sequences).items(),
        key=lambda item: (rank.get(item[0], len(rank)), item[0]),
    ):
        decisions, returns = outcomes.get(step, (0, 0))
        yield Step(
            step, executions, cases, worked.get(step),
            waited.get(step) if found.has_start else None,
            decisions, returns, returns / decisions if decisions else None, repeated,
        )  # fmt: skip


def _by_step(durations: Durations | None) -> dict[int, Hours]:
    if durations is None:
        return {}
    keys = durations.keys[:, 0].tolist()
    return {step: _hours(durations.spread, place) for place, step in enumerate(keys)}


def _executions(sequences: Sequences) -> dict[int, tuple[int, int, int]]:
    """Step → executions, cases, cases with more than one execution."""
    if not len(sequences):
        return {}
    width = int(sequences.steps.max()) + 1
    variant = np.repeat(np.arange(len(sequences)), np.diff(sequences.bounds))
    codes, times = np.unique(variant * width + sequences.steps, return_counts=True)
    weight = sequences.cases[codes // width]
    step = codes % width
    totals = [
        np.bincount(step, weights=w, minlength=width).astype(np.int64)
        for w in (weight * times, weight, weight * (times > 1))
    ]
    present = np.flatnonzero(totals[1]).tolist()
    return {s: (int(totals[0][s]), int(totals[1][s]), int(totals[2][s])) for s in present}


def _decided(found: Measures, rank: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Step → decisions taken, returns among them."""
    if found.outcomes is not None:
        counts = found.outcomes
        decisions = counts[:, [APPROVED, RETURNED, REJECTED]].sum(axis=1)
        return {
            step: (int(decisions[step]), int(counts[step, RETURNED])) for step in range(len(counts))
        }
    inferred: Counter[int] = Counter()
    for (source, target), n in zip(found.edges.keys.tolist(), found.edges.spread.n, strict=True):
        if source in rank and target in rank and rank[target] < rank[source]:
            inferred[source] += int(n)
    executions = _executions(found.sequences)
    return {step: (row[0], inferred[step]) for step, row in executions.items()}


def _edges(durations: Durations) -> Iterator[Edge]:
    """Edges, most frequent first."""
    spread = durations.spread
    keys = durations.keys
    for place in np.lexsort((keys[:, 1], keys[:, 0], -spread.n)).tolist():
        yield Edge(
            int(keys[place, 0]), int(keys[place, 1]), int(spread.n[place]),
            int(durations.cases[place]), _hours(spread, place),
        )  # fmt: skip


def _variants(sequences: Sequences, backward: Ints, cases: int) -> Iterator[Variant]:
    for place in range(len(sequences)):
        n = int(sequences.cases[place])
        yield Variant(
            sequences.of(place), n, n / cases, float(sequences.median_us[place]) / HOUR_US,
            int(backward[place]), bool(sequences.complete[place]), int(sequences.example[place]),
        )  # fmt: skip


def _returns(found: Measures, backward: Ints) -> Returns:
    variant, day, cases, returned = found.cohorts
    whole = found.sequences.complete[variant]
    inferred = found.outcomes is None
    with_return = np.where(backward[variant] > 0, cases, 0) if inferred else returned
    completed, returned_cases = int(cases[whole].sum()), int(with_return[whole].sum())
    decided = _decided(found, {}) if not inferred else {}
    decisions = sum(row[0] for row in decided.values())
    returns = sum(row[1] for row in decided.values())
    if inferred:
        returns = int((backward * found.sequences.cases).sum())
        decisions = found.events
    apart = found.outcomes.sum(axis=0) if found.outcomes is not None else np.zeros(5, dtype=int)
    return Returns(
        inferred, returned_cases, completed, returned_cases / completed if completed else None,
        returns, decisions, returns / decisions if decisions else None,
        int(apart[REJECTED]), int(apart[WITHDRAWN]),
        tuple(_months(day[whole], cases[whole], with_return[whole])),
    )  # fmt: skip


def _months(day: Ints, cases: Ints, returned: Ints) -> Iterator[Cohort]:
    counts: dict[str, list[int]] = {}
    for one, n, back in zip(day.tolist(), cases.tolist(), returned.tolist(), strict=True):
        month = (date(1970, 1, 1) + timedelta(days=one)).strftime("%Y-%m")
        total = counts.setdefault(month, [0, 0])
        total[0] += n
        total[1] += back
    for month in sorted(counts):
        yield Cohort(month, *counts[month])


def _rework(sequences: Sequences) -> Rework:
    """PM4Py's definition: a case has rework when its executions exceed its distinct steps."""
    lengths = np.diff(sequences.bounds)
    variant = np.repeat(np.arange(len(sequences)), lengths)
    width = int(sequences.steps.max(initial=0)) + 1
    distinct = np.unique(variant * width + sequences.steps) // width
    extra = lengths - np.bincount(distinct, minlength=len(sequences))
    again = (sequences.steps[1:] == sequences.steps[:-1]) & (variant[1:] == variant[:-1])
    loops = np.bincount(variant[1:][again], minlength=len(sequences))
    weight = sequences.cases
    cases, total = int(weight[extra > 0].sum()), int(weight.sum())
    all_extra, all_loops = int((extra * weight).sum()), int((loops * weight).sum())
    return Rework(
        cases, cases / total if total else 0.0, all_extra, all_loops, all_extra - all_loops
    )
