"""Check the percentages a written reason gives against the recorded amounts.

`市场价格上涨20%，采购量增加10%` claims ×1.20 × 1.10 = +32 %, not +30 %. The reader shows what the
claims explain and what they leave; it never corrects the text.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final, Literal

from opsloop.analysis.fen import rounded
from opsloop.analysis.variance import Variance

Driver = Literal["price", "quantity", "activity"]

# A clause ends at punctuation; a decimal point inside a number does not end it.
_CLAUSES: Final = re.compile(r"[,，;；。、\n]|\.(?!\d)")
_PERCENT: Final = re.compile(r"([+\-−－]?)\s*(\d+(?:\.\d+)?)\s*[%％]")
_MINUS: Final = frozenset("-−－")


@dataclass(frozen=True, slots=True)
class Stated:
    """One claim of the text: a driver and its relative change (0.2 for +20 %).

    `rounding` is half a unit of the last place written: “20 %” is anything from 19.5 to 20.5.
    """

    driver: Driver
    change: Fraction
    rounding: Fraction = field(default=Fraction(0), compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """What the claims make of the base, in 分, beside the recorded amount."""

    stated: tuple[Stated, ...]
    explained_fen: int  # base · Π(1+change)
    added_fen: int  # base · (1+Σ change): the common mistake
    unexplained_fen: int  # recorded actual − explained
    slack_fen: int = 0  # what rounding the stated rates may account for

    @property
    def agrees(self) -> bool:
        """The recorded amount is what the claims make of the base, as exactly as they are put."""
        return abs(self.unexplained_fen) <= self.slack_fen

    @property
    def is_mere_sum(self) -> bool:
        """The recorded amount equals the percentages added up, which is not what they do."""
        return not self.agrees and self.explained_fen + self.unexplained_fen == self.added_fen


@cache
def _words() -> dict[str, tuple[str, ...]]:
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    return {kind: tuple(words) for kind, words in json.loads(text).items()}


def read(text: str) -> tuple[Stated, ...]:
    """Every percentage whose clause names a price, a quantity or an activity, in text order."""
    claims: list[Stated] = []
    for clause in _CLAUSES.split(text.lower()):
        found = _PERCENT.search(clause)
        driver = _driver(clause)
        if found is None or driver is None:
            continue
        down = found[1] in _MINUS if found[1] else any(word in clause for word in _words()["down"])
        change = Fraction(Decimal(found[2])) / 100
        places = len(found[2].partition(".")[2])
        claims.append(
            Stated(driver, -change if down else change, Fraction(1, 2 * 10 ** (places + 2)))
        )
    return tuple(claims)


def _driver(clause: str) -> Driver | None:
    """The driver whose word stands first in the clause; of two at one place, the longer word."""
    drivers: tuple[Driver, ...] = ("price", "quantity", "activity")
    hits = [
        (clause.index(word), -len(word), driver)
        for driver in drivers
        for word in _words()[driver]
        if word in clause
    ]
    return min(hits)[2] if hits else None


def check(stated: Sequence[Stated], variance: Variance) -> Check | None:
    """Compare the claims with the amounts; None without a claim or without a base."""
    if not stated or not variance.base_fen:
        return None
    product, added = Fraction(variance.base_fen), Fraction(1)
    widest = abs(product)
    for claim in stated:
        product *= 1 + claim.change
        widest *= abs(1 + claim.change) + claim.rounding
        added += claim.change
    explained = rounded(product)
    return Check(
        tuple(stated),
        explained_fen=explained,
        added_fen=rounded(variance.base_fen * added),
        unexplained_fen=variance.actual_fen - explained,
        slack_fen=rounded(widest - abs(product)),
    )
