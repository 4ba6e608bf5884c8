"""Who works at what, when: the desks of a log, read on the clock.

A desk is a person with one queue. People who are seen doing different steps at the same time have
a desk for each step; a person who does several things of one desk at once is held for a part of
each. Where no person or only ends are known there is no desk, and nobody queues.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import fresh_parts
from opsloop.analysis.event_columns import Columns, Floats, Ints
from opsloop.analysis.timetable import (
    ENOUGH,
    Days,
    Timetable,
    Week,
    days_of,
    learnt_week,
    usual_week,
)  # fmt: skip
from opsloop.analysis.worktime import Calendar

Rows = NDArray[np.intp]

_SIDE_BY_SIDE: Final = 0.02  # of the working time, from which steps are done at once
_PAUSE_HOURS: Final = 0.1  # between two executions that count as one stretch of work
_TINY: Final = 1e-6


@dataclass(frozen=True)
class Desk:
    """A queue with its hours."""

    week: Week
    timetable: Timetable
    held: float  # part of its work hours an execution holds the person


@dataclass(frozen=True)
class Office:
    """A log on the clock, in hours since the first of its days, with the desks it tells of."""

    columns: Columns
    days: Days
    usual: Week
    begin: Floats
    end: Floats
    enabled: Floats
    person: Ints  # −1 unknown
    desk: Ints  # −1 for none
    desks: tuple[Desk, ...]
    steps: Mapping[int, Desk]  # what is known of a step's hours where the person is not

    @cached_property
    def desk_of(self) -> dict[tuple[int, int], int]:
        """(person, step) → their desk."""
        rows = np.flatnonzero(self.desk >= 0)
        keys = zip(self.person[rows].tolist(), self.columns.activity[rows].tolist(), strict=True)
        return dict(zip(keys, self.desk[rows].tolist(), strict=True))

    def timetable_of(self, row: int) -> Timetable:
        at = int(self.desk[row])
        return self.desks[at].timetable if at >= 0 else self.steps[
            int(self.columns.activity[row])
        ].timetable  # fmt: skip

    def work(self) -> Floats:
        """Hours at work from begin to end, per row."""
        found = np.zeros(len(self.begin))
        for rows in (*slices(self.desk), *self._without_desk()):
            timetable = self.timetable_of(int(rows[0]))
            found[rows] = timetable.worked_at(self.end[rows]) - timetable.worked_at(
                self.begin[rows]
            )
        return found

    def _without_desk(self) -> Iterator[Rows]:
        yield from slices(np.where(self.desk < 0, self.columns.activity, -1))

    def last_free(self) -> Floats:
        """Per row, the last instant up to its begin at which its desk was open and not busy.

        An execution ready later would have been begun later, so this is how early its delay may
        have ended; never before it was enabled.
        """
        found = self.begin.copy()
        for rows in slices(self.desk):
            order, begin, end = _in_order(self, rows)
            opens, fresh = fresh_parts(begin, end)
            apart = np.ones(len(order), dtype=np.bool_)
            apart[1:] = opens[1:] > (opens + fresh)[:-1] + _PAUSE_HOURS
            stretch = np.maximum.accumulate(np.where(apart, opens, -np.inf))
            since = np.where(stretch < begin - _TINY, stretch, begin)
            found[order] = self.timetable_of(int(rows[0])).reached_at(since)
        return np.maximum(np.minimum(found, self.begin), self.enabled)


def slices(labels: Ints) -> Iterator[Rows]:
    """The rows of each label from 0 up."""
    order = np.argsort(labels, kind="stable")
    order = order[np.searchsorted(labels[order], 0) :]
    if len(order):
        yield from np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _in_order(office: Office, rows: Rows) -> tuple[Rows, Floats, Floats]:
    """Rows of a desk by begin, with their begins and ends in hours at work."""
    order = rows[np.lexsort((office.end[rows], office.begin[rows]))]
    timetable = office.timetable_of(int(rows[0]))
    return order, timetable.worked_at(office.begin[order]), timetable.worked_at(office.end[order])


def read_office(columns: Columns, calendar: Calendar) -> Office:
    """Learn the desks of a log; `columns` on the clock, `calendar` for its dated days off."""
    enabled = np.minimum(columns.previous(columns.end, 0), columns.begin)
    enabled[columns.first] = columns.begin[columns.first]
    days = days_of(columns.begin, columns.end, enabled, calendar)
    usual = usual_week(columns.begin, columns.end, days)
    person, desk = _desks(columns)

    def learnt(rows: Rows) -> Desk:
        week = learnt_week(columns.begin[rows], columns.end[rows], enabled[rows], days, usual)
        return Desk(week, week.over(days), 1.0)

    steps = {
        step: learnt(np.flatnonzero(columns.activity == step))
        for step in np.unique(columns.activity).tolist()
    }
    found = [
        _held(columns, rows, learnt(rows) if len(rows) >= ENOUGH else steps[
            int(np.bincount(columns.activity[rows]).argmax())
        ])
        for rows in slices(desk)
    ]  # fmt: skip
    begin, end = days.hours(columns.begin), days.hours(columns.end)
    return Office(
        columns, days, usual, begin, end, days.hours(enabled), person, desk, tuple(found), steps
    )


def _desks(columns: Columns) -> tuple[Ints, Ints]:
    """(person, desk) of each row; people who do steps side by side have a desk for each."""
    nobody = np.full(len(columns.activity), -1, dtype=np.int64)
    if columns.resource is None or not columns.has_start:
        return nobody, nobody
    person, desk, count = columns.resource.astype(np.int64), nobody.copy(), 0
    for rows in slices(person):
        parts = [rows[columns.activity[rows] == step] for step in np.unique(columns.activity[rows])]
        apart = sum(_busy(columns, part) for part in parts)
        if _busy(columns, rows) >= (1 - _SIDE_BY_SIDE) * apart:
            parts = [rows]
        for part in parts:
            desk[part] = count
            count += 1
    return person, desk


def _busy(columns: Columns, rows: Rows) -> float:
    """Length of the union of the executions, in µs."""
    order = rows[np.lexsort((columns.end[rows], columns.begin[rows]))]
    return float(fresh_parts(columns.begin[order], columns.end[order])[1].sum())


def _held(columns: Columns, rows: Rows, desk: Desk) -> Desk:
    """The desk with the union of its executions ÷ their sum."""
    whole = float((columns.end[rows] - columns.begin[rows]).sum())
    return Desk(desk.week, desk.timetable, _busy(columns, rows) / whole if whole else 1.0)
