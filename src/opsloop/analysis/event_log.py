"""Rules over an event log: cycle times, steps, edges, variants, returns, rework.

An execution is one row. It is enabled when the execution before it in the case ends; its waiting is
begin − enabled and may be negative where executions overlap. Durations are hours of the calendar
given. Where only ends are known a step has a stage time (end − end before) and no waiting.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from opsloop.analysis import event_measures, event_windows
from opsloop.analysis.event_columns import HOUR_US, Frame, Ints, Spread, distinct, load
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
    rejected: int = 0  # decisions that ended the case against it


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
    inferred = _inferred_returns(sequences, rank, declared=bool(order))
    cycle = _hours(found.cycle, 0)
    rework = _rework(sequences)
    return EventLog(
        events=found.events, cases=cases, activities=len(usual) if not order else _distinct(sequences),
        ties=found.ties, has_start=found.has_start,
        truncated=_without(sequences, starts), open=_without(sequences, ends),
        case_hours=cycle,
        efficiency=found.touched_us / HOUR_US / cycle.sum if found.has_start and cycle.sum else None,
        order=usual, steps=tuple(_steps(found, rank, inferred)), edges=tuple(_edges(found.edges)),
        variants=tuple(_variants(sequences, inferred.by_variant, cases)),
        returns=_returns(found, inferred), rework=rework,
    )  # fmt: skip


def _hours(spread: Spread, place: int) -> Hours:
    n, total = int(spread.n[place]), float(spread.total[place]) / HOUR_US
    if not n:
        return Hours(0, 0.0, None, None, None)
    median, p90 = float(spread.median[place]) / HOUR_US, float(spread.p90[place]) / HOUR_US
    return Hours(n, total, total / n, median, p90)


def usual_order(sequences: Sequences) -> tuple[int, ...]:
    """Steps by their mean place among the first occurrences of a case, weighted by cases.

    Repetitions take no place, so a loop does not push the steps after it back.
    """
    if not len(sequences):
        return ()
    firsts, variant = _first_occurrences(sequences), sequences.variant_of_row
    begins = np.flatnonzero(np.diff(variant, prepend=-1))
    so_far = np.cumsum(firsts)
    place = so_far - (so_far[begins] - 1)[variant]
    step, weight = sequences.steps[firsts], sequences.cases[variant[firsts]].astype(np.float64)
    width = int(sequences.steps.max()) + 1
    seen = np.bincount(step, weights=weight, minlength=width)
    mean = np.bincount(step, weights=weight * place[firsts], minlength=width) / np.maximum(seen, 1)
    present = np.flatnonzero(seen)
    return tuple(int(s) for s in present[np.lexsort((present, mean[present].round(12)))])


def _first_occurrences(sequences: Sequences) -> NDArray[np.bool_]:
    """Per row of the variants: is it the first execution of its step?"""
    width = int(sequences.steps.max(initial=0)) + 1
    _, places = np.unique(sequences.variant_of_row * width + sequences.steps, return_index=True)
    firsts = np.zeros(len(sequences.steps), dtype=np.bool_)
    firsts[places] = True
    return firsts


def _distinct(sequences: Sequences) -> int:
    return len(distinct(sequences.steps))


def _without(sequences: Sequences, wanted: Sequence[int]) -> int:
    """Cases whose sequence has none of the wanted steps."""
    if not wanted:
        return 0
    hits = np.logical_or.reduceat(np.isin(sequences.steps, list(wanted)), sequences.bounds[:-1])
    return int(sequences.cases[~hits].sum())


@dataclass(frozen=True)
class _Inferred:
    """Returns read from the order of steps: per variant, and per step that sent the case back."""

    by_variant: Ints
    by_step: Mapping[int, int]


def _inferred_returns(
    sequences: Sequences, rank: Mapping[int, int], *, declared: bool
) -> _Inferred:
    """Moves to an earlier step. In the usual order only a step done before is gone back to:
    branches that are rarely taken have no certain place.
    """
    highest = int(sequences.steps.max(initial=-1)) + 1
    places = np.array([rank.get(step, -1) for step in range(highest)], dtype=np.int64)
    place = places[sequences.steps] if highest else sequences.steps
    back = np.zeros(len(place), dtype=np.bool_)
    back[1:] = (place[1:] < place[:-1]) & (place[1:] >= 0)
    back[sequences.bounds[:-1]] = False  # the first step of a variant follows nothing
    if not declared:
        back &= ~_first_occurrences(sequences)
    rows = np.flatnonzero(back)
    variant = sequences.variant_of_row[rows]
    by_variant = np.bincount(variant, minlength=len(sequences)).astype(np.int64)
    counts = np.bincount(sequences.steps[rows - 1], weights=sequences.cases[variant])
    return _Inferred(by_variant, {step: int(n) for step, n in enumerate(counts) if n})


def _steps(found: Measures, rank: Mapping[int, int], inferred: _Inferred) -> Iterator[Step]:
    waited = _by_step(found.waited)
    worked = _by_step(found.worked)
    outcomes = _decided(found, inferred)
    rejected = (
        {} if found.outcomes is None else dict(enumerate(found.outcomes[:, REJECTED].tolist()))
    )
    for step, (executions, cases, repeated) in sorted(
        _executions(found.sequences).items(),
        key=lambda item: (rank.get(item[0], len(rank)), item[0]),
    ):
        decisions, returns = outcomes.get(step, (0, 0))
        yield Step(
            step, executions, cases, worked.get(step),
            waited.get(step) if found.has_start else None,
            decisions, returns, returns / decisions if decisions else None, repeated,
            rejected.get(step, 0),
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
    variant = sequences.variant_of_row
    codes, times = np.unique(variant * width + sequences.steps, return_counts=True)
    weight = sequences.cases[codes // width]
    step = codes % width
    totals = [
        np.bincount(step, weights=w, minlength=width).astype(np.int64)
        for w in (weight * times, weight, weight * (times > 1))
    ]
    present = np.flatnonzero(totals[1]).tolist()
    return {s: (int(totals[0][s]), int(totals[1][s]), int(totals[2][s])) for s in present}


def _decided(found: Measures, inferred: _Inferred) -> dict[int, tuple[int, int]]:
    """Step → decisions taken, returns among them."""
    if found.outcomes is None:
        executions = _executions(found.sequences)
        return {step: (row[0], inferred.by_step.get(step, 0)) for step, row in executions.items()}
    counts = found.outcomes
    decisions = counts[:, [APPROVED, RETURNED, REJECTED]].sum(axis=1)
    return {
        step: (int(decisions[step]), int(counts[step, RETURNED])) for step in range(len(counts))
    }


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


def _returns(found: Measures, inferred: _Inferred) -> Returns:
    variant, day, cases, returned = found.cohorts
    whole = found.sequences.complete[variant]
    outcomes = found.outcomes
    with_return = returned
    if outcomes is None:
        with_return = np.where(inferred.by_variant[variant] > 0, cases, 0)
        outcomes = np.zeros((0, 5), dtype=np.int64)
    decided = _decided(found, inferred).values()
    decisions, returns = (sum(row[place] for row in decided) for place in (0, 1))
    completed, returned_cases = int(cases[whole].sum()), int(with_return[whole].sum())
    apart = outcomes.sum(axis=0)
    return Returns(
        found.outcomes is None, returned_cases, completed,
        returned_cases / completed if completed else None,
        returns, decisions, returns / decisions if decisions else None,
        int(apart[REJECTED]), int(apart[WITHDRAWN]),
        tuple(_months(day[whole], cases[whole], with_return[whole])),
    )  # fmt: skip


def _months(day: Ints, cases: Ints, returned: Ints) -> Iterator[Cohort]:
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if not len(months):
        return
    since = int(months.min())
    counted, back = (np.bincount(months - since, weights=one) for one in (cases, returned))
    for place in np.flatnonzero(counted).tolist():
        year, month = divmod(since + place, 12)
        label = f"{1970 + year:04}-{month + 1:02}"
        yield Cohort(label, int(counted[place]), int(back[place]))


def _rework(sequences: Sequences) -> Rework:
    """PM4Py's definition: a case has rework when its executions exceed its distinct steps."""
    lengths = np.diff(sequences.bounds)
    variant = sequences.variant_of_row
    distinct = np.bincount(variant[_first_occurrences(sequences)], minlength=len(sequences))
    extra = lengths - distinct
    again = (sequences.steps[1:] == sequences.steps[:-1]) & (variant[1:] == variant[:-1])
    loops = np.bincount(variant[1:][again], minlength=len(sequences))
    weight = sequences.cases
    cases, total = int(weight[extra > 0].sum()), int(weight.sum())
    all_extra, all_loops = int((extra * weight).sum()), int((loops * weight).sum())
    return Rework(
        cases, cases / total if total else 0.0, all_extra, all_loops, all_extra - all_loops
    )
