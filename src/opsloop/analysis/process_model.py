"""What a log says about a process: arrivals, paths, work, people, and delays nobody queues for.

Nothing of a single case is kept: paths are probabilities of the next step, durations and delays are
distributions, desks have timetables. The delay of an execution is the time from when it could be
begun until it was, beyond queue and closed desk. A desk that was busy or closed just before hides
that moment: the delay is then only known to lie between two bounds, and its distribution is
Turnbull's self-consistent estimate for such intervals (J. R. Stat. Soc. B 38, 1976).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from opsloop.analysis.desks import Office, Rows
from opsloop.analysis.event_columns import Columns, Floats, Ints, case_of_row
from opsloop.analysis.timetable import Flags, Timetable, usual_week

END: Final = -1
VISITS: Final = 3  # first, second, later: how often a step was done bends the path
_SUPPORT: Final = 128
_ROUNDS: Final = 60
_FEW: Final = 20
_TINY: Final = 1e-6
_FAR_APART: Final = 0.85  # of the spread of cycle times explained by two kinds of cases
_FEWEST_OF_KIND: Final = 30

State = tuple[int, int]  # a step, and how often the case has done it
Following = Mapping[State, tuple[tuple[int, ...], tuple[float, ...]]]


@dataclass(frozen=True)
class Draw:
    """A distribution: values in order and their cumulated shares."""

    values: Floats
    shares: Floats

    def at(self, quantiles: Floats) -> Floats:
        places = np.searchsorted(self.shares, quantiles, side="right")
        found: Floats = self.values[np.minimum(places, len(self.values) - 1)]
        return found


NOTHING: Final = Draw(np.zeros(1), np.ones(1))


@dataclass(frozen=True)
class StepModel:
    """One step of one kind of case: hours of work and of delay."""

    work: Draw
    delay: Draw
    of_case: bool  # the delay is the sum over the case's visits, not one visit's


@dataclass(frozen=True)
class Model:
    """Everything a run draws from; hours since the first of the office's days."""

    office: Office
    on_clock: bool  # delays pass on the clock, or while the step is worked on
    starts_at: float
    gaps: Floats  # between arrivals, on the arrival timetable
    arrival: Timetable
    kinds: tuple[float, ...]  # cumulated shares of the kinds of cases
    steps: Mapping[tuple[int, int], StepModel]  # by (kind, step)
    people: Mapping[int, tuple[tuple[int, ...], Floats]]  # of a step, and cumulated shares
    order: Mapping[int, int]  # place of a step in the usual order
    following: tuple[Following, ...]  # by kind
    amounts: Floats  # of cases, yuan; empty where none is stated


def fitted_model(office: Office, cases: Flags, *, on_clock: bool) -> Model:
    """The model of the cases a mask keeps."""
    columns = office.columns
    mine = np.repeat(cases, columns.lengths)
    low, high = _bounds(office, on_clock=on_clock)
    work, kind = office.work(), _kinds(office, cases)
    kind_of_row = np.repeat(kind, columns.lengths)
    starts = np.sort(columns.begin[columns.first[cases]])
    arrival = usual_week(starts, starts, office.days, office.usual).over(office.days)
    kinds = np.bincount(kind[cases])
    return Model(
        office=office, on_clock=on_clock, starts_at=float(office.days.hours(starts[:1])[0]),
        gaps=np.diff(arrival.worked_at(office.days.hours(starts))), arrival=arrival,
        kinds=tuple(np.cumsum(kinds / kinds.sum()).tolist()),
        steps={
            (int(kind_of_row[rows[0]]), int(columns.activity[rows[0]])):
                _step(columns, rows, work, low, high)
            for rows in _grouped(mine, kind_of_row, columns.activity)
        },
        people={
            int(columns.activity[rows[0]]): _people(office.person[rows])
            for rows in _grouped(mine, columns.activity)
        },
        order=_order(columns.only(cases)),
        following=tuple(_following(columns, cases & (kind == one)) for one in range(len(kinds))),
        amounts=_amounts(columns, cases),
    )  # fmt: skip


def _grouped(mine: Flags, *labels: Ints) -> Iterator[Rows]:
    """Rows wanted, by equal labels."""
    rows = np.flatnonzero(mine)
    rows = rows[np.lexsort(tuple(label[rows] for label in labels))]
    changes = np.zeros(max(len(rows) - 1, 0), dtype=np.bool_)
    for label in labels:
        changes |= np.diff(label[rows]) != 0
    yield from np.split(rows, np.flatnonzero(changes) + 1)


def _bounds(office: Office, *, on_clock: bool) -> tuple[Floats, Floats]:
    """Per row, the least and the most hours its delay can have been."""
    free = office.last_free()
    if on_clock:
        return free - office.enabled, office.begin - office.enabled
    low, high = np.empty_like(free), np.empty_like(free)
    for step, desk in office.steps.items():
        rows = np.flatnonzero(office.columns.activity == step)
        since = desk.timetable.worked_at(office.enabled[rows])
        low[rows] = desk.timetable.worked_at(free[rows]) - since
        high[rows] = desk.timetable.worked_at(office.begin[rows]) - since
    return low, high


def _step(columns: Columns, rows: Rows, work: Floats, low: Floats, high: Floats) -> StepModel:
    done = Draw(np.sort(work[rows]), np.arange(1, len(rows) + 1) / len(rows))
    waits = rows[~np.isin(rows, columns.first)]
    if not len(waits):
        return StepModel(done, NOTHING, of_case=False)
    case = case_of_row(columns)[waits]
    _, place, visits = np.unique(case, return_inverse=True, return_counts=True)
    least, most = np.zeros(len(visits)), np.zeros(len(visits))
    np.add.at(least, place, low[waits])
    np.add.at(most, place, high[waits])
    if _is_of_case(visits, least + most):
        return StepModel(done, interval_distribution(least, most), of_case=True)
    return StepModel(done, interval_distribution(low[waits], high[waits]), of_case=False)


def _is_of_case(visits: Ints, total: Floats) -> bool:
    """Whether a case waits about as long at the step however often it comes there."""
    if (visits > 1).sum() < _FEW or not visits.std() or not total.mean():
        return False
    slope = np.cov(visits, total)[0, 1] / visits.var(ddof=1)
    return bool(slope < 0.5 * total.mean() / visits.mean())


def interval_distribution(low: Floats, high: Floats) -> Draw:
    """Distribution of values known only to lie in [low, high]; equal bounds are exact.

    The support is 128 quantiles of the bounds; an interval that misses them all takes the nearest.
    """
    support = np.unique(np.quantile(np.concatenate([low, high]), np.linspace(0, 1, _SUPPORT)))
    first = np.searchsorted(support, low - _TINY)
    last = np.searchsorted(support, high + _TINY, side="right")
    missed = np.flatnonzero(first >= last)
    below, above = np.maximum(first[missed] - 1, 0), np.minimum(first[missed], len(support) - 1)
    nearer = low[missed] - support[below] < support[above] - low[missed]
    first[missed] = np.where(nearer, below, above)
    last = np.maximum(last, first + 1)
    share = np.full(len(support), 1 / len(support))
    for _ in range(_ROUNDS):
        summed = np.concatenate([[0.0], np.cumsum(share)])
        weight = 1 / np.maximum(summed[last] - summed[first], np.finfo(float).tiny)
        reach = np.zeros(len(support) + 1)
        np.add.at(reach, first, weight)
        np.add.at(reach, last, -weight)
        share = share * np.cumsum(reach)[:-1] / len(low)
        share = np.maximum(share, 0.0) / share.sum()
    return Draw(support, np.cumsum(share))


def _people(person: Ints) -> tuple[tuple[int, ...], Floats]:
    people, counts = np.unique(person[person >= 0], return_counts=True)
    return tuple(people.tolist()), np.cumsum(counts / max(counts.sum(), 1))


def _kinds(office: Office, cases: Flags) -> Ints:
    """1 for the slow cases of a log with two kinds of cases far apart, else 0.

    The kinds are those of the best split in two of the cycle times (least squares).
    """
    first = office.columns.first
    spans = np.maximum.reduceat(office.end, first) - office.begin[first]
    known = np.sort(spans[cases])
    n, count = len(known), np.arange(1, len(known))
    left, whole = np.cumsum(known)[:-1], float(known.var() * len(known))
    if not whole:
        return np.zeros(len(spans), dtype=np.int64)
    between = (left / count - (known.sum() - left) / (n - count)) ** 2 * count * (n - count) / n
    at = int(between.argmax())
    apart = between[at] / whole >= _FAR_APART and min(at + 1, n - at - 1) >= _FEWEST_OF_KIND
    return (spans > known[at]).astype(np.int64) if apart else np.zeros(len(spans), dtype=np.int64)


def _order(columns: Columns) -> dict[int, int]:
    """Steps by the mean place of their first execution in a case."""
    place = np.arange(len(columns.activity)) - np.repeat(columns.first, columns.lengths)
    pairs = case_of_row(columns) * (int(columns.activity.max()) + 1) + columns.activity
    _, firsts = np.unique(pairs, return_index=True)
    steps = columns.activity[firsts]
    mean = {step: float(place[firsts][steps == step].mean()) for step in np.unique(steps).tolist()}
    return {step: at for at, step in enumerate(sorted(mean, key=lambda one: (mean[one], one)))}


def _following(columns: Columns, cases: Flags) -> Following:
    """What comes after a step done once, twice, more often; −1 begins and ends a case."""
    counts: dict[State, dict[int, int]] = {}
    bounds = [*columns.first.tolist(), len(columns.activity)]
    activity = columns.activity.tolist()
    for case in np.flatnonzero(cases).tolist():
        state, visits = (END, 0), dict[int, int]()
        for step in (*activity[bounds[case] : bounds[case + 1]], END):
            then = counts.setdefault(state, {})
            then[step] = then.get(step, 0) + 1
            visits[step] = min(visits.get(step, 0) + 1, VISITS)
            state = (step, visits[step])
    return {
        state: (
            tuple(sorted(then)),
            tuple((np.cumsum([then[step] for step in sorted(then)]) / sum(then.values())).tolist()),
        )
        for state, then in counts.items()
    }


def _amounts(columns: Columns, cases: Flags) -> Floats:
    """What each case is about, in yuan, where it is stated."""
    if columns.amount is None:
        return np.empty(0)
    largest = np.maximum.reduceat(columns.amount, columns.first)[cases]
    found: Floats = largest[largest >= 0] / 100
    return found
