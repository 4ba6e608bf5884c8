"""How far cases depart from the step table: skipped and inserted steps, in the fewest edits.

The model is a sequence of blocks; a block is one step, or a group of steps done in any order. An
alignment costs 1 per skipped mandatory or inserted step and nothing per skipped optional one; a
return the table allows moves back free of charge.
fitness = 1 − cost / (length of the case + mandatory steps).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.approval_limit import case_amounts
from opsloop.analysis.event_columns import (
    HOUR_US,
    Columns,
    Frame,
    Ints,
    case_spans,
    load,
    sequence_codes,
)  # fmt: skip
from opsloop.analysis.event_measures import variants

_UNREACHED: Final = 1 << 30
Kind = Literal["skipped", "inserted"]


@dataclass(frozen=True)
class ModelStep:
    """A row of the step table. Steps sharing a `group` may be done in any order.

    A step with `from_amount_fen` must be done only in cases of that amount or more; below it, and
    where no amount is stated, it may be left out.
    """

    activity_no: int
    mandatory: bool = True
    group: int | None = None
    may_return_to: frozenset[int] = frozenset()
    from_amount_fen: int | None = None


@dataclass(frozen=True)
class Alignment:
    """The cheapest way to read a case as the model; ties prefer skipping to inserting."""

    cost: int
    fitness: float
    skipped: tuple[int, ...]  # mandatory steps left out, in model order
    inserted: tuple[int, ...]  # steps done that the model does not foresee there


@dataclass(frozen=True)
class Violation:
    """Cases that skip, or insert, one step."""

    kind: Kind
    activity_no: int
    cases: int
    share: float
    department_no: int  # where most of them come from; −1 unknown
    department_cases: int
    hours_apart: float | None  # median cycle time with the violation − without it


@dataclass(frozen=True)
class Conformance:
    cases: int
    conforming: int
    fitness: float  # mean over cases
    violations: tuple[Violation, ...]  # most cases first


class Model:
    """A step table compiled for alignment."""

    def __init__(self, steps: Sequence[ModelStep]) -> None:
        self.blocks: list[list[ModelStep]] = []
        for step in steps:
            joins = (
                self.blocks and step.group is not None and self.blocks[-1][-1].group == step.group
            )
            if joins:
                self.blocks[-1].append(step)
            else:
                self.blocks.append([step])
        self.mandatory = sum(step.mandatory for step in steps)
        self.place = {
            step.activity_no: (block, bit)
            for block, members in enumerate(self.blocks)
            for bit, step in enumerate(members)
        }

    @cached_property
    def states(self) -> list[tuple[int, int]]:
        """(block, members done), in model order; the last one is the end."""
        return [
            (block, mask)
            for block, members in enumerate(self.blocks)
            for mask in range(1 << len(members))
        ] + [(len(self.blocks), 0)]

    @cached_property
    def index(self) -> dict[tuple[int, int], int]:
        return {state: number for number, state in enumerate(self.states)}

    def left_out(self, block: int, mask: int) -> list[int]:
        """Mandatory members of the block not done."""
        return [
            step.activity_no
            for bit, step in enumerate(self.blocks[block])
            if step.mandatory and not mask >> bit & 1
        ]

    def after(self, state: tuple[int, int], activity_no: int) -> list[tuple[int, int]]:
        """States reached by doing the step here: onward, or back where the table allows it."""
        block, mask = state
        found = self.place.get(activity_no)
        if found is None or found[0] != block or mask >> found[1] & 1:
            return []
        step = self.blocks[block][found[1]]
        back = [
            (self.place[target][0], 0)
            for target in sorted(step.may_return_to)
            if target in self.place
        ]
        return [(block, mask | 1 << found[1]), *back]


def align(model: Model, case: Sequence[int]) -> Alignment:
    """Cheapest alignment by dynamic programming over (steps read, model state)."""
    width = len(model.states)
    best = [_UNREACHED] * width
    best[0] = 0
    trail: list[list[tuple[int, Kind | None, tuple[int, ...]]]] = []
    best, moves = _skip_forward(model, best, [(-1, None, ())] * width)
    trail.append(moves)
    for activity_no in case:
        reached = [cost + 1 for cost in best]
        moves = [(number, "inserted", (activity_no,)) for number in range(width)]
        for number, state in enumerate(model.states):
            for target in model.after(state, activity_no):
                other = model.index[target]
                if best[number] <= reached[other]:
                    reached[other] = best[number]
                    moves[other] = (number, None, ())
        best, moves = _skip_forward(model, reached, moves)
        trail.append(moves)
    return _read_back(model, case, best[-1], trail)


def _skip_forward(
    model: Model, costs: list[int], moves: list[tuple[int, Kind | None, tuple[int, ...]]]
) -> tuple[list[int], list[tuple[int, Kind | None, tuple[int, ...]]]]:
    """Leave blocks where that is cheaper: blocks come in order, so one pass settles all."""
    costs, moves = list(costs), list(moves)
    for number, (block, mask) in enumerate(model.states[:-1]):
        left = model.left_out(block, mask)
        onward = model.index[block + 1, 0]
        if costs[number] + len(left) < costs[onward]:
            costs[onward] = costs[number] + len(left)
            moves[onward] = (number, "skipped", tuple(left))
    return costs, moves


def _read_back(
    model: Model, case: Sequence[int], cost: int,
    trail: list[list[tuple[int, Kind | None, tuple[int, ...]]]],
) -> Alignment:  # fmt: skip
    skipped: list[int] = []
    inserted: list[int] = []
    read, number = len(case), len(model.states) - 1
    while read or number:
        before, kind, steps = trail[read][number]
        if kind == "skipped":
            skipped[:0] = steps
        else:
            inserted[:0] = steps if kind else ()
            read -= 1
        number = before
    size = len(case) + model.mandatory
    return Alignment(cost, 1 - cost / size if size else 1.0, tuple(skipped), tuple(inserted))


@dataclass(frozen=True)
class AlignedCases:
    """Every way cases were read as the table, and which one each case took."""

    ways: tuple[Alignment, ...]
    of_case: NDArray[np.intp]

    def departures(self) -> Mapping[tuple[Kind, int], NDArray[np.bool_]]:
        """(kind, step) → the cases that do it."""
        return {key: does[self.of_case] for key, does in _departures(self.ways).items()}

    @property
    def fitness(self) -> NDArray[np.float64]:
        """Of each case."""
        return np.array([one.fitness for one in self.ways])[self.of_case]


def align_cases(columns: Columns, steps: Sequence[ModelStep]) -> AlignedCases:
    """Align every variant with the step table, once for each way in which amounts decide."""
    if not columns.cases:
        return AlignedCases((), np.empty(0, dtype=np.intp))
    spans = case_spans(columns)
    sequences, variant_of = variants(columns, sequence_codes(columns), spans, (), ())
    demands = _demands(steps, case_amounts(columns))
    pairs, of_case = np.unique(np.stack([variant_of, demands], axis=1), axis=0, return_inverse=True)
    models = {demand: Model(_demanded(steps, demand)) for demand in np.unique(demands).tolist()}
    ways = (align(models[demand], sequences.of(variant)) for variant, demand in pairs.tolist())
    return AlignedCases(tuple(ways), of_case.reshape(-1))


def reached(columns: Columns, ends: Sequence[int]) -> Columns:
    """Without the cases that have not come to one of these steps: they are still open."""
    if not ends or not columns.cases:
        return columns
    done = np.logical_or.reduceat(np.isin(columns.activity, list(ends)), columns.first)
    return columns.only(done)


def check(frame: Frame, steps: Sequence[ModelStep], *, ends: Sequence[int] = ()) -> Conformance:
    """Align every variant of a log with the step table, and sum up over cases.

    With `ends`, cases that have not reached one of these steps are still open and are left out.
    """
    columns = reached(load(frame, also=("department_no", "amount_fen")), ends)
    if not columns.cases:
        return Conformance(0, 0, 1.0, ())
    aligned, spans = align_cases(columns, steps), case_spans(columns)
    found = [
        _violation(kind, step, does, columns, spans)
        for (kind, step), does in aligned.departures().items()
    ]
    exact = np.array([one.cost == 0 for one in aligned.ways])[aligned.of_case]
    return Conformance(
        columns.cases, int(exact.sum()), float(aligned.fitness.mean()),
        tuple(sorted(found, key=lambda one: (-one.cases, one.kind, one.activity_no))),
    )  # fmt: skip


def _demands(steps: Sequence[ModelStep], amounts: Ints) -> Ints:
    """Per case, how many of the table's amounts (in order) it reaches."""
    limits = np.unique([step.from_amount_fen for step in steps if step.from_amount_fen is not None])
    return np.searchsorted(limits, amounts, side="right").astype(np.int64)


def _demanded(steps: Sequence[ModelStep], reached: int) -> list[ModelStep]:
    """The table as it stands for cases that reach so many of its amounts."""
    limits = sorted({s.from_amount_fen for s in steps if s.from_amount_fen is not None})
    due = set(limits[:reached])
    return [
        step if step.from_amount_fen is None or step.from_amount_fen in due
        else replace(step, mandatory=False)
        for step in steps
    ]  # fmt: skip


def _departures(aligned: Sequence[Alignment]) -> Mapping[tuple[Kind, int], NDArray[np.bool_]]:
    """(kind, step) → which variants do it."""
    found: dict[tuple[Kind, int], NDArray[np.bool_]] = {}
    for number, one in enumerate(aligned):
        departures: Iterable[tuple[Kind, int]] = (
            *(("skipped", step) for step in one.skipped),
            *(("inserted", step) for step in one.inserted),
        )
        for key in departures:
            found.setdefault(key, np.zeros(len(aligned), dtype=np.bool_))[number] = True
    return found


def _violation(
    kind: Kind, step: int, does: NDArray[np.bool_], columns: Columns, spans: Ints
) -> Violation:
    department, n = -1, 0
    if columns.department is not None:
        of_case = columns.department[columns.first][does]
        values, counts = np.unique(of_case[of_case >= 0], return_counts=True)
        if len(values):
            top = int(np.argmax(counts))
            department, n = int(values[top]), int(counts[top])
    apart = None
    if does.any() and not does.all():
        apart = float(np.median(spans[does]) - np.median(spans[~does])) / HOUR_US
    cases = int(does.sum())
    return Violation(kind, step, cases, cases / len(does), department, n, apart)


@dataclass(frozen=True)
class StrangeHands:
    """Executions of a step by a role or department the table does not name for it."""

    activity_no: int
    department_no: int
    executions: int
    share: float  # of the step's executions with a known department


def strange_hands(frame: Frame, allowed: Mapping[int, frozenset[int]]) -> tuple[StrangeHands, ...]:
    """Who else does a step: `allowed` gives the departments of each step; others are not judged."""
    columns = load(frame, also=("department_no",))
    if columns.department is None:
        return ()
    found = []
    for step, named in allowed.items():
        who = columns.department[(columns.activity == step) & (columns.department >= 0)]
        values, counts = np.unique(who, return_counts=True)
        found += [
            StrangeHands(step, int(value), int(count), int(count) / len(who))
            for value, count in zip(values.tolist(), counts.tolist(), strict=True)
            if value not in named
        ]
    return tuple(sorted(found, key=lambda one: (-one.executions, one.activity_no)))
