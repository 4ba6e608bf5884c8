"""How serious a breach of a service standard is, and what its grade demands.

The exceedance is the share by which a measured value misses its limit. The source's bands (10 %以内,
10 %–30 %, 30 %以上) overlap at their ends; 以内 and 以上 include the bound (民法典 art. 1259), so
exactly 10 % is minor and exactly 30 % is major. All comparisons are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from opsloop.analysis.worktime import Calendar, add_workdays


class Severity(StrEnum):
    """In ascending order; `NONE` meets the standard."""

    NONE = "none"
    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Limit(StrEnum):
    """What a limit bounds. A rate is judged by its failures: 95 % allows 5 % of them."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    RATE_AT_LEAST = "rate_at_least"


@dataclass(frozen=True, slots=True)
class Bands:
    """Exceedances as fractions; up to `minor_to` (included) minor, from `major_from` major."""

    minor_to: Fraction = Fraction(1, 10)
    major_from: Fraction = Fraction(3, 10)


BANDS: Final = Bands()

# Duties of each grade beyond correcting the problem itself (the source's step 3).
DUTIES: Final[Mapping[Severity, tuple[str, ...]]] = {
    Severity.NONE: (),
    Severity.MINOR: (),
    Severity.MODERATE: (),
    Severity.MAJOR: ("accountability", "deduction", "training", "apology"),
    Severity.CRITICAL: (
        "accountability", "deduction", "training", "apology", "visit", "loss", "approval",
    ),
}  # fmt: skip
# Days until a correction is due; the source does not say of which kind.
DUE_DAYS: Final[Mapping[Severity, int]] = {Severity.MINOR: 1, Severity.MODERATE: 3}


def exceedance(
    measured: Fraction | Decimal | int, limit: Fraction | Decimal | int, kind: Limit
) -> Fraction:
    """The share by which the limit is missed; negative or 0 when it is met.

    A rate and its limit are fractions of 1. Raises ValueError for a limit that allows nothing.
    """
    value, bound = Fraction(measured), Fraction(limit)
    if kind is Limit.RATE_AT_LEAST:
        value, bound, kind = 1 - value, 1 - bound, Limit.AT_MOST
    if bound <= 0:
        raise ValueError("a limit of nothing has no exceedance")
    return (value - bound if kind is Limit.AT_MOST else bound - value) / bound


def grade(exceeded: Fraction, bands: Bands = BANDS) -> Severity:
    """The grade an exceedance gives. Critical is never given by it, only by an impact."""
    if exceeded <= 0:
        return Severity.NONE
    if exceeded <= bands.minor_to:
        return Severity.MINOR
    return Severity.MODERATE if exceeded < bands.major_from else Severity.MAJOR


def final(rule: Severity, impact: Severity) -> Severity:
    """The higher of the grade by exceedance and the grade by impact."""
    return max(rule, impact, key=lambda severity: severity.rank)


def is_on_bound(exceeded: Fraction, bands: Bands = BANDS) -> bool:
    """Whether an exceedance stands exactly where two of the source's bands meet (X-09)."""
    return exceeded in (bands.minor_to, bands.major_from)


def needed(
    severity: Severity,
    limit: Fraction | Decimal | int,
    kind: Limit = Limit.AT_MOST,
    bands: Bands = BANDS,
) -> Fraction | None:
    """The measured value from which a grade begins; None for one that no value gives.

    Minor begins just beyond the limit and moderate just beyond its band, major at its own.
    """
    begins = {
        Severity.MINOR: Fraction(0),
        Severity.MODERATE: bands.minor_to,
        Severity.MAJOR: bands.major_from,
    }.get(severity)
    if begins is None:
        return None
    bound = Fraction(limit)
    if kind is Limit.RATE_AT_LEAST:
        return 1 - (1 - bound) * (1 + begins)
    return bound * (1 + begins if kind is Limit.AT_MOST else 1 - begins)


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a time limit on both readings of “日”."""

    natural: date
    working: date


def due(severity: Severity, inspected_on: date, calendar: Calendar) -> Due | None:
    """By when a problem of a grade is to be corrected; None where the source sets no limit."""
    days = DUE_DAYS.get(severity)
    if days is None:
        return None
    return Due(inspected_on + timedelta(days=days), add_workdays(calendar, inspected_on, days))
