"""Returns by the step and by the role that decides them, and what each return costs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import waiting
from opsloop.analysis.event_columns import HOUR_US, REJECTED, RETURNED, Columns, Ints
from opsloop.analysis.handover import Party, repeated


@dataclass(frozen=True)
class Decided:
    """Decisions of one step or one role; `number` is that of its name list."""

    number: int
    decisions: int
    returns: int
    rate: float


@dataclass(frozen=True)
class ReturnCost:
    """Extra hours that returns decided at a step brought: work repeated, and waiting for it."""

    activity_no: int
    returns: int
    work_hours: float
    waiting_hours: float


@dataclass(frozen=True)
class ReturnReport:
    by_step: tuple[Decided, ...]
    by_role: tuple[Decided, ...]
    party: Party | None  # what a role is: a department, else a person


def return_report(columns: Columns) -> ReturnReport:
    """Highest rate first; empty without a column of decisions."""
    outcome = columns.outcome
    if outcome is None:
        return ReturnReport((), (), None)
    decided = (outcome >= 0) & (outcome <= REJECTED)
    party: Party | None = None
    by_role: tuple[Decided, ...] = ()
    if columns.department is not None:
        party, by_role = "department", tuple(_rates(columns.department, outcome, decided))
    elif columns.resource is not None:
        party, by_role = "resource", tuple(_rates(columns.resource, outcome, decided))
    by_step = tuple(_rates(columns.activity, outcome, decided))
    return ReturnReport(by_step, by_role, party)


def _rates(keys: Ints, outcome: Ints, decided: NDArray[np.bool_]) -> Iterator[Decided]:
    rows = np.flatnonzero(decided & (keys >= 0))
    numbers, place = np.unique(keys[rows], return_inverse=True)
    decisions = np.bincount(place, minlength=len(numbers))
    returns = np.bincount(place, weights=outcome[rows] == RETURNED, minlength=len(numbers))
    rates = returns / np.maximum(decisions, 1)
    for at in np.lexsort((numbers, -rates)).tolist():
        yield Decided(int(numbers[at]), int(decisions[at]), int(returns[at]), float(rates[at]))


def return_costs(columns: Columns) -> Iterator[ReturnCost]:
    """Each repeated execution is charged to the last return decided before it in its case."""
    outcome = columns.outcome
    if outcome is None:
        return
    rows = np.arange(len(outcome))
    last = np.maximum.accumulate(np.where(outcome == RETURNED, rows, -1))
    cause = columns.previous(last)
    starts = np.repeat(columns.first, columns.lengths)
    charged = np.flatnonzero(repeated(columns) & (cause >= starts))
    steps = columns.activity[cause[charged]]
    work = (columns.end - columns.begin)[charged] / HOUR_US
    waits = waiting(columns)[charged] / HOUR_US
    returning = columns.activity[outcome == RETURNED]
    for step in np.unique(returning).tolist():
        mine = steps == step
        yield ReturnCost(
            step, int((returning == step).sum()), float(work[mine].sum()), float(waits[mine].sum())
        )
