"""Do the parts of a target add up to the whole, and if not, was it the unit?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

Amount = Fraction | Decimal | int
FEWEST, MOST = 5, 8  # indicators of a level or a department
# How near a total must come to the parent after moving the decimal point.
_NEAR: Final = Fraction(1, 5)
_LARGEST_POWER: Final = 8


@dataclass(frozen=True, slots=True)
class Gap:
    """A breakdown that does not add up. `gap` is parent − total, in the unit as written.

    `factor` is the power of ten by which the children seem to be written too large (below 1: too
    small); `gap_then` what would still be missing with that unit. None when no unit explains it.
    """

    parent: Fraction
    total: Fraction
    larger: tuple[int, ...]  # places of the children that exceed the parent on their own
    factor: Fraction | None
    gap_then: Fraction | None

    @property
    def gap(self) -> Fraction:
        return self.parent - self.total


def check(parent: Amount, children: Sequence[Amount]) -> Gap | None:
    """Compare Σ children with the parent of an additive target, exactly; None when equal.

    All amounts are in one unit. Nothing is corrected: the suspicion is a hint.
    """
    whole, parts = Fraction(parent), [Fraction(child) for child in children]
    total = sum(parts, start=Fraction(0))
    if total == whole:
        return None
    larger = tuple(at for at, part in enumerate(parts) if whole > 0 and part > whole)
    factor = power_of_ten(total, whole)
    return Gap(whole, total, larger, factor, None if factor is None else whole - total / factor)


def power_of_ten(value: Amount, reference: Amount) -> Fraction | None:
    """The power of ten (never 1) that `value` is off by, to within a fifth; None for no such power."""
    one, other = Fraction(value), Fraction(reference)
    if one == 0 or other == 0 or (one > 0) != (other > 0):
        return None
    powers = (n for n in range(-_LARGEST_POWER, _LARGEST_POWER + 1) if n != 0)
    factors = (Fraction(10) ** n for n in powers)
    return next((f for f in factors if abs(one / f / other - 1) <= _NEAR), None)


def size_of(count: int) -> Literal["few", "fit", "many"]:
    """The “few and precise” rule for the indicators of one level or department."""
    return "few" if count < FEWEST else "many" if count > MOST else "fit"


def groups(names: Iterable[str], synonyms: Mapping[str, str]) -> dict[str, list[int]]:
    """Places of the names that mean one thing, by that thing; a name without synonym is its own."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        found.setdefault(synonyms.get(name, name), []).append(at)
    return found
