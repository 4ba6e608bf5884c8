"""When somebody is at work, learnt from when they did things and when they let things wait.

A timetable is a week of half hours, laid over the days of a log. Half hours and weekdays are
learnt apart (a director who signs on Tuesday and Friday afternoons has two weekdays and three half
hours), so that a few dozen executions are enough. Where nothing was done because nothing waited,
the hours of the whole log are taken: a desk is closed only where work was seen waiting for it.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.event_columns import DAY_US, HOUR_US, Floats, Ints
from opsloop.analysis.worktime import EPOCH, Calendar

Flags = NDArray[np.bool_]

ENOUGH: Final = 20  # executions that tell of a week
SLOTS: Final = 48  # half hours of a day
_SLOT_US: Final = DAY_US // SLOTS
_SLOT_HOURS: Final = 24 / SLOTS
_RARE: Final = 0.05  # of what the usual half hour has
_SHARE: Final = 0.25  # of the dates of a weekday, beside the busiest weekday
_WAITED: Final = 0.25  # of the dates, from which waiting tells of a closed desk
_BROAD: Final = 4  # weekdays from which a make-up day is worked too
_EXPECTED: Final = 5  # instants on a usual day, from which a day without any is a day off
_WEEKS_BEFORE: Final = 2
_MARGIN_DAYS: Final = 28
_TINY: Final = 1e-6  # hours: rounding must not carry the last instant of a session to the next


@dataclass(frozen=True)
class Days:
    """The days timetables are laid over: from `first` (since 1970-01-01), off or made up."""

    first: int
    off: Flags
    made_up: Flags
    log: slice  # the days the log covers

    @property
    def count(self) -> int:
        return len(self.off)

    @cached_property
    def weekday(self) -> Ints:
        found: Ints = (np.arange(self.first, self.first + self.count) + EPOCH.weekday()) % 7
        return found

    def hours(self, instants: Ints) -> Floats:
        """Instants (µs) in hours since the first of the days."""
        found: Floats = (instants - self.first * DAY_US) / HOUR_US
        return found

    def instants(self, hours: Floats) -> Ints:
        """The instants (µs) that hours stand for."""
        found: Ints = np.rint(hours * HOUR_US).astype(np.int64) + self.first * DAY_US
        return found


def days_of(begin: Ints, end: Ints, enabled: Ints, calendar: Calendar) -> Days:
    """From two weeks before a log to its length after it; days off by the calendar and the log.

    The log tells of a day off where work waited all day and nothing was done, though it usually is.
    """
    instants = np.concatenate([begin, end])
    low, length = int(instants.min()) // DAY_US, int(instants.max() - instants.min()) // DAY_US + 2
    first, before = low - 7 * _WEEKS_BEFORE, 7 * _WEEKS_BEFORE
    count = before + 2 * length + _MARGIN_DAYS
    off, made_up = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    for at in range(count):
        day = EPOCH + timedelta(days=first + at)
        if day in calendar.exceptions:
            off[at] = not calendar.exceptions[day]
            made_up[at] = bool(calendar.exceptions[day]) and not calendar.weekly[day.weekday()]
    days = Days(first, off, made_up, slice(before, before + length))
    done = np.bincount(instants // DAY_US - first, minlength=count)[days.log]
    weekday = days.weekday[days.log]
    usual = np.zeros(len(done))
    for one in np.unique(weekday).tolist():
        usual[weekday == one] = np.median(done[weekday == one])
    waited = _through(enabled, begin, days, DAY_US)[days.log]
    days.off[days.log] |= (usual >= _EXPECTED) & (done == 0) & waited
    if (usual >= _EXPECTED).any():
        busy = np.median(usual[usual >= _EXPECTED])
        days.made_up[days.log] |= (usual < 1) & (done >= busy / 2)
    days.off[days.made_up] = False
    return days


@dataclass(frozen=True)
class Timetable:
    """Sessions in order, in hours since the first of the days; after the last, always at work."""

    opens: tuple[float, ...]
    closes: tuple[float, ...]

    @cached_property
    def before(self) -> tuple[float, ...]:
        """Hours worked before each session."""
        lengths = np.subtract(self.closes[:-1], self.opens[:-1])
        return (0.0, *np.cumsum(lengths).tolist())

    def worked(self, at: float) -> float:
        """Hours at work until an instant."""
        place = bisect_right(self.opens, at) - 1
        if place < 0:
            return 0.0
        return self.before[place] + min(at, self.closes[place]) - self.opens[place]

    def reached(self, worked: float) -> float:
        """The first instant by which so many hours are worked."""
        place = max(bisect_left(self.before, worked - _TINY) - 1, 0)
        return self.opens[place] + worked - self.before[place]

    def next_open(self, at: float) -> float:
        """The instant itself when at work, else the next opening."""
        place = bisect_right(self.opens, at) - 1
        if place >= 0 and at < self.closes[place]:
            return at
        return self.opens[place + 1]

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        return np.asarray(self.opens), np.asarray(self.closes), np.asarray(self.before)

    def worked_at(self, instants: Floats) -> Floats:
        """`worked` of many instants."""
        opens, closes, before = self._arrays
        place = np.searchsorted(opens, instants, side="right") - 1
        at = np.maximum(place, 0)
        found: Floats = before[at] + np.minimum(instants, closes[at]) - opens[at]
        return np.where(place < 0, 0.0, found)

    def reached_at(self, worked: Floats) -> Floats:
        """`reached` of many amounts."""
        opens, _, before = self._arrays
        place = np.maximum(np.searchsorted(before, worked - _TINY, side="left") - 1, 0)
        found: Floats = opens[place] + worked - before[place]
        return found


@dataclass(frozen=True)
class Week:
    """Half hours of the day and weekdays on which work is done."""

    hours: Flags
    weekdays: Flags

    def daily(self, usual: "Week") -> "Week":
        """The same hours on every weekday usually worked."""
        return Week(self.hours, self.weekdays | usual.weekdays)

    def over(self, days: Days) -> Timetable:
        broad = self.weekdays.sum() >= _BROAD
        works = (self.weekdays[days.weekday] & ~days.off) | (days.made_up & broad)
        slots = (works[:, None] & self.hours[None, :]).reshape(-1)
        edges = np.diff(slots.astype(np.int8), prepend=0, append=0)
        opens, closes = (np.flatnonzero(edges == side) * _SLOT_HOURS for side in (1, -1))
        end = len(slots) * _SLOT_HOURS
        return Timetable((*opens.tolist(), end), (*closes.tolist(), float("inf")))


ALWAYS: Final = Week(np.ones(SLOTS, dtype=np.bool_), np.ones(7, dtype=np.bool_))


def usual_week(begin: Ints, end: Ints, days: Days, otherwise: Week = ALWAYS) -> Week:
    """The week of a log as a whole; too few instants tell of none."""
    if len(begin) < ENOUGH:
        return otherwise
    done = _done(begin, end, days)
    return Week(_hours_used(done), _weekdays_used(done, days))


def learnt_week(begin: Ints, end: Ints, enabled: Ints, days: Days, usual: Week) -> Week:
    """The week of one desk from its executions, and from what waited for it (µs of the clock)."""
    if len(begin) < ENOUGH:
        return usual
    done = _done(begin, end, days)
    worked = usual.weekdays[days.weekday] & ~days.off
    waited = _waited(enabled, begin, days) & (done == 0) & worked[:, None] & usual.hours[None, :]
    weekdays = _weekdays_used(done, days)
    dates = np.bincount(days.weekday[days.log], minlength=7)
    let_wait = np.bincount(days.weekday, weights=waited.any(axis=1), minlength=7)
    weekdays |= usual.weekdays & (let_wait < _WAITED * dates)
    hours = _hours_used(done)
    at_desk = (worked & weekdays[days.weekday])[days.log]
    idle = waited[days.log][at_desk].sum(axis=0)
    hours |= usual.hours & (idle < _WAITED * at_desk.sum())
    return Week(hours, weekdays)


def _done(begin: Ints, end: Ints, days: Days) -> Ints:
    """Begins and ends per day and half hour; an end at the close of a session belongs to it."""
    instants = np.concatenate([begin, np.maximum(end - 1, begin)]) - days.first * DAY_US
    return np.bincount(instants // _SLOT_US, minlength=days.count * SLOTS).reshape(-1, SLOTS)


def _waited(enabled: Ints, begin: Ints, days: Days) -> Flags:
    return _through(enabled, begin, days, _SLOT_US).reshape(-1, SLOTS)


def _through(enabled: Ints, begin: Ints, days: Days, unit: int) -> Flags:
    """Units of the days (half hours, days) all through which something waited."""
    origin = days.first * DAY_US
    first = -((origin - enabled) // unit)  # the first whole unit
    last = np.maximum((begin - origin) // unit, first)
    size = days.count * (DAY_US // unit) + 1
    change = np.bincount(first, minlength=size) - np.bincount(last, minlength=size)
    found: Flags = np.cumsum(change)[:-1] > 0
    return found


def _hours_used(done: Ints) -> Flags:
    hours = done.sum(axis=0)
    usual = float(np.median(hours[hours > 0]))
    used: Flags = hours >= max(_RARE * usual, min(2, int(hours.max())))
    return used


def _weekdays_used(done: Ints, days: Days) -> Flags:
    plain = done.any(axis=1) & ~days.made_up
    open_days = np.zeros(days.count, dtype=np.bool_)
    open_days[days.log] = ~days.off[days.log]
    dates = np.bincount(days.weekday[open_days], minlength=7)
    share = np.bincount(days.weekday[plain], minlength=7) / np.maximum(dates, 1)
    used: Flags = share >= _SHARE * share.max() if share.any() else np.ones(7, dtype=np.bool_)
    return used
