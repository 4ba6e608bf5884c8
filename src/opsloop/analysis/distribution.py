"""Split a whole amount so that the parts sum to it exactly: shares, months, quarters, half-years."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

Rhythm = Literal["monthly", "quarterly", "half_yearly"]
MONTHS: Final = 12
PARTS: Final[dict[Rhythm, int]] = {"monthly": 12, "quarterly": 4, "half_yearly": 2}


class NotDistributable(ValueError):
    """No weight to split by, or parts that were set do not leave what remains anywhere to go."""


def split(total: int, weights: Sequence[Decimal | Fraction | int]) -> list[int]:
    """`total` by weights in whole units; the largest remainders take what rounding leaves.

    Equal remainders are served in order. Raises NotDistributable unless the weights sum above 0.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, start=Fraction(0))
    if whole <= 0 or any(weight < 0 for weight in exact):
        raise NotDistributable("the weights sum to nothing")
    size = abs(total)
    shares = [size * weight / whole for weight in exact]
    parts = [share.numerator // share.denominator for share in shares]
    order = sorted(range(len(parts)), key=lambda at: parts[at] - shares[at])
    for at in order[: size - sum(parts)]:
        parts[at] += 1
    return parts if total >= 0 else [-part for part in parts]


def over_the_year(total: int, rhythm: Rhythm) -> list[int]:
    """Twelve months: first equal parts of the year, then equal months of each part."""
    parts = PARTS[rhythm]
    return [
        month
        for part in split(total, [1] * parts)
        for month in split(part, [1] * (MONTHS // parts))
    ]


def by_percentages(total: int, percentages: Sequence[Decimal]) -> list[int]:
    """Twelve months by percentages that sum to 100. Raises NotDistributable."""
    if sum(percentages) != 100:
        raise NotDistributable("the percentages do not sum to 100")
    return split(total, percentages)


def with_edits(total: int, months: Sequence[int], edited: Mapping[int, int]) -> list[int]:
    """Months as edited (position → amount); the others share the rest as they stood.

    Raises NotDistributable when every month was set and their sum is another.
    """
    left = [at for at in range(len(months)) if at not in edited]
    rest = total - sum(edited.values())
    if not left:
        if rest:
            raise NotDistributable("the months do not sum to the year")
        return [edited[at] for at in range(len(months))]
    weights = [abs(months[at]) for at in left]
    parts = iter(split(rest, weights if any(weights) else [1] * len(left)))
    return [edited[at] if at in edited else next(parts) for at in range(len(months))]
