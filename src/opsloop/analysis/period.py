"""Periods of the calendar: the day, ISO week, month, quarter or year a number belongs to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, Self

PeriodKind = Literal["day", "week", "month", "quarter", "year"]
KINDS: Final[tuple[PeriodKind, ...]] = ("day", "week", "month", "quarter", "year")
MONTHS: Final[dict[PeriodKind, int]] = {"month": 1, "quarter": 3, "year": 12}
DAYS: Final[dict[PeriodKind, int]] = {"day": 1, "week": 7}
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?:W(?P<week>\d{2})|Q(?P<quarter>[1-4])|(?P<month>\d{2})(?:-(?P<day>\d{2}))?))?",
    re.ASCII,
)


class BadPeriod(ValueError):
    """A text is not a period, or a date is not the first day of one."""


@dataclass(frozen=True, order=True)
class Period:
    """One period, known by its kind and first day. Weeks are ISO weeks (Monday first)."""

    kind: PeriodKind
    start: date

    def __post_init__(self) -> None:
        if self.kind not in KINDS or _first_day(self.kind, self.start) != self.start:
            raise BadPeriod(f"{self.start} is not the first day of a {self.kind}")

    @classmethod
    def containing(cls, kind: PeriodKind, day: date) -> Self:
        """The period of this kind that `day` lies in."""
        return cls(kind, _first_day(kind, day))

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read `2024`, `2024-Q2`, `2024-06`, `2024-W23` or `2024-06-05`; raises `BadPeriod`.

        Only years 1900 to 2999 are read, so that neighbours of what was read always exist.
        """
        written = _WRITTEN.fullmatch(key)
        if written is None or not "1900" <= written["year"] <= "2999":
            raise BadPeriod(f"{key!r} is not a period")
        year = int(written["year"])
        try:
            if written["week"]:
                return cls("week", date.fromisocalendar(year, int(written["week"]), 1))
            if written["quarter"]:
                return cls("quarter", date(year, 3 * int(written["quarter"]) - 2, 1))
            if written["day"]:
                return cls("day", date(year, int(written["month"]), int(written["day"])))
            if written["month"]:
                return cls("month", date(year, int(written["month"]), 1))
            return cls("year", date(year, 1, 1))
        except ValueError as error:
            raise BadPeriod(f"{key!r} is not a period") from error

    @property
    def key(self) -> str:
        """The canonical text, which `parse` reads back; sorts in time within a kind."""
        if self.kind == "day":
            return self.start.isoformat()
        if self.kind == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year:04d}-W{week:02d}"
        if self.kind == "quarter":
            return f"{self.start.year:04d}-Q{(self.start.month + 2) // 3}"
        return self.start.isoformat()[: 7 if self.kind == "month" else 4]

    @property
    def end(self) -> date:
        """The first day after the period."""
        return self.shift(1).start

    def shift(self, count: int) -> Self:
        """The period `count` steps later (earlier when negative)."""
        if self.kind in DAYS:
            return type(self)(self.kind, self.start + timedelta(days=DAYS[self.kind] * count))
        months = self.start.year * 12 + self.start.month - 1 + MONTHS[self.kind] * count
        return type(self)(self.kind, date(months // 12, months % 12 + 1, 1))

    def next(self) -> Self:
        return self.shift(1)

    def previous(self) -> Self:
        return self.shift(-1)

    def through(self, last: Self) -> Iterator[Self]:
        """Every period from here up to and including `last`, which is of the same kind."""
        period = self
        while period <= last:
            yield period
            period = period.next()

    def __str__(self) -> str:
        return self.key


def _first_day(kind: PeriodKind, day: date) -> date:
    if kind == "day":
        return day
    if kind == "week":
        return day - timedelta(days=day.weekday())
    if kind == "month":
        return day.replace(day=1)
    if kind == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)
