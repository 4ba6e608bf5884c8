"""Numbers as people write them: one text in, one exact value or one named fault out.

`50万`, `1.2亿`, `￥1,234.50`, `15%`, `(1,234)`, `+150,000`, full-width digits. Money and quantities
never pass through binary floats; what cannot be read exactly is a fault, never a guess.
"""

import re
import tomllib
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal

from opsloop.exchange.problems import Fault

WORDS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
EMPTY = frozenset(WORDS["empty"])
# `NA` may well be the identifier of a case; a dash or 无 never is.
EMPTY_IDENTIFIERS = EMPTY - set(WORDS["identifiers"])
Rounding = Literal["refuse", "half_up"]

# A safe bound for 64-bit sums of millions of lines: ten trillion yuan in 分.
LARGEST = 10**15
# Every decimal of so many digits survives a binary double.
_EXACT_DIGITS = 15


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = re.compile(
    rf"""
    (?P<open>\()?
    (?P<sign>[+-])?\s*
    (?:{_any_of(WORDS["currency_signs"])})?\s*
    (?P<sign2>[+-])?\s*
    (?P<whole>\d{{1,3}}(?:,\d{{3}})+|\d+(?=\D|$)|(?=\.\d))
    (?P<fraction>\.\d*)?
    (?P<exponent>e[+-]?\d{{1,2}})?\s*
    (?P<multiplier>{_any_of(list(WORDS["multipliers"]))})?\s*
    (?P<percent>[%‰])?
    (?:{_any_of(WORDS["number_units"])})?
    (?P<minus>-)?
    (?P<close>\))?
    """,
    re.VERBOSE,
)


# What programs write: nothing to interpret, and exact in a double.
_SIMPLE = re.compile(r"-?(?:[0-9]{1,15}|[0-9]{1,11}\.[0-9]{1,4})")


def plain(text: str) -> str:
    """A text for matching: half-width, lower case, no outer or doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").lower().split())


def is_empty(text: str) -> bool:
    """Whether a cell says "nothing": blank, a dash, 无, N/A …"""
    return plain(text) in EMPTY


def parse_number(text: str) -> Decimal | Fault | None:
    """The exact number a text states; `15%` is 0.15; None when the cell is empty.

    Faults: not_a_number.
    """
    if _SIMPLE.fullmatch(text):
        return Decimal(text)
    shown = plain(text)
    if shown in EMPTY:
        return None
    match = _NUMBER.fullmatch(shown)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return Fault("not_a_number")
    signs = [sign for sign in (match["sign"], match["sign2"], match["minus"]) if sign]
    if len(signs) + bool(match["open"]) > 1:
        return Fault("not_a_number")
    digits = match["whole"].replace(",", "") + (match["fraction"] or "")
    value = _without_noise(Decimal(digits + (match["exponent"] or "")))
    if match["multiplier"]:
        value *= WORDS["multipliers"][match["multiplier"]]
    if match["percent"]:
        value /= 100 if match["percent"] == "%" else 1000
    return -value if match["open"] or "-" in signs else value


def _without_noise(value: Decimal) -> Decimal:
    """The decimal that a binary double stands for.

    Programs print doubles with up to seventeen digits: 128430.14999999999 is 128430.15. Only a
    text that is the very same double as its fifteen-digit form is taken for it.
    """
    if len(value.as_tuple().digits) <= _EXACT_DIGITS or value == value.to_integral_value():
        return value
    shorter = Decimal(f"{value:.{_EXACT_DIGITS}g}")
    return shorter if float(shorter) == float(value) else value


def parse_scaled(text: str, places: int, rounding: Rounding = "refuse") -> int | Fault | None:
    """A number as an integer of 10^-places units: places 2 reads yuan into 分.

    More decimals than `places` are a fault unless `rounding` says to round half up. A percentage
    is no amount. Faults: not_a_number, too_precise, out_of_range.
    """
    value = parse_number(text)
    if value is None or isinstance(value, Fault):
        return value
    if "%" in plain(text) or "\u2030" in text:
        return Fault("not_a_number")
    scaled = value.scaleb(places)
    if abs(scaled) > LARGEST:
        return Fault("out_of_range")
    whole = scaled.to_integral_value(ROUND_HALF_UP)
    if whole != scaled and rounding == "refuse":
        return Fault("too_precise", {"places": str(places)})
    return int(whole)


def parse_money_fen(text: str, rounding: Rounding = "refuse") -> int | Fault | None:
    """An amount of money in 分: `￥1,234.50` → 123450. Faults: see parse_scaled."""
    return parse_scaled(text, 2, rounding)


def parse_percent(text: str) -> Decimal | Fault | None:
    """A rate: `15%` → 0.15; a number without the sign is taken as the rate itself."""
    return parse_number(text)
