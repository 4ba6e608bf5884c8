"""One cell into one value of its column's type, or the fault that names why not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from opsloop.exchange.columns import Column
from opsloop.exchange.dates import DateReading, parse_date, parse_datetime
from opsloop.exchange.problems import Fault
from opsloop.exchange.returned.headings import WORDS, unit_in
from opsloop.exchange.values import EMPTY_IDENTIFIERS, parse_number, plain
from opsloop.exchange.values import WORDS as VALUE_WORDS

_MINUTES: Mapping[str, int] = WORDS["minutes"]
_MONEY: Mapping[str, int] = WORDS["money"]
_UNITS = "|".join(sorted(map(re.escape, _MINUTES), key=len, reverse=True))
_DURATION = re.compile(rf"(?:\d[\d,.]*\s*(?:{_UNITS})\s*)+")
_DURATION_PART = re.compile(rf"(\d[\d,.]*)\s*({_UNITS})")
# What programs write: no unit, no more than 分.
_PLAIN_MONEY = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?")
# An hour has 3,600 seconds: six decimals of an hour are less than four milliseconds.
_HOUR_STEP = Decimal("0.000001")
_TEXTS = frozenset({"text", "long_text", "person", "department"})
_TRUE, _FALSE = frozenset(VALUE_WORDS["true_words"]), frozenset(VALUE_WORDS["false_words"])
_LARGEST = Decimal(10) ** 15


@dataclass(frozen=True)
class CellReader:
    """Reads the cells of one column.

    `heading` is the heading in the file, whose brackets may name another unit than the column's.
    `ours` says the file is our own export, where a text such as 无 was typed on purpose. `dates`
    says how dates are to be read.
    """

    column: Column
    heading: str = ""
    ours: bool = False
    dates: DateReading = field(default_factory=DateReading)

    def read(self, text: str) -> Any:
        """The value of a cell: None when it is empty, a `Fault` when it cannot be read."""
        text = text.strip()
        if self.column.type in _TEXTS:
            if not text or (not self.ours and plain(text) in EMPTY_IDENTIFIERS):
                return None
            return text.replace("\r\n", "\n").replace("\r", "\n")
        if not text:
            return None
        return _READERS[self.column.type](self, text)

    @cached_property
    def unit(self) -> str:
        """The unit of bare numbers: what the heading says, else what the column says."""
        return unit_in(self.heading) or plain(str(self.column.unit))


def _number(reader: CellReader, text: str) -> Any:
    value = parse_number(_without_unit(reader, text))
    if isinstance(value, Decimal):
        return value if abs(value) <= _LARGEST else Fault("out_of_range")
    return value


def _without_unit(reader: CellReader, text: str) -> str:
    """`4.5分` → `4.5` where the column counts 分: a unit that is written out adds nothing."""
    shown = plain(text)
    for unit in (plain(str(reader.column.unit)), unit_in(reader.heading)):
        if unit and shown.endswith(unit) and shown != unit:
            return shown.removesuffix(unit)
    return text


def _money(reader: CellReader, text: str) -> Any:
    if _PLAIN_MONEY.fullmatch(text) and reader.unit not in _MONEY:
        return Decimal(text)
    value = parse_number(text)
    if value is None or isinstance(value, Fault):
        return value
    shown = text if text.isascii() and text[-1].isdigit() else plain(text)
    if "%" in shown or "\u2030" in shown:
        return Fault("not_a_number")
    if not shown.rstrip(")")[-1:].isalpha():
        value *= _MONEY.get(reader.unit, 1)
    if abs(value) > _LARGEST:
        return Fault("out_of_range")
    places = 2 if reader.column.decimals is None else max(reader.column.decimals, 2)
    if -places > int(value.normalize().as_tuple().exponent):
        return Fault("too_precise", {"places": str(places)})
    return value


def _percent(reader: CellReader, text: str) -> Any:
    value = parse_number(text)
    bare = not any(sign in plain(text) for sign in "%\u2030")
    if isinstance(value, Decimal) and bare and reader.unit == "%":
        return value / 100
    return value


def _hours(reader: CellReader, text: str) -> Any:
    shown = plain(text)
    if _DURATION.fullmatch(shown):
        minutes = Decimal(0)
        for amount, unit in _DURATION_PART.findall(shown):
            number = parse_number(amount)
            if not isinstance(number, Decimal):
                return Fault("not_a_duration")
            minutes += number * _MINUTES[unit]
        return _as_hours(minutes)
    value = parse_number(shown)
    if value is None:
        return None
    if isinstance(value, Fault) or value < 0 or "%" in shown or value > _LARGEST:
        return Fault("not_a_duration")
    minutes_each = _MINUTES.get(reader.unit, 60)
    return value if minutes_each == 60 else _as_hours(value * minutes_each)


def _as_hours(minutes: Decimal) -> Decimal:
    return (minutes / 60).quantize(_HOUR_STEP, ROUND_HALF_UP).normalize() + 0


def _date(reader: CellReader, text: str) -> date | Fault | None:
    return parse_date(text, reader.dates)


def _datetime(reader: CellReader, text: str) -> datetime | Fault | None:
    return parse_datetime(text, reader.dates)


def _choice(reader: CellReader, text: str) -> Any:
    shown = plain(text)
    found = reader.column.choice(text)
    if found is not None or shown in EMPTY_IDENTIFIERS:
        return found
    words = dict.fromkeys(reader.column.word(value) for value, _ in reader.column.choices)
    return Fault("unknown_choice", {"choices": " / ".join(words)})


def _boolean(_: CellReader, text: str) -> Any:
    shown = plain(text)
    if shown in _TRUE:
        return True
    if shown in _FALSE:
        return False
    return None if shown in EMPTY_IDENTIFIERS else Fault("not_a_boolean")


_READERS: Mapping[str, Callable[[CellReader, str], Any]] = {
    "number": _number,
    "money": _money,
    "percent": _percent,
    "hours": _hours,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "boolean": _boolean,
}
