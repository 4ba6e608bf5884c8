"""Service standards, and which of them an inspection speaks of with which measured value."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from opsloop.analysis.severity import Limit, Severity, exceedance, needed
from opsloop.analysis.stated_quantity import Bound, Kind, quantities


@dataclass(frozen=True)
class Standard:
    """A limit in `unit`; a text states it in `reading`, of which one `unit` has `size`."""

    key: str
    name: str
    touchpoints: tuple[str, ...]
    words: tuple[str, ...]
    kind: Limit
    limit: Fraction
    reading: Kind
    size: int
    unit: str
    question_class: str = ""

    def speaks_of(self, touchpoint: str, text: str) -> bool:
        return any(place in touchpoint for place in self.touchpoints) and any(
            word in text for word in self.words
        )


@dataclass(frozen=True)
class Reading:
    """A measured value in the unit of its standard; `bound` other than exactly only bounds it."""

    standard: Standard
    value: Fraction
    bound: Bound
    text: str

    @property
    def is_open(self) -> bool:
        """Whether the true value may be worse than the text says: 超过72小时."""
        return self.bound == ("above" if self.standard.kind is Limit.AT_MOST else "below")

    @property
    def exceeded(self) -> Fraction:
        return exceedance(self.value / self._whole, self._limit, self.standard.kind)

    def needed(self, severity: Severity) -> str:
        """The values that give a grade, as people write them; "" for a grade that none gives."""
        begins = needed(severity, self._limit, self.standard.kind)
        if begins is None:
            return ""
        signs = (">", "≥") if self.standard.kind is Limit.AT_MOST else ("<", "≤")
        return f"{signs[severity is Severity.MAJOR]} {self.shown(begins * self._whole)}"

    @property
    def _whole(self) -> int:
        """What stands for the whole: rates are stated in percent."""
        return 100 if self.standard.kind is Limit.RATE_AT_LEAST else 1

    @property
    def _limit(self) -> Fraction:
        return self.standard.limit / self._whole

    def shown(self, value: Fraction) -> str:
        """A value in the unit of the standard, as people write it."""
        exact = Decimal(value.numerator) / value.denominator
        return f"{exact.normalize():f} {self.standard.unit}"


@cache
def library() -> tuple[Standard, ...]:
    """The standards the company begins with."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(
        Standard(
            key=row["key"], name=row["name"], touchpoints=tuple(row["touchpoints"]),
            words=tuple(row["words"]), kind=Limit(row["kind"]),
            limit=Fraction(Decimal(row["limit"])), reading=row["reading"], size=row["size"],
            unit=row["unit"], question_class=row.get("question_class", ""),
        )
        for row in tomllib.loads(text)["standard"]
    )  # fmt: skip


def read(
    touchpoint: str, text: str, standards: Sequence[Standard], *, question_class: str = ""
) -> Reading | None:
    """The standard an inspection's words speak of and the value they state; None without either.

    Of several standards the one whose word is longest counts, then the first.
    """
    fitting = [
        standard for standard in standards
        if standard.speaks_of(touchpoint, text)
        and (not question_class or standard.question_class in ("", question_class))
    ]  # fmt: skip
    fitting.sort(key=lambda standard: -max(len(word) for word in standard.words if word in text))
    found = quantities(text)
    for standard in fitting:
        for quantity in found:
            if quantity.kind == standard.reading:
                value = quantity.value / standard.size
                return Reading(standard, value, quantity.bound, quantity.text)
    return None
