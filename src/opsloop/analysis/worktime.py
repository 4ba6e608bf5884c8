"""Working time between two instants, on a calendar of weekly sessions and dated exceptions.

`W(t)` is the working time from 1970-01-01 to `t`; a duration is `W(end) − W(start)`, so durations
add up exactly. `W` is a prefix sum over days plus the part of the day's sessions already worked:
a table of a few thousand days serves any number of instants. Instants are naive wall-clock
microseconds in the organisation's zone, as facts store them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Session = tuple[int, int]  # minutes of the day, half-open; 1440 is the midnight that ends the day
Sessions = tuple[Session, ...]
Instants = NDArray[np.int64]

DAY_MINUTES: Final = 1440
DAY_SECONDS: Final = 86_400
SECOND_US: Final = 1_000_000
WHOLE_DAY: Final[Sessions] = ((0, DAY_MINUTES),)
EPOCH: Final = date(1970, 1, 1)
EPOCH_WEEKDAY: Final = EPOCH.weekday()
# Instants worked on at once: the intermediate arrays stay in the processor's cache.
CHUNK: Final = 16_384


class BadSessions(ValueError):
    """Sessions outside 0–1440, empty, out of order or overlapping; or a week without seven days."""


class NoWorkingTime(ValueError):
    """The calendar has no working time left on the side searched."""


@dataclass(frozen=True)
class Calendar:
    """Weekly sessions (Monday first), dated exceptions that replace a day, and known years.

    An exception of `()` is a day off; any other tuple is a make-up workday or special hours.
    `published_years` names the years whose official arrangement is in `exceptions`; it stays empty
    for a calendar that needs none.
    """

    weekly: tuple[Sessions, ...]
    exceptions: Mapping[date, Sessions] = field(default_factory=lambda: MappingProxyType({}))
    published_years: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise BadSessions(f"a week has 7 days, not {len(self.weekly)}")
        for sessions in (*self.weekly, *self.exceptions.values()):
            check_sessions(sessions)

    def sessions_on(self, day: date) -> Sessions:
        return self.exceptions.get(day, self.weekly[day.weekday()])


def check_sessions(sessions: Sessions) -> None:
    """Raise `BadSessions` unless the sessions are in order, apart and inside the day."""
    previous_end = 0
    for start, end in sessions:
        if not previous_end <= start < end <= DAY_MINUTES:
            raise BadSessions(f"sessions {sessions!r} are not in order within 0–{DAY_MINUTES}")
        previous_end = end


CLOCK: Final = Calendar(weekly=(WHOLE_DAY,) * 7)  # clock time: every second counts


# ── durations ────────────────────────────────────────────────────────────────────────────────


def cumulative_seconds(calendar: Calendar, instants_us: Instants) -> Instants:
    """`W(t)`: whole working seconds since 1970-01-01 00:00 (negative before it)."""
    instants = np.ascontiguousarray(instants_us, dtype=np.int64)
    if calendar.weekly == CLOCK.weekly and not calendar.exceptions:
        return instants // SECOND_US
    if instants.size == 0:
        return np.zeros(instants.shape, dtype=np.int64)
    table = _DayTable.covering(calendar, int(instants.min()), int(instants.max()))
    result = np.empty(instants.shape, dtype=np.int64)
    source, target = instants.ravel(), result.ravel()
    for low in range(0, source.size, CHUNK):
        target[low : low + CHUNK] = table.worked_until(source[low : low + CHUNK])
    return result


def worked_seconds(calendar: Calendar, start_us: Instants, end_us: Instants) -> Instants:
    """Whole working seconds from each start to its end; negative when the end comes first."""
    return cumulative_seconds(calendar, end_us) - cumulative_seconds(calendar, start_us)


def unpublished_years(calendar: Calendar, instants_us: Instants) -> tuple[int, ...]:
    """Years touched whose official arrangement is not known yet: their days are provisional.

    Such days follow the weekly rule. A calendar that needs no arrangement reports none.
    """
    if not calendar.published_years or instants_us.size == 0:
        return ()
    days = np.asarray(instants_us, dtype=np.int64) // (DAY_SECONDS * SECOND_US)
    first = int(days.min())
    seen = np.zeros(int(days.max()) - first + 1, dtype=np.bool_)
    seen[days - first] = True
    years = (np.flatnonzero(seen) + first).astype("datetime64[D]").astype("datetime64[Y]")
    found = {int(year) + 1970 for year in np.unique(years).astype(np.int64)}
    return tuple(sorted(found - calendar.published_years))


def is_provisional(calendar: Calendar, day: date) -> bool:
    """Is this day only assumed, because its year's arrangement is not published?"""
    return bool(calendar.published_years) and day.year not in calendar.published_years


@dataclass(frozen=True)
class _DayTable:
    """Per day from `first_day`: seconds worked before it, and its sessions as seconds of the day.

    Days with fewer sessions than the longest are filled with empty ones (start = end = 0).
    """

    first_day: int
    before: Instants
    opens: tuple[Instants, ...]
    closes: tuple[Instants, ...]

    @classmethod
    def covering(cls, calendar: Calendar, low_us: int, high_us: int) -> "_DayTable":
        """Build the table for instants between two bounds; the epoch always lies inside it."""
        day_us = DAY_SECONDS * SECOND_US
        first, last = min(low_us // day_us, 0), max(high_us // day_us, 0)
        kinds, patterns = _day_kinds(calendar, first, last)
        slots = max(1, *(len(sessions) for sessions in patterns))
        edges = np.zeros((len(patterns), slots, 2), dtype=np.int64)
        for row, sessions in enumerate(patterns):
            for slot, (start, end) in enumerate(sessions):
                edges[row, slot] = start * 60, end * 60
        worked = (edges[:, :, 1] - edges[:, :, 0]).sum(axis=1)[kinds]
        before = np.cumsum(worked) - worked
        return cls(
            first_day=first,
            before=before - before[-first],
            opens=tuple(edges[kinds, slot, 0] for slot in range(slots)),
            closes=tuple(edges[kinds, slot, 1] for slot in range(slots)),
        )

    def worked_until(self, instants_us: Instants) -> Instants:
        seconds = instants_us // SECOND_US
        row = seconds // DAY_SECONDS
        of_day = seconds - row * DAY_SECONDS
        row -= self.first_day
        total = self.before.take(row)
        for opens, closes in zip(self.opens, self.closes, strict=True):
            open_at = opens.take(row)
            inside = np.minimum(of_day, closes.take(row))
            np.maximum(inside, open_at, out=inside)
            inside -= open_at
            total += inside
        return total


def _day_kinds(
    calendar: Calendar, first: int, last: int
) -> tuple[NDArray[np.intp], list[Sessions]]:
    """Number the distinct days of the calendar; per day of the range, its number."""
    patterns = list(dict.fromkeys((*calendar.weekly, *calendar.exceptions.values())))
    number = {sessions: index for index, sessions in enumerate(patterns)}
    of_weekday = np.array([number[sessions] for sessions in calendar.weekly], dtype=np.intp)
    kinds = of_weekday[(np.arange(first, last + 1) + EPOCH_WEEKDAY) % 7]
    for day, sessions in calendar.exceptions.items():
        index = (day - EPOCH).days - first
        if 0 <= index < kinds.size:
            kinds[index] = number[sessions]
    return kinds, patterns


# ── due instants and workdays ────────────────────────────────────────────────────────────────


def add_working_time(calendar: Calendar, start: datetime, seconds: int) -> datetime:
    """The earliest instant by which `seconds` of working time have passed since `start` (naive).

    Raises `NoWorkingTime` when the calendar ends before, `ValueError` for negative seconds.
    """
    if seconds < 0:
        raise ValueError("working time can only be added forwards")
    left = timedelta(seconds=seconds)
    if not left:
        return start
    moment, day = start, start.date()
    while True:
        midnight = datetime.combine(day, datetime.min.time())
        for session_start, session_end in calendar.sessions_on(day):
            opens = max(moment, midnight + timedelta(minutes=session_start))
            closes = midnight + timedelta(minutes=session_end)
            if closes - opens >= left:
                return opens + left
            left -= max(closes - opens, timedelta(0))
        day = _next_workday(calendar, day, step=1)


def is_workday(calendar: Calendar, day: date) -> bool:
    return bool(calendar.sessions_on(day))


def add_workdays(calendar: Calendar, day: date, count: int) -> date:
    """The `count`-th workday after `day` (before it when negative); zero leaves the day as it is.

    Raises `NoWorkingTime` when the calendar has not that many workdays.
    """
    step = 1 if count > 0 else -1
    for _ in range(abs(count)):
        day = _next_workday(calendar, day, step=step)
    return day


def workdays_between(calendar: Calendar, first: date, last: date) -> int:
    """Workdays from `first` to `last`, both included; 0 when `last` comes before `first`."""
    if last < first:
        return 0
    low, high = (first - EPOCH).days, (last - EPOCH).days
    kinds, patterns = _day_kinds(calendar, low, high)
    return int(np.array([bool(sessions) for sessions in patterns])[kinds].sum())


def _next_workday(calendar: Calendar, day: date, *, step: int) -> date:
    """The next day with sessions, strictly after (`step` 1) or before (−1) `day`."""
    if not any(calendar.weekly):
        ahead = (d for d, s in calendar.exceptions.items() if s and (d - day).days * step > 0)
        found = min(ahead, key=lambda d: (d - day).days * step, default=None)
        if found is None:
            raise NoWorkingTime(f"no working time on this side of {day}")
        return found
    limit = date.max if step > 0 else date.min
    while day != limit:
        day += timedelta(days=step)
        if calendar.sessions_on(day):
            return day
    raise NoWorkingTime("no working time before the end of the calendar")


# ── putting calendars together ───────────────────────────────────────────────────────────────


def combine(
    company: Calendar,
    department: Calendar | None = None,
    leave: Mapping[date, Sessions] | None = None,
) -> Calendar:
    """Working time that the company and the department share, less a person's absences.

    `leave` maps a day to the sessions of absence (`WHOLE_DAY` for the full day). A year counts as
    published when each calendar that needs an arrangement knows it.
    """
    both = department or CLOCK
    absent = leave or {}
    days = {*company.exceptions, *both.exceptions, *absent}
    exceptions = {
        day: without(
            intersect(company.sessions_on(day), both.sessions_on(day)), absent.get(day, ())
        )
        for day in sorted(days)
    }
    needed = [c.published_years for c in (company, both) if c.published_years]
    return Calendar(
        weekly=tuple(map(intersect, company.weekly, both.weekly)),
        exceptions=MappingProxyType(exceptions),
        published_years=frozenset.intersection(*needed) if needed else frozenset(),
    )


def intersect(one: Sessions, other: Sessions) -> Sessions:
    """Minutes that both lists of sessions cover."""
    overlaps = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((start, end) for start, end in overlaps if start < end))


def without(sessions: Sessions, absent: Sequence[Session]) -> Sessions:
    """Sessions less the minutes of `absent`."""
    if not absent:
        return sessions
    return intersect(sessions, _gaps(sorted(absent)))


def _gaps(sessions: Iterable[Session]) -> Sessions:
    """The rest of the day around sessions in order of their start (they may overlap)."""
    gaps: list[Session] = []
    free_from = 0
    for start, end in sessions:
        if start > free_from:
            gaps.append((free_from, start))
        free_from = max(free_from, end)
    if free_from < DAY_MINUTES:
        gaps.append((free_from, DAY_MINUTES))
    return tuple(gaps)


def fingerprint(calendar: Calendar) -> str:
    """A short digest that is equal for calendars that count time alike; stored with figures."""
    text = json.dumps(
        [
            calendar.weekly,
            [[str(day), calendar.exceptions[day]] for day in sorted(calendar.exceptions)],
            sorted(calendar.published_years),
        ],
        separators=(",", ":"),
    )
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
