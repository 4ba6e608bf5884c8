"""A budget flexed to the activity that really happened, so that growth is not called overspending."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from opsloop.analysis.fen import rounded


class NoDriver(ValueError):
    """A variable part cannot be flexed when the planned driver was zero."""


@dataclass(frozen=True, slots=True)
class FlexedBudget:
    """Amounts in 分. Variance of the total = flexible + activity, exactly."""

    static_fen: int
    flexed_fen: int
    actual_fen: int

    @property
    def flexible_fen(self) -> int:
        """Actual − flexed: what spending itself did (positive is unfavourable for a cost)."""
        return self.actual_fen - self.flexed_fen

    @property
    def activity_fen(self) -> int:
        """Flexed − static: what the volume of business alone explains."""
        return self.flexed_fen - self.static_fen

    @property
    def flexible_rate(self) -> Fraction | None:
        """Flexible variance / |flexed budget|; None when nothing was to be spent."""
        return Fraction(self.flexible_fen, abs(self.flexed_fen)) if self.flexed_fen else None


def flex(
    *,
    fixed_fen: int,
    variable_fen: int,
    planned_driver: Decimal,
    actual_driver: Decimal,
    actual_fen: int,
) -> FlexedBudget:
    """Flexed = fixed + variable · (actual driver / planned driver).

    A fixed line has `variable_fen` 0, a variable one `fixed_fen` 0, a mixed one both.
    Raises NoDriver when a variable part was planned on a driver of zero.
    """
    if variable_fen and not planned_driver:
        raise NoDriver("the planned driver of a variable cost is zero")
    variable = (
        rounded(variable_fen * Fraction(actual_driver) / Fraction(planned_driver))
        if variable_fen
        else 0
    )
    return FlexedBudget(fixed_fen + variable_fen, fixed_fen + variable, actual_fen)
