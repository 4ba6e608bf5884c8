"""Dates, instants and months as people write them: one text in, one value or one fault out.

Everything returned is naive. An instant written with its zone is turned into the local time of
the zone asked for; with none asked for, its clock is kept as written and the zone dropped.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

from opsloop.exchange.problems import Fault
from opsloop.exchange.values import EMPTY, WORDS, plain

DateOrder = Literal["month_first", "day_first"]
Epoch = Literal[1900, 1904]


@dataclass(frozen=True)
class DateReading:
    """How the dates of one column are to be read.

    `order` settles `3/4/2025`; `default_year` completes `6月5日`; `timezone` is the zone whose
    clock the facts use (None: as written); `epoch` reads bare numbers as Excel's day counts.
    """

    order: DateOrder | None = None
    default_year: int | None = None
    timezone: str | None = None
    epoch: Epoch | None = 1900


_DATES = WORDS["dates"]


def _one_of(words: list[str]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in words) + ")"


_TIME = rf"""
    (?:\s*(?P<half>{_one_of(_DATES["morning"] + _DATES["afternoon"])}))?
    \s*(?P<hour>\d{{1,2}})(?::|{_one_of(_DATES["hour"])}(?=$|\d|\s))
    (?:(?P<minute>\d{{1,2}})(?:{_DATES["minute"]}|(?=:|\s|$|[z+-]|{_one_of(["am", "pm", "a.m.", "p.m."])}))
       (?::?(?P<second>\d{{1,2}})(?:[.,](?P<fraction>\d{{1,9}}))?{_DATES["second"]}?)?)?
    (?:\s*(?P<half2>am|pm|a\.m\.|p\.m\.))?
    \s*(?P<zone>z|utc|gmt|[+-]\d{{2}}(?::?\d{{2}})?)?
"""
_TAIL = rf"(?:\s*\(?{_DATES['weekday']}\)?)?(?:(?:t|\s|(?<=\D)){_TIME})?\s*"
_MONTH_NAMES = "|".join(sorted(WORDS["months"], key=len, reverse=True))
_YEAR_FIRST = re.compile(
    rf"""(?P<year>\d{{4}})\s*(?:(?P<sep>[-/.])|{_DATES["year"]})\s*
    (?P<month>\d{{1,2}})\s*(?:(?(sep)(?P=sep)|(?!))|{_DATES["month"][1]})\s*
    (?P<day>\d{{1,2}})(?:\s*{_one_of(_DATES["day"])})?{_TAIL}""",
    re.VERBOSE,
)
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<sep>[-/.])(?P<second_part>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}){_TAIL}",
    re.VERBOSE,
)
_DAY_NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})[-\s/](?P<name>{_MONTH_NAMES})[-\s/,.]+(?P<year>\d{{4}}){_TAIL}",
    re.VERBOSE,
)
_NAME_FIRST = re.compile(
    rf"(?P<name>{_MONTH_NAMES})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_TAIL}", re.VERBOSE
)
_NO_YEAR = re.compile(
    rf"""(?P<month>\d{{1,2}})\s*{_DATES["month"][1]}\s*(?P<day>\d{{1,2}})
    (?:\s*{_one_of(_DATES["day"])})?{_TAIL}""",
    re.VERBOSE,
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20|21)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[t\s]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?(?P<zone>z)?)?"
)
_QUARTER = re.compile(
    rf"\d{{2,4}}\s*(?:{_DATES['year']})?[-/.\s]*(?:q[1-4]|.{{0,3}}{_DATES['quarter']}.{{0,2}})|q[1-4].*"
)
_SERIAL = re.compile(r"\d{1,7}(?:\.\d+)?")
_PERIOD = re.compile(
    rf"(?P<year>\d{{4}})\s*(?:[-/.m]|{_DATES['year']})\s*(?P<month>\d{{1,2}})\s*{_one_of(_DATES['month'])}?"
    r"|(?P<year2>(?:19|20|21)\d{2})(?P<month2>\d{2})"
)
_BARE_MONTH = re.compile(rf"(?P<month>\d{{1,2}}){_one_of(_DATES['month'])}")
_BARE_YEAR = re.compile(r"(?:19|20)\d{2}")

EXCEL_FIRST = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}
# A bare number is a day count only where it gives a plausible date (from 1927 on): `12` in a
# date column is a slip of the keyboard, not the twelfth of January 1900.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 2_957_003


def parse_datetime(text: str, reading: DateReading | None = None) -> datetime | Fault | None:
    """The naive instant a text states, to the microsecond; None when the cell is empty.

    Faults: not_a_date, date_needs_year, date_is_quarter, date_ambiguous.
    """
    reading = reading or DateReading()
    shown = plain(text)
    if shown in EMPTY:
        return None
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _COMPACT, _DAY_NAMED, _NAME_FIRST, _NO_YEAR):
        match = pattern.fullmatch(shown)
        if match is not None:
            return _from_parts(match.groupdict(), reading)
    if _QUARTER.fullmatch(shown):
        return Fault("date_is_quarter")
    if reading.epoch is not None and _SERIAL.fullmatch(shown):
        return _from_serial(float(shown), reading.epoch)
    return Fault("not_a_date")


def parse_date(text: str, reading: DateReading | None = None) -> date | Fault | None:
    """The day a text states; a time of day is dropped. Faults: see parse_datetime."""
    instant = parse_datetime(text, reading)
    return instant.date() if isinstance(instant, datetime) else instant


def parse_period(text: str, reading: DateReading | None = None) -> int | Fault | None:
    """The month a text states as yyyymm: `2024年6月`, `2024-06`, `202406`, or any date in it.

    Faults: not_a_period, date_needs_year, date_is_quarter, date_ambiguous.
    """
    reading = reading or DateReading()
    shown = plain(text)
    if shown in EMPTY:
        return None
    match = _PERIOD.fullmatch(shown)
    if match is not None:
        return _month_number(match["year"] or match["year2"], match["month"] or match["month2"])
    match = _BARE_MONTH.fullmatch(shown)
    if match is not None:
        if reading.default_year is None:
            return Fault("date_needs_year")
        return _month_number(str(reading.default_year), match["month"])
    if _BARE_YEAR.fullmatch(shown):
        return Fault("not_a_period")
    day = parse_date(text, reading)
    if isinstance(day, date):
        return day.year * 100 + day.month
    return Fault("not_a_period") if day is None or day.code == "not_a_date" else day


def _month_number(year: str, month: str) -> int | Fault:
    if not 1 <= int(month) <= 12:
        return Fault("not_a_period")
    return int(year) * 100 + int(month)


def _from_parts(parts: dict[str, str | None], reading: DateReading) -> datetime | Fault:
    first, second_part = parts.get("first"), parts.get("second_part")
    if first and second_part:
        order = _order_of(int(first), int(second_part), reading.order)
        if order is None:
            return Fault("date_ambiguous")
        month, day = (first, second_part) if order == "month_first" else (second_part, first)
    else:
        day = parts["day"] or ""
        month = parts.get("month") or str(WORDS["months"][parts["name"]])
    year = parts.get("year") or reading.default_year
    if year is None:
        return Fault("date_needs_year")
    try:
        return _at_time(datetime(int(year), int(month), int(day)), parts, reading.timezone)
    except (ValueError, OverflowError):
        return Fault("not_a_date")


def _order_of(first: int, second: int, asked: DateOrder | None) -> DateOrder | None:
    if first > 12:
        return "day_first"
    if second > 12:
        return "month_first"
    return asked or ("month_first" if first == second else None)


def _at_time(day: datetime, parts: dict[str, str | None], zone_name: str | None) -> datetime:
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    second = int(parts.get("second") or 0)
    fraction = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    half = parts.get("half") or parts.get("half2")
    if half:
        afternoon = half in _DATES["afternoon"]
        if hour < 12 and afternoon:
            hour += 12
        elif hour == 12 and not afternoon:
            hour = 0
    if hour == 24 and minute == second == fraction == 0:
        hour, day = 0, day + timedelta(days=1)
    instant = day.replace(hour=hour, minute=minute, second=second, microsecond=fraction)
    zone = parts.get("zone")
    if not zone or zone_name is None:
        return instant
    return (
        instant.replace(tzinfo=_offset(zone)).astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)
    )


def _offset(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=minutes if zone[0] == "+" else -minutes))


def _from_serial(serial: float, epoch: Epoch) -> datetime | Fault:
    if not _FIRST_SERIAL <= serial < _LAST_SERIAL:
        return Fault("not_a_date")
    # Excel's doubles carry a time of day to about a microsecond: to the millisecond it is exact.
    return EXCEL_FIRST[epoch] + timedelta(milliseconds=round(serial * 86_400_000))
