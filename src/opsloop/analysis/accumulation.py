"""Several months as one figure: added up, or averaged over the days; whole or up to a day.

A flow (spending) adds up; a stock or a rate (headcount, unit rate, percentage) is the mean of its
months weighted by their days. A month that is not over counts by the days that have passed.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from opsloop.analysis.fen import rounded
from opsloop.analysis.period import Period


class Accumulation(StrEnum):
    """How the months of a line become a quarter, a year or a year to date."""

    SUM = "sum"
    AVERAGE = "average"


def accumulated(
    amounts: Sequence[int | None], days: Sequence[int], passed: Sequence[int], how: Accumulation
) -> int | None:
    """Monthly amounts (分, None where none is set) as one, rounded half up once, at the end.

    `days` are those of each month, `passed` how many of them count. SUM is Σ amount · passed/days,
    AVERAGE is Σ amount · passed / Σ passed over the months that have an amount. None without any.
    """
    known = [
        (amount, of, part)
        for amount, of, part in zip(amounts, days, passed, strict=True)
        if amount is not None and part > 0
    ]
    if not known:
        return None
    if how is Accumulation.SUM:
        return rounded(sum((Fraction(amount * part, of) for amount, of, part in known), Fraction()))
    weight = sum(part for _amount, _of, part in known)
    return rounded(Fraction(sum(amount * part for amount, _of, part in known), weight))


def days_of(month: int) -> int:
    """The days of a month (yyyymm)."""
    period = _period(month)
    return (period.end - period.start).days


def days_passed(month: int, until: date) -> int:
    """How many days of a month (yyyymm) lie on or before `until`: 0 to all of them."""
    period = _period(month)
    past = min(period.end, until + timedelta(days=1)) - period.start
    return max(past.days, 0)


def _period(month: int) -> Period:
    return Period("month", date(month // 100, month % 100, 1))
