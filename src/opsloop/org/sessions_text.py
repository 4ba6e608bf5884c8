"""Sessions and day lists as people type them: `09:00-12:00, 13:00-18:00`; `2027-02-05..2027-02-11 春节`."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from opsloop.analysis.worktime import BadSessions, Sessions, check_sessions
from opsloop.org.published import PublishedDay

_SESSION: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-\u2013\u2014~\u81f3]\s*(\d{1,2}):(\d{2})")
_BETWEEN: Final = re.compile(r"[\s,;\u3001]*")
_DAYS: Final = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:\.\.|~|\u81f3)\s*(\d{4}-\d{1,2}-\d{1,2}))?\s*(.*)"
)
LONGEST_SPAN: Final = 31
# Full-width colon, comma, semicolon and hyphen, as Chinese input methods write them.
_FULL_WIDTH: Final = str.maketrans("\uff1a\uff0c\uff1b\uff0d", ":,;-")


class NotUnderstood(ValueError):
    """The text holds something that is no session or no day; `str()` is that part."""


def parse_sessions(text: str) -> Sessions:
    """Sessions of a day; empty text is none. Raises `NotUnderstood`, `BadSessions`."""
    rest = _BETWEEN.sub(" ", _SESSION.sub("", text.translate(_FULL_WIDTH))).strip()
    if rest:
        raise NotUnderstood(rest)
    found = []
    for hour, minute, to_hour, to_minute in _SESSION.findall(text.translate(_FULL_WIDTH)):
        if int(minute) > 59 or int(to_minute) > 59:
            raise BadSessions(text)
        found.append((int(hour) * 60 + int(minute), int(to_hour) * 60 + int(to_minute)))
    sessions = tuple(found)
    check_sessions(sessions)
    return sessions


def format_sessions(sessions: Sessions) -> str:
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in sessions)


def parse_days(text: str, *, is_off: bool) -> list[PublishedDay]:
    """One day or span of days a line, then its name. Raises `NotUnderstood` with the line."""
    found: list[PublishedDay] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _DAYS.fullmatch(line)
        if match is None:
            raise NotUnderstood(line)
        found.extend(PublishedDay(day, match[3].strip(), is_off) for day in _span(match, line))
    return found


def format_days(days: list[PublishedDay]) -> str:
    return "\n".join(f"{day.date} {day.name}" for day in days)


def _span(match: re.Match[str], line: str) -> Iterator[date]:
    try:
        first = _date(match[1])
        last = _date(match[2]) if match[2] else first
    except ValueError as problem:
        raise NotUnderstood(line) from problem
    if not first <= last < first + timedelta(days=LONGEST_SPAN):
        raise NotUnderstood(line)
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _date(text: str) -> date:
    year, month, day = map(int, text.split("-"))
    return date(year, month, day)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
