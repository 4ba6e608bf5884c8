"""The cases of one replication: when each arrives, what happens to it, and how long it takes.

Drawn in strata: of n draws one falls into each n-th of the distribution, so that a desk near its
limit is loaded as in the log and not by the luck of the draw.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from opsloop.analysis.event_columns import Floats, Ints
from opsloop.analysis.process_model import END, VISITS, Model

_RUN_OF_GAPS: Final = 20
_LONGEST: Final = 2_000  # steps of a case
_MOST_ADDED: Final = 1_000
_NONE: Final[Mapping[int, float]] = MappingProxyType({})

Stage = tuple[int, ...]  # rows that run side by side


@dataclass(frozen=True)
class Scenario:
    """Changes to the process; factors multiply, 1 leaves as is. Steps by their number.

    `limits` are amounts in yuan below which a case leaves the step out; `skip` the share of cases
    that do, where amounts are unknown; `together` steps that run side by side; `daily` steps
    worked on every usual weekday instead of the recorded ones; `returns` the share of moves back
    that remain.
    """

    removed: frozenset[int] = frozenset()
    work: Mapping[int, float] = field(default_factory=lambda: _NONE)
    delay: Mapping[int, float] = field(default_factory=lambda: _NONE)
    people: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    limits: Mapping[int, float] = field(default_factory=lambda: _NONE)
    skip: Mapping[int, float] = field(default_factory=lambda: _NONE)
    together: tuple[frozenset[int], ...] = ()
    daily: frozenset[int] = frozenset()
    returns: float = 1.0
    arrivals: float = 1.0

    def staff(self, model: Model) -> dict[int, tuple[tuple[int, ...], Floats]]:
        """Who does each step, with cumulated shares; added people are numbered below −1."""
        return {
            step: _changed(step, people, np.diff(shares, prepend=0.0), self.people.get(step, 0))
            for step, (people, shares) in model.people.items()
        }


def _changed(
    step: int, people: tuple[int, ...], shares: Floats, change: int
) -> tuple[tuple[int, ...], Floats]:  # fmt: skip
    """People of a step with some added, or with those who did it least taken away."""
    if people and change > 0:
        people = (*people, *(-2 - step * _MOST_ADDED - one for one in range(change)))
        shares = np.append(shares, np.full(change, shares.mean()))
    elif people and change < 0:
        kept = np.sort(np.argsort(-shares, kind="stable")[: max(1, len(people) + change)])
        people, shares = tuple(people[at] for at in kept.tolist()), shares[kept]
    return people, np.cumsum(shares / max(shares.sum(), 1e-12))


AS_IS: Final = Scenario()


@dataclass(frozen=True)
class Cases:
    """One replication before it runs; rows are executions."""

    arrival: Floats  # hours since the first of the days
    stages: tuple[tuple[Stage, ...], ...]  # per case
    step: list[int]
    work: list[float]
    delay: list[float]
    person: list[int]


def draw_cases(
    model: Model, scenario: Scenario, cases: int, random: np.random.Generator
) -> Cases:  # fmt: skip
    """Arrivals, paths, durations, delays and people of `cases` cases."""
    kind = np.searchsorted(model.kinds, _strata(cases, random), side="right")
    kind = np.minimum(kind, len(model.kinds) - 1)
    amount = random.choice(model.amounts, cases) if len(model.amounts) else np.full(cases, np.inf)
    paths = [
        _path(model, scenario, one, fen, random)
        for one, fen in zip(kind.tolist(), amount.tolist(), strict=True)
    ]
    lengths = [len(path) for path in paths]
    step = np.fromiter((one for path in paths for one in path), np.int64, sum(lengths))
    case, kinds = np.repeat(np.arange(cases), lengths), np.repeat(kind, lengths)
    work, delay = np.zeros(len(step)), np.zeros(len(step))
    for (of_kind, number), drawn in model.steps.items():
        rows = np.flatnonzero((step == number) & (kinds == of_kind))
        factor = scenario.work.get(number, 1.0), scenario.delay.get(number, 1.0)
        work[rows] = drawn.work.at(_strata(len(rows), random)) * factor[0]
        if drawn.of_case:
            _, place, visits = np.unique(case[rows], return_inverse=True, return_counts=True)
            hours = drawn.delay.at(_strata(len(visits), random))[place] / visits[place]
        else:
            hours = drawn.delay.at(_strata(len(rows), random))
        delay[rows] = hours * factor[1]
    return Cases(
        _arrivals(model, scenario, cases, random), _stages(paths, scenario), step.tolist(),
        work.tolist(), delay.tolist(), _people(model, scenario, step, random).tolist(),
    )  # fmt: skip


def _strata(count: int, random: np.random.Generator) -> Floats:
    """Quantiles, one in each of `count` equal parts, in random order."""
    found: Floats = (random.permutation(count) + random.random(count)) / max(count, 1)
    return found


def _arrivals(
    model: Model, scenario: Scenario, cases: int, random: np.random.Generator
) -> Floats:  # fmt: skip
    """Recorded gaps in runs of twenty, so that busy days stay busy days."""
    runs = np.array_split(model.gaps, max(1, len(model.gaps) // _RUN_OF_GAPS))
    drawn = np.zeros(1)
    while len(drawn) < cases:
        drawn = np.concatenate([drawn, *(runs[at] for at in random.permutation(len(runs)))])
    since = np.cumsum(drawn[:cases] / scenario.arrivals)
    return model.arrival.reached_at(model.arrival.worked(model.starts_at) + since)


def _path(
    model: Model, scenario: Scenario, kind: int, yuan: float, random: np.random.Generator
) -> list[int]:
    """Steps of one case; steps a scenario leaves out are passed through without a trace."""
    following, order = model.following[kind], model.order
    state, visits, path = (END, 0), dict[int, int](), list[int]()
    draws = iter(random.random(64).tolist())
    while len(path) < _LONGEST:
        while state not in following:
            state = (state[0], state[1] - 1)
        steps, shares = following[state]
        draw = next(draws, None)
        if draw is None:
            draws = iter(random.random(64).tolist())
            draw = next(draws)
        step = steps[min(bisect_right(shares, draw), len(steps) - 1)]
        back = step != END and state[0] != END and order[step] <= order[state[0]]
        if back and random.random() >= scenario.returns:
            ahead = [END, *(one for one in order if order[one] > order[state[0]])]
            forward = _ahead(following[state], frozenset(ahead), random)
            step = step if forward is None else forward
        if step == END:
            break
        visits[step] = min(visits.get(step, 0) + 1, VISITS)
        state = (step, visits[step])
        if not _left_out(scenario, step, yuan, random):
            path.append(step)
    return path


def _ahead(
    then: tuple[tuple[int, ...], tuple[float, ...]], ahead: frozenset[int],
    random: np.random.Generator,
) -> int | None:  # fmt: skip
    """A next step among those ahead, by their shares; None where every way leads back."""
    weights = np.diff(then[1], prepend=0.0) * np.isin(then[0], list(ahead))
    if not weights.sum():
        return None
    return int(random.choice(np.array(then[0]), p=weights / weights.sum()))


def _left_out(
    scenario: Scenario, step: int, yuan: float, random: np.random.Generator
) -> bool:  # fmt: skip
    share = scenario.skip.get(step, 0.0)
    return (
        step in scenario.removed
        or yuan < scenario.limits.get(step, -np.inf)
        or bool(share and random.random() < share)
    )


def _stages(paths: list[list[int]], scenario: Scenario) -> tuple[tuple[Stage, ...], ...]:
    """Rows by case and stage; consecutive steps of one group share a stage."""
    found, row = [], 0
    for path in paths:
        stages: list[Stage] = []
        together: set[int] = set()
        for step in path:
            joins = step not in together and any(
                {step} | together <= group for group in scenario.together
            )
            if together and joins:
                stages[-1] = (*stages[-1], row)
                together.add(step)
            else:
                stages.append((row,))
                together = {step}
            row += 1
        found.append(tuple(stages))
    return tuple(found)


def _people(
    model: Model, scenario: Scenario, step: Ints, random: np.random.Generator
) -> Ints:  # fmt: skip
    """Who does each execution, drawn by who does the step how often; −1 unknown."""
    person = np.full(len(step), -1, dtype=np.int64)
    for number, (people, shares) in scenario.staff(model).items():
        if people:
            rows = np.flatnonzero(step == number)
            places = np.searchsorted(shares, _strata(len(rows), random), side="right")
            person[rows] = np.asarray(people)[np.minimum(places, len(people) - 1)]
    return person
