"""What the work of each step costs: on-duty hours × the hourly rate of who did it (P-A19).

Hours are those between start and end on the columns' calendar. Where the log knows only ends, the
stage time takes their place: it contains waiting, so the cost is an upper bound, and `basis` says
so. Two executions one person did at the same time are both paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from opsloop.analysis.departures import months_of
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, case_of_row


@dataclass(frozen=True)
class StepCost:
    activity_no: int
    executions: int
    hours: float
    priced: int  # executions whose party has a rate
    fen: int


@dataclass(frozen=True)
class MonthCost:
    """Cases submitted in one month; `number` counts months since year 0."""

    number: int
    cases: int
    fen: int


@dataclass(frozen=True)
class StepCosts:
    basis: Literal["work", "stage"]
    cases: int
    steps: tuple[StepCost, ...]  # most expensive first
    months: tuple[MonthCost, ...]

    @property
    def fen(self) -> int:
        return sum(one.fen for one in self.steps)

    @property
    def unpriced(self) -> int:
        """Executions no rate is known for: the cost leaves them out."""
        return sum(one.executions - one.priced for one in self.steps)


def step_costs(columns: Columns, rates_fen: Mapping[int, int], usual_fen: int | None) -> StepCosts:
    """Costs by step and month. `rates_fen` gives fen an hour by department_no, `usual_fen` those
    of all others (None: not priced).
    """
    basis: Literal["work", "stage"] = "work" if columns.has_start else "stage"
    if not columns.cases:
        return StepCosts(basis, 0, (), ())
    hours, rate = _hours(columns), _rates(columns, rates_fen, usual_fen)
    cost = np.nan_to_num(hours * rate)
    known = ~np.isnan(rate)
    steps = int(columns.activity.max()) + 1
    executions, priced = (
        np.bincount(columns.activity, weights=weights, minlength=steps).astype(np.int64)
        for weights in (None, known)
    )
    worked, spent = (
        np.bincount(columns.activity, weights=weights, minlength=steps) for weights in (hours, cost)
    )
    found = [
        StepCost(step, int(executions[step]), float(worked[step]), int(priced[step]), round(spent[step]))
        for step in np.flatnonzero(executions).tolist()
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.fen, -one.hours, one.activity_no))
    return StepCosts(basis, columns.cases, tuple(found), _months(columns, cost))


def case_costs(columns: Columns, rates_fen: Mapping[int, int], usual_fen: int | None) -> Floats:
    """Fen of work by case; NaN where an execution of it has no rate."""
    cost = _hours(columns) * _rates(columns, rates_fen, usual_fen)
    found: Floats = np.add.reduceat(cost, columns.first)
    return found


def _hours(columns: Columns) -> Floats:
    """Per row, hours of work; without starts, since the end of the row before."""
    since = columns.begin
    if not columns.has_start:
        since = columns.previous(columns.end)
        since[columns.first] = columns.end[columns.first]
    hours: Floats = np.maximum(columns.end - since, 0) / HOUR_US
    return hours


def _rates(columns: Columns, rates_fen: Mapping[int, int], usual_fen: int | None) -> Floats:
    usual = np.nan if usual_fen is None else float(usual_fen)
    if columns.department is None or not rates_fen:
        return np.full(len(columns.activity), usual)
    table = np.full(max(int(columns.department.max()), *rates_fen) + 2, usual)
    for number, fen in rates_fen.items():
        table[number + 1] = fen
    table[0] = usual  # no department stated
    rates: Floats = table[columns.department + 1]
    return rates


def _months(columns: Columns, cost: Floats) -> tuple[MonthCost, ...]:
    numbers, place = np.unique(months_of(columns), return_inverse=True)
    spent = np.bincount(place[case_of_row(columns)], weights=cost, minlength=len(numbers))
    cases = np.bincount(place)
    return tuple(
        MonthCost(number, n, round(fen))
        for number, n, fen in zip(numbers.tolist(), cases.tolist(), spent.tolist(), strict=True)
    )
