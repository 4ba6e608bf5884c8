"""Which cases of a log are looked at: one language of conditions for every page and every engine.

Conditions are combined with AND. Where a case has one value only (its first step, the department
that submitted it) several values mean one of them. Facts are read by `event_columns.load` from
whatever engine holds them, so that a filter keeps the same cases everywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.approval_limit import case_amounts
from opsloop.analysis.event_columns import DAY_US, Columns, Ints, case_spans
from opsloop.analysis.worktime import CLOCK, Calendar, worked_seconds

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Between:
    """A span with both ends included; None leaves an end open."""

    low: float | None = None
    high: float | None = None

    def holds(self, values: NDArray[Any]) -> Mask:
        kept: Mask = np.ones(len(values), dtype=np.bool_)
        if self.low is not None:
            kept &= values >= self.low
        if self.high is not None:
            kept &= values <= self.high
        return kept


@dataclass(frozen=True)
class CaseFilter:
    """Every condition must hold. Empty conditions hold for all."""

    with_steps: tuple[int, ...] = ()  # each of these steps
    without_steps: tuple[int, ...] = ()  # none of these steps
    starts: tuple[int, ...] = ()  # the first step is one of these
    ends: tuple[int, ...] = ()  # the last step is one of these
    follows: tuple[tuple[int, int], ...] = ()  # each a directly followed by its b
    variants: tuple[tuple[int, ...], ...] = ()  # one of these sequences
    started: tuple[Between, ...] = ()  # day of the first instant, since 1970-01-01
    completed: tuple[Between, ...] = ()  # day of the last instant
    within: tuple[Between, ...] = ()  # both
    departments: tuple[int, ...] = ()  # the first row's department is one of these
    handled: tuple[int, ...] = ()  # each of these departments did a step
    people: tuple[int, ...] = ()  # each of these people did a step
    outcomes: tuple[int, ...] = ()  # each of these decisions was taken in the case
    amounts: tuple[Between, ...] = ()  # fen; cases that state none match no span
    hours: tuple[Between, ...] = ()  # cycle time on the calendar of `matching`

    def __bool__(self) -> bool:
        """Is there any condition?"""
        return self != EVERY_CASE


EVERY_CASE = CaseFilter()


def matching(columns: Columns, wanted: CaseFilter, calendar: Calendar = CLOCK) -> Mask:
    """Per case: does it match? `columns` hold instants of the clock, `calendar` counts the hours.

    Read the columns with everything a condition asks about (outcome, resource, department, amount).
    """
    kept: Mask = np.ones(columns.cases, dtype=np.bool_)
    if not columns.cases:
        return kept
    tests = (_of_steps, _of_times, _of_attributes)
    for test in tests:
        for holds in test(columns, wanted, calendar):
            kept &= holds
    return kept


def _of_steps(columns: Columns, wanted: CaseFilter, _calendar: Calendar) -> Iterator[Mask]:
    steps, first = columns.activity, columns.first
    for step in wanted.with_steps:
        yield _any_row(columns, steps == step)
    for step in wanted.without_steps:
        yield ~_any_row(columns, steps == step)
    for one, then in wanted.follows:
        yield _any_row(columns, (steps == then) & (columns.previous(steps) == one))
    if wanted.starts:
        yield np.isin(steps[first], wanted.starts)
    if wanted.ends:
        yield np.isin(steps[np.append(first[1:], len(steps)) - 1], wanted.ends)
    if wanted.variants:
        yield _in_variants(columns, wanted.variants)


def _of_times(columns: Columns, wanted: CaseFilter, calendar: Calendar) -> Iterator[Mask]:
    last_day = np.maximum.reduceat(columns.end, columns.first) // DAY_US
    for span in wanted.started:
        yield span.holds(columns.day)
    for span in wanted.completed:
        yield span.holds(last_day)
    for span in wanted.within:
        yield span.holds(columns.day) & span.holds(last_day)
    if wanted.hours:
        took = cycle_hours(columns, calendar)
        for span in wanted.hours:
            yield span.holds(took)


def cycle_hours(columns: Columns, calendar: Calendar) -> NDArray[np.float64]:
    """Per case, hours of a calendar from the first instant to the last; columns of the clock."""
    begin = columns.begin[columns.first]
    hours: NDArray[np.float64] = worked_seconds(calendar, begin, begin + case_spans(columns)) / 3600
    return hours


def _of_attributes(columns: Columns, wanted: CaseFilter, _calendar: Calendar) -> Iterator[Mask]:
    if wanted.departments:
        yield np.isin(by_value(columns, columns.department), wanted.departments)
    each = (
        (columns.department, wanted.handled), (columns.resource, wanted.people),
        (columns.outcome, wanted.outcomes),
    )  # fmt: skip
    for column, values in each:
        for value in values:
            if column is None:
                yield np.zeros(columns.cases, dtype=np.bool_)
            else:
                yield _any_row(columns, column == value)
    if wanted.amounts:
        amounts = case_amounts(columns)
        for span in wanted.amounts:
            yield span.holds(amounts) & (amounts >= 0)


def _any_row(columns: Columns, rows: Mask) -> Mask:
    found: Mask = np.logical_or.reduceat(rows, columns.first)
    return found


def by_value(columns: Columns, values: Ints | None) -> Ints:
    """Each case's label: the value of its first row; −1 everywhere without the column."""
    if values is None:
        return np.full(columns.cases, -1, dtype=np.int64)
    return values[columns.first].astype(np.int64)


def _in_variants(columns: Columns, variants: Sequence[tuple[int, ...]]) -> Mask:
    found = np.zeros(columns.cases, dtype=np.bool_)
    for variant in variants:
        same = columns.lengths == len(variant)
        for place, step in enumerate(variant):
            rows = np.minimum(columns.first + place, len(columns.activity) - 1)
            same = same & (columns.activity[rows] == step)
        found |= same
    return found
