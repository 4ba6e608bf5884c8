"""Whole columns of text into typed columns: the common forms vectorised, the rest once each.

Every function returns a `ParsedColumn`. The common forms of a column (plain numbers, one date
pattern) are read by the engine; each distinct text left over goes once through the scalar parser
of `values` or `dates`, which decides. Both ways read a text alike: a property test holds them to it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import polars as pl

from opsloop.exchange.dates import (
    EXCEL_FIRST,
    DateOrder,
    DateReading,
    parse_date,
    parse_datetime,
    parse_period,
)
from opsloop.exchange.problems import Fault
from opsloop.exchange.values import (
    EMPTY,
    EMPTY_IDENTIFIERS,
    WORDS,
    Rounding,
    is_empty,
    parse_scaled,
    plain,
)

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1)
_DAY_US = 86_400_000_000
_LONGEST_EMPTY = max(map(len, EMPTY))


@dataclass(frozen=True)
class ParsedColumn:
    """A typed column and what could not be read. `values` is null where a cell is empty or wrong.

    `faults` is keyed by the text as it stands in the column.
    """

    values: pl.Series
    faults: Mapping[str, Fault]

    def wrong(self, texts: pl.Series) -> pl.Series:
        """A mask of the rows whose text has a fault."""
        if not self.faults:
            return pl.repeat(False, texts.len(), dtype=pl.Boolean, eager=True)
        return texts.is_in(pl.Series(list(self.faults), dtype=pl.String).implode()).fill_null(False)


def read_scaled(texts: pl.Series, places: int, rounding: Rounding = "refuse") -> ParsedColumn:
    """Amounts as 64-bit integers of 10^-places units (2: 分, 3: thousandths)."""
    whole = r"(?:\d{1,12}|\d{1,3}(?:,\d{3}){1,3})"
    easy = texts.str.contains(rf"^[+-]?{whole}(?:\.\d{{0,{places}}}0{{0,12}})?$")
    bare = texts.str.replace_all(",", "", literal=True)
    fast = bare.set(~easy, None).cast(pl.Decimal(38, places), strict=False).to_physical()
    fast = fast.cast(pl.Int64)
    long = ~easy & texts.str.contains(r"^-?\d{1,9}\.\d{8,17}$")
    if long.any():
        fast = fast.zip_with(fast.is_not_null(), _of_doubles(texts.set(~long, None), places))
    return _finish(texts, fast, lambda text: parse_scaled(text, places, rounding))


def _of_doubles(texts: pl.Series, places: int) -> pl.Series:
    """The integers of doubles printed in full, where the integer gives the same double back."""
    doubles = texts.cast(pl.Float64, strict=False)
    scaled = (doubles * 10**places).round()
    same = scaled / 10.0**places == doubles
    return pl.select(pl.when(same).then(scaled).cast(pl.Int64)).to_series()


def read_datetimes(texts: pl.Series, reading: DateReading) -> ParsedColumn:
    """Naive local instants as microseconds since 1970."""
    fast = _fast_instants(texts, reading)

    def slow(text: str) -> int | Fault | None:
        value = parse_datetime(text, reading)
        return _microseconds(value) if isinstance(value, datetime) else value

    return _finish(texts, fast, slow)


def read_days(texts: pl.Series, reading: DateReading) -> ParsedColumn:
    """Days since 1970-01-01."""

    def slow(text: str) -> int | Fault | None:
        value = parse_date(text, reading)
        if value is None or isinstance(value, Fault):
            return value
        return (value - _EPOCH.date()).days

    return _finish(texts, _fast_instants(texts, reading) // _DAY_US, slow)


def read_periods(texts: pl.Series, reading: DateReading) -> ParsedColumn:
    """Months as yyyymm."""
    # A ledger of millions of lines has a few hundred distinct dates: each is read once.
    return _finish(texts, _nothing(texts), lambda text: parse_period(text, reading))


def read_choices(texts: pl.Series, numbers: Mapping[str, int], code: str) -> ParsedColumn:
    """Words as the number each stands for; any other word is the fault `code`."""

    def slow(text: str) -> int | Fault | None:
        if is_empty(text):
            return None
        return numbers.get(plain(text), Fault(code))

    return _finish(texts, _nothing(texts), slow)


def read_texts(texts: pl.Series, *, identifiers: bool = False) -> pl.Series:
    """Names without outer blanks; a cell that says "nothing" (`无`, `-`, `N/A`) becomes null.

    Among identifiers `NA` is an identifier.
    """
    shown = texts.str.strip_chars()
    short = shown.filter(shown.str.len_chars() <= _LONGEST_EMPTY).unique()
    empty = EMPTY_IDENTIFIERS if identifiers else EMPTY
    blank = [text for text in short if plain(text) in empty]
    return shown.set(shown.is_in(pl.Series(blank, dtype=pl.String).implode()), None)


def date_order(texts: pl.Series) -> DateOrder | None:
    """Whether a column writes 3/14/2025 or 14/3/2025, told by the days above 12.

    None when no such day occurs or both orders do: then only a person can say.
    """
    parts = texts.str.extract_groups(r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}")
    first = parts.struct.field("1").cast(pl.Int16)
    second = parts.struct.field("2").cast(pl.Int16)
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    if day_first == month_first:
        return None
    return "day_first" if day_first else "month_first"


def _finish(
    texts: pl.Series, fast: pl.Series, slow: Callable[[str], int | Fault | None]
) -> ParsedColumn:
    """Give each distinct text the fast way left over to the scalar parser, once."""
    open_texts = texts.filter(fast.is_null() & texts.is_not_null()).unique().to_list()
    faults: dict[str, Fault] = {}
    found: dict[str, int] = {}
    for text in open_texts:
        value = slow(text)
        if isinstance(value, Fault):
            faults[text] = value
        elif value is not None:
            found[text] = value
    if not found:
        return ParsedColumn(fast, faults)
    late = texts.replace_strict(
        list(found), list(found.values()), default=None, return_dtype=pl.Int64
    )
    return ParsedColumn(fast.zip_with(fast.is_not_null(), late), faults)


def _nothing(texts: pl.Series) -> pl.Series:
    return pl.repeat(None, texts.len(), dtype=pl.Int64, eager=True)


_CHINESE = re.compile(
    r"^(\d{{4}}){year}(\d\d?){month}(\d\d?){day}".format(
        year=WORDS["dates"]["year"], month=WORDS["dates"]["month"][1], day=WORDS["dates"]["day"][0]
    )
)
_PATTERN = re.compile(
    r"(?:(?P<ymd>\d{4}([-/.])\d{1,2}\2\d{1,2})|(?P<last>\d{1,2}([-/.])\d{1,2}\4\d{4}))"
    r"(?:(?P<gap>[ T])\d{1,2}:\d{2}(?P<second>:\d{2}(?P<fraction>\.\d{1,9})?)?)?"
    r"(?P<zone>[+-]\d{2}:?\d{2}|Z)?"
)


def _fast_instants(texts: pl.Series, reading: DateReading) -> pl.Series:
    """Microseconds for the texts of the one or two patterns most of a column is written in."""
    done = _nothing(texts)
    for _ in range(2):
        rest = texts.set(done.is_not_null(), None)
        sample = rest.drop_nulls().head(1).to_list()
        if not sample:
            break
        found = _of_pattern(rest, sample[0], reading)
        if found is None:
            break
        done = done.zip_with(done.is_not_null(), found)
    return done


def _of_pattern(texts: pl.Series, sample: str, reading: DateReading) -> pl.Series | None:
    if reading.epoch is not None and re.fullmatch(r"\d{5}(?:\.\d+)?", sample):
        return _of_serials(texts, EXCEL_FIRST[reading.epoch])
    if _CHINESE.match(sample):
        texts = texts.str.replace(_CHINESE.pattern, "${1}-${2}-${3}")
        sample = _CHINESE.sub(r"\1-\2-\3", sample)
    match = _PATTERN.fullmatch(sample)
    if match is None or (match["last"] and reading.order is None):
        return None
    pattern, shape = _format_of(match, reading)
    fitting = texts.set(~texts.str.contains(shape), None)
    if not match["zone"]:
        return fitting.str.to_datetime(pattern, strict=False, time_unit="us").to_physical()
    if reading.timezone is None:
        clock = fitting.str.replace(r"(?:[+-]\d\d:?\d\d|Z)$", "")
        bare = pattern.removesuffix("%#z")
        return clock.str.to_datetime(bare, strict=False, time_unit="us").to_physical()
    zoned = fitting.str.to_datetime(pattern, strict=False, time_unit="us", time_zone="UTC")
    local = zoned.dt.convert_time_zone(reading.timezone).dt.replace_time_zone(None)
    return local.to_physical()


def _format_of(match: "re.Match[str]", reading: DateReading) -> tuple[str, str]:
    """The engine's format of a sample, and the exact shape of the texts it may be used on."""
    separator = match[2] or match[4]
    last = "%m{0}%d{0}%Y" if reading.order == "month_first" else "%d{0}%m{0}%Y"
    pattern = ("%Y{0}%m{0}%d" if match["ymd"] else last).format(separator)
    shape = r"\d{4}{0}\d\d?{0}\d\d?" if match["ymd"] else r"\d\d?{0}\d\d?{0}\d{4}"
    shape = shape.replace("{0}", re.escape(separator))
    if match["gap"]:
        pattern += match["gap"] + "%H:%M"
        shape += match["gap"] + r"\d\d?:\d\d"
    if match["second"]:
        pattern += ":%S"
        shape += r":\d\d"
    if match["fraction"]:
        pattern += "%.f"
        shape += r"\.\d{1,9}"
    if match["zone"]:
        pattern += "%#z"
        shape += r"(?:[+-]\d\d:?\d\d|Z)"
    return pattern, f"^{shape}$"


def _of_serials(texts: pl.Series, first: datetime) -> pl.Series:
    fitting = texts.set(~texts.str.contains(r"^[1-9]\d{4}(?:\.\d{1,12})?$"), None)
    milliseconds = (fitting.cast(pl.Float64, strict=False) * 86_400_000).round().cast(pl.Int64)
    return milliseconds * 1000 + _microseconds(first)


def _microseconds(value: datetime) -> int:
    gap = value - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds
