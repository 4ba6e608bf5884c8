"""What a sentence promises: by how much or to which amount or rate, and by which month (C-15, X-20)."""

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

from opsloop.analysis.fen import rounded


@dataclass(frozen=True, slots=True)
class Promise:
    """A reduction `by` or a level `to` be reached: a share (0.08 = 8 %) or an amount in 分.

    `month` is 1–12 as written, `year` where it was written too.
    """

    kind: Literal["by", "to"]
    share: Fraction | None
    fen: int | None
    month: int | None = None
    year: int | None = None

    def target_fen(self, actual_fen: int, base_fen: int | None) -> int | None:
        """The amount promised, seen from what is spent now; a level in per cent is of the base.

        None where a level in per cent has no base to be of.
        """
        if self.fen is not None:
            return self.fen if self.kind == "to" else actual_fen - self.fen
        share = self.share or Fraction(0)
        if self.kind == "by":
            return rounded(actual_fen * (1 - share))
        return None if base_fen is None else rounded(base_fen * (1 + share))


@cache
def _words() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".toml")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    words = _words()
    return re.compile(
        rf"(?:(?P<to>{_one_of(words['to'])})|(?P<by>{_one_of(words['by'])}))[^\d%]{{0,6}}?"
        rf"(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)\s*(?P<unit>{_one_of(words['units'])})"
    )


def read(text: str) -> Promise | None:
    """The first promise of a text; None where it states no number with a unit."""
    plain = unicodedata.normalize("NFKC", text).lower()
    found = _pattern().search(plain)
    if found is None:
        return None
    number, unit = (
        Fraction(Decimal(found["number"].replace(",", ""))),
        _words()["units"][found["unit"]],
    )
    month, year = _when(plain)
    kind: Literal["by", "to"] = "to" if found["to"] else "by"
    if unit == "percent":
        return Promise(kind, number / 100, None, month, year)
    return Promise(kind, None, rounded(number * int(unit) * 100), month, year)


def _when(plain: str) -> tuple[int | None, int | None]:
    """The month and the year a text names, in figures (8月) or by name (August)."""
    words = _words()
    written = re.search(words["month"], plain)
    if written:
        return int(written[2]), int(written[1]) if written[1] else None
    named = re.search(words["named_month"], plain)
    if named is None:
        return None, None
    return words["months"].index(named[1][:3]) + 1, int(named[2]) if named[2] else None
