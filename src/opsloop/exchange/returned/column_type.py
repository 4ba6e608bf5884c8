"""What type a column has that no form declares: told by its values, then by its heading."""

from collections.abc import Iterable, Mapping

from opsloop.exchange.columns import ColumnType
from opsloop.exchange.dates import DateReading, parse_datetime
from opsloop.exchange.problems import Fault
from opsloop.exchange.returned.headings import WORDS, heading_key, unit_in
from opsloop.exchange.values import is_empty, parse_number, plain

_SAMPLE = 200
# A column may hold a slip or a word such as 待确认 among its values.
_MOST = 0.8
_READING = DateReading(order="month_first", default_year=2000, epoch=None)
_HINTS: Mapping[str, list[str]] = WORDS["types"]


def column_type(heading: str, texts: Iterable[str]) -> ColumnType:
    """The likeliest type: percent, money, hours, number, date, datetime, else text.

    Values decide whether it is a number or a date; whether a number is money or a rate says its
    sign, the unit in the heading or the heading's last word.
    """
    said = [text for text, _ in zip(_said(texts), range(_SAMPLE), strict=False)]
    if not said:
        return _by_heading(heading) or "text"
    numbers = [text for text in said if not isinstance(parse_number(text), Fault)]
    if len(numbers) >= _MOST * len(said):
        return _of_numbers(heading, [plain(text) for text in numbers])
    dates = [text for text in said if not isinstance(parse_datetime(text, _READING), Fault)]
    if len(dates) >= _MOST * len(said):
        timed = any(":" in plain(text) for text in dates)
        return "datetime" if timed else "date"
    return "text"


def _said(texts: Iterable[str]) -> Iterable[str]:
    return (text for text in texts if not is_empty(text))


def _of_numbers(heading: str, numbers: list[str]) -> ColumnType:
    signed = sum("%" in text or "\u2030" in text for text in numbers)
    if signed * 2 > len(numbers):
        return "percent"
    return _by_heading(heading) or "number"


def _by_heading(heading: str) -> ColumnType | None:
    unit, name = unit_in(heading), heading_key(heading)
    if unit == "%" or (not unit and name.endswith(tuple(_HINTS["percent"]))):
        return "percent"
    if unit in WORDS["minutes"]:
        return "hours"
    if unit in WORDS["money"] or (not unit and name.endswith(tuple(_HINTS["money"]))):
        return "money"
    return None
