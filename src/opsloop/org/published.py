"""China's published holidays and make-up workdays, shipped with the product (see published/NOTICE).

No framework here: the command line counts working time on files alone.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from opsloop.analysis.worktime import Calendar, Sessions

DEFAULT_SESSIONS: Final[Sessions] = ((540, 720), (780, 1080))  # 09:00–12:00, 13:00–18:00


@dataclass(frozen=True, order=True)
class PublishedDay:
    """One day that departs from the weekly rule: a day off, or a make-up workday."""

    date: date
    name: str
    is_off: bool


@cache
def shipped_years() -> tuple[int, ...]:
    """Years whose arrangement comes with the product."""
    folder = files("opsloop.org") / "published"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(int(name[:4]) for name in names if name.endswith(".json")))


@cache
def published_days(year: int) -> tuple[PublishedDay, ...]:
    """The arrangement announced for a year; raises `FileNotFoundError` for one not shipped."""
    text = (files("opsloop.org") / "published" / f"{year}.json").read_text(encoding="utf-8")
    return tuple(
        PublishedDay(date.fromisoformat(row["date"]), row["name"], row["off"])
        for row in json.loads(text)["days"]
    )


def calendar_of(sessions: Sessions, days: Iterable[PublishedDay], years: Iterable[int]) -> Calendar:
    """Monday to Friday with the same sessions, changed by the arrangements of the named years."""
    return Calendar(
        weekly=(sessions,) * 5 + ((),) * 2,
        exceptions=MappingProxyType({day.date: () if day.is_off else sessions for day in days}),
        published_years=frozenset(years),
    )


@cache
def published_calendar(sessions: Sessions = DEFAULT_SESSIONS) -> Calendar:
    """The calendar of an ordinary Chinese office over all shipped years."""
    years = shipped_years()
    return calendar_of(sessions, (day for year in years for day in published_days(year)), years)
