"""A month beside the same month of last year, with its working days and the Spring Festival."""

from dataclasses import dataclass
from fractions import Fraction

from opsloop.analysis.variance import Variance

_FESTIVAL_MONTHS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Window:
    """Months (yyyymm) compared with the same months a year before.

    `festival` marks a single month the moving Spring Festival disturbs: show it with a warning.
    """

    months: tuple[int, ...]
    festival: bool

    @property
    def prior_months(self) -> tuple[int, ...]:
        return tuple(month - 100 for month in self.months)


def window(period_no: int, *, single_month: bool = False) -> Window:
    """The months to compare for a month such as 202402.

    January and February are compared together, as the statistics bureau reports them; March and
    any of the two asked for alone carry the festival mark.
    """
    year, month = divmod(period_no, 100)
    if month in (1, 2) and not single_month:
        return Window((year * 100 + 1, year * 100 + 2), festival=False)
    return Window((period_no,), festival=month in _FESTIVAL_MONTHS)


def daily_rate(variance: Variance, *, workdays: int, prior_workdays: int) -> Fraction | None:
    """Change of the amount per working day; None without a usable base or working days.

    The working days come from the calendar of each year (February: 18, 19, 16 in 2024/25/26).
    """
    if variance.rate is None or not workdays or not prior_workdays or variance.base_fen is None:
        return None
    before = Fraction(variance.base_fen, prior_workdays)
    return (Fraction(variance.actual_fen, workdays) - before) / abs(before)
