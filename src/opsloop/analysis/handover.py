"""Who hands work to whom: counts, waits, returns across, and ping-pong.

Parties are departments by default; people only where the caller asks for them. A handover is one
execution directly followed by another in its case (handover of work, β = 0 in PM4Py's words).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import waiting
from opsloop.analysis.event_columns import HOUR_US, RETURNED, Columns, Ints, case_of_row

Party = Literal["department", "resource"]


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
    redone: tuple[Redone, ...]


def handovers(
    columns: Columns, *, party: Party | None = None, order: dict[int, int] | None = None
) -> HandoverReport:
    """The matrix, most frequent first. `order` ranks steps, for logs without decisions."""
    chosen: Party = party or ("department" if columns.department is not None else "resource")
    who = columns.department if chosen == "department" else columns.resource
    redone = _redone(columns)
    if who is None:
        return HandoverReport(None, (), (), redone)
    before = columns.previous(who)
    rows = np.flatnonzero((before >= 0) & (who >= 0))
    back = returning(columns, order or {})[rows]
    pairs = np.stack([before[rows], who[rows]], axis=1)
    keys, place = np.unique(pairs, axis=0, return_inverse=True)
    waits = waiting(columns)[rows] / HOUR_US
    case = case_of_row(columns)[rows]
    found = []
    for number, (source, target) in enumerate(keys.tolist()):
        mine = place.reshape(-1) == number
        count, returns = int(mine.sum()), int(back[mine].sum())
        found.append(
            Handover(
                source, target, count, len(np.unique(case[mine])), float(np.median(waits[mine])),
                returns, returns / count,
            )
        )  # fmt: skip
    found.sort(key=lambda one: (-one.count, one.source, one.target))
    return HandoverReport(chosen, tuple(found), _ping_pong(columns, who), redone)


def returning(columns: Columns, order: dict[int, int]) -> NDArray[np.bool_]:
    """Per row: was it reached by a return? By the decision before it, else by the order of steps."""
    if columns.outcome is not None:
        returned: NDArray[np.bool_] = columns.previous(columns.outcome) == RETURNED
        return returned
    highest = int(columns.activity.max(initial=-1)) + 1
    rank = np.array([order.get(step, -1) for step in range(highest)], dtype=np.int64)
    here = rank[columns.activity] if highest else columns.activity
    back: NDArray[np.bool_] = (here >= 0) & (here < columns.previous(here))
    return back


def _ping_pong(columns: Columns, who: Ints) -> tuple[PingPong, ...]:
    middle = columns.previous(who)
    first = columns.previous(middle)
    rows = np.flatnonzero((first >= 0) & (middle >= 0) & (who == first) & (who != middle))
    if not len(rows):
        return ()
    case = case_of_row(columns)[rows]
    keys, place = np.unique(
        np.stack([first[rows], middle[rows]], axis=1), axis=0, return_inverse=True
    )
    found = [
        PingPong(source, via, int(mine.sum()), len(np.unique(case[mine])))
        for number, (source, via) in enumerate(keys.tolist())
        for mine in [place.reshape(-1) == number]
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.source, one.via)))


def _redone(columns: Columns) -> tuple[Redone, ...]:
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
