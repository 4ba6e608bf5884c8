"""Who hands work to whom: counts, waits, returns across, and ping-pong.

Parties are departments by default; people only where the caller asks for them. A handover is one
execution directly followed by another in its case (handover of work, β = 0 in PM4Py's words).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import waiting
from opsloop.analysis.event_columns import (
    HOUR_US,
    RETURNED,
    Columns,
    Ints,
    case_of_row,
    group,
    spread,
)  # fmt: skip

Party = Literal["department", "resource"]
_UNRANKED: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True)
class Handover:
    """From one party to the next (numbers of the column's name list), hours of the calendar."""

    source: int
    target: int
    count: int
    cases: int
    median_wait: float
    returns: int  # handovers that follow a returning decision, or go to an earlier step
    return_share: float


@dataclass(frozen=True)
class PingPong:
    """A → B → A: how often, and in how many cases."""

    source: int
    via: int
    count: int
    cases: int


@dataclass(frozen=True)
class Redone:
    """Executions of a step done before in the case: by the same person, or by another one."""

    activity_no: int
    same_person: int
    other_person: int


@dataclass(frozen=True)
class HandoverReport:
    party: Party | None  # None: the log names neither departments nor people
    matrix: tuple[Handover, ...]
    ping_pong: tuple[PingPong, ...]


def handovers(
    columns: Columns, *, party: Party | None = None, order: Mapping[int, int] = _UNRANKED
) -> HandoverReport:
    """The matrix, most frequent first. `order` ranks steps, for logs without decisions."""
    chosen: Party = party or ("department" if columns.department is not None else "resource")
    who = columns.department if chosen == "department" else columns.resource
    if who is None or not columns.cases:
        return HandoverReport(None if who is None else chosen, (), ())
    width = int(who.max()) + 1
    before = columns.previous(who).astype(np.int64)
    rows = np.flatnonzero((before >= 0) & (who >= 0))
    groups = group(before[rows] * width + who[rows], width * width)
    rows = rows[groups.order]
    crossing = _sums(returning(columns, order)[rows], groups.bounds)
    summary = spread(waiting(columns)[rows].copy(), groups.bounds)
    cases = _distinct(case_of_row(columns)[rows], groups.bounds)
    found = [
        Handover(
            code // width, code % width, n, cases[place], float(summary.median[place]) / HOUR_US,
            int(crossing[place]), int(crossing[place]) / n,
        )
        for place, (code, n) in enumerate(
            zip(groups.codes.tolist(), groups.sizes.tolist(), strict=True)
        )
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.count, one.source, one.target))
    return HandoverReport(chosen, tuple(found), _ping_pong(columns, who, width))


def _distinct(cases: Ints, bounds: NDArray[np.intp]) -> list[int]:
    """Distinct cases in each slice; rows of a case come together."""
    fresh = np.ones(len(cases), dtype=np.int64)
    fresh[1:] = cases[1:] != cases[:-1]
    fresh[bounds[:-1][: len(cases)]] = 1
    return _sums(fresh, bounds)


def _sums(values: NDArray[Any], bounds: NDArray[np.intp]) -> list[int]:
    return np.add.reduceat(values, bounds[:-1], dtype=np.int64).tolist() if len(values) else []


def returning(columns: Columns, order: Mapping[int, int]) -> NDArray[np.bool_]:
    """Per row: was it reached by a return? By the decision before it, else by the order of steps."""
    if columns.outcome is not None:
        returned: NDArray[np.bool_] = columns.previous(columns.outcome) == RETURNED
        return returned
    highest = int(columns.activity.max(initial=-1)) + 1
    rank = np.array([order.get(step, -1) for step in range(highest)], dtype=np.int64)
    here = rank[columns.activity]
    back: NDArray[np.bool_] = (here >= 0) & (here < columns.previous(here))
    return back


def _ping_pong(columns: Columns, who: Ints, width: int) -> tuple[PingPong, ...]:
    middle = columns.previous(who)
    first = columns.previous(middle)
    rows = np.flatnonzero((first >= 0) & (middle >= 0) & (who == first) & (who != middle))
    groups = group(first[rows].astype(np.int64) * width + middle[rows], width * width)
    cases = _distinct(case_of_row(columns)[rows[groups.order]], groups.bounds)
    found = [
        PingPong(code // width, code % width, n, cases[place])
        for place, (code, n) in enumerate(
            zip(groups.codes.tolist(), groups.sizes.tolist(), strict=True)
        )
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.source, one.via)))


def redone(columns: Columns) -> tuple[Redone, ...]:
    """Repeated executions by step, and whether the same person did them; empty without people."""
    if columns.resource is None:
        return ()
    again = repeated(columns)
    rows = np.flatnonzero(again)
    order = np.lexsort((np.arange(len(columns.activity)), columns.activity, case_of_row(columns)))
    before = np.empty_like(columns.resource)
    before[order[1:]] = columns.resource[order[:-1]]  # the same step's execution before, if any
    same = columns.resource[rows] == before[rows]
    steps = columns.activity[rows]
    return tuple(
        Redone(step, int(same[steps == step].sum()), int((~same)[steps == step].sum()))
        for step in np.unique(steps).tolist()
    )


def repeated(columns: Columns) -> NDArray[np.bool_]:
    """Per row: was the step done before in the case?"""
    width = int(columns.activity.max(initial=0)) + 1
    _codes, first = np.unique(case_of_row(columns) * width + columns.activity, return_index=True)
    again = np.ones(len(columns.activity), dtype=np.bool_)
    again[first] = False
    return again


def same_hands(columns: Columns, first: int, second: int) -> tuple[int, int, int]:
    """(cases in which `second` directly follows `first`, by the same hands, going back at once)."""
    steps = columns.activity
    before, two_before = columns.previous(steps), columns.previous(columns.previous(steps))
    rows = np.flatnonzero((steps == second) & (before == first))
    back = np.flatnonzero((steps == first) & (before == second) & (two_before == first))
    case = case_of_row(columns)
    same = np.zeros(len(rows), dtype=np.bool_)
    if columns.resource is not None:
        who = columns.resource
        same = (who[rows] >= 0) & (who[rows] == columns.previous(who)[rows])
    return (
        len(np.unique(case[rows])), len(np.unique(case[rows[same]])), len(np.unique(case[back])),
    )  # fmt: skip
