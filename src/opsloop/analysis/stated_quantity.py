"""Quantities that people write into sentences: `等待40秒才接听`, `超过72小时`, `3个工作日内`.

The reader finds what is written, with its unit and its bound; what it means is the caller's rule.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

Kind = Literal["second", "workday", "percent", "point", "ten_thousand_yuan"]
Bound = Literal["exactly", "above", "below", "within"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in the unit its kind is named after; `bound` as written (超过 is above)."""

    value: Fraction
    kind: Kind
    bound: Bound
    text: str


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _units() -> dict[str, tuple[Kind, int]]:
    return {
        word: (kind, size)
        for kind, units in _words()["units"].items()
        for word, size in units.items()
    }


@cache
def _bounds(place: Literal["before", "after"]) -> dict[str, Bound]:
    return {word: bound for bound, words in _words()[place].items() for word in words}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<before>{_one_of(_bounds('before'))})?\s*"
        rf"(?<![\da-z.{_words()['not_behind']}])(?<!\d[,-])"
        rf"(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)\s*"
        rf"(?P<unit>{_one_of(_units())})(?![a-z])\s*(?P<after>{_one_of(_bounds('after'))})?"
    )


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity with a known unit, in text order; dates and bare numbers are none."""
    found = []
    for match in _pattern().finditer(unicodedata.normalize("NFKC", text).lower()):
        kind, size = _units()[match["unit"]]
        value = Fraction(Decimal(match["number"].replace(",", ""))) * size
        before, after = match["before"] or "", match["after"] or ""
        bound = _bounds("before").get(before) or _bounds("after").get(after) or "exactly"
        found.append(Quantity(value, kind, bound, match[0].strip()))
    return tuple(found)
