"""Why an amount moved: price, quantity, mix, loss, hours. Every split sums exactly to the 分.

Amounts are whole 分, quantities whole thousandths of their unit; a price is never stored but is
the exact fraction of the two, so that rounding happens once per effect. The last effect of each
split takes the rounding rest and therefore never differs from its exact value by more than the
number of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from opsloop.analysis.fen import rounded, scaled


class Closing(StrEnum):
    """What becomes of the joint effect (p1−p0)(q1−q0)."""

    SHOWN = "shown"
    TO_PRICE = "to_price"  # the standard-cost textbooks: (p1−p0)·q1
    TO_QUANTITY = "to_quantity"
    HALF = "half"  # the mean of both orders (Shapley)
    LMDI = "lmdi"  # logarithmic mean; needs positive amounts and quantities


class NotDecomposable(ValueError):
    """The logarithmic mean exists only for positive amounts and quantities."""


class UnlikeUnits(ValueError):
    """Quantities of different units have no sum, hence no mix."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The parts of one variance in 分; `joint_fen` is 0 when a closing rule assigned it."""

    price_fen: int
    quantity_fen: int
    joint_fen: int

    @property
    def total_fen(self) -> int:
        return self.price_fen + self.quantity_fen + self.joint_fen


def decompose(
    *,
    base_fen: int,
    base_milli: int,
    actual_fen: int,
    actual_milli: int,
    closing: Closing = Closing.SHOWN,
) -> Effects | None:
    """Split actual − base. None when a quantity is zero: nothing bought has no price.

    Raises NotDecomposable for LMDI on amounts or quantities that are not positive.
    """
    if base_milli == 0 or actual_milli == 0:
        return None
    delta = actual_fen - base_fen
    price = Fraction(actual_fen * base_milli, actual_milli) - base_fen
    quantity = Fraction(base_fen * actual_milli, base_milli) - base_fen
    match closing:
        case Closing.SHOWN:
            shown = rounded(price), rounded(quantity)
            return Effects(*shown, delta - sum(shown))
        case Closing.TO_PRICE:
            return Effects(delta - rounded(quantity), rounded(quantity), 0)
        case Closing.TO_QUANTITY:
            return Effects(rounded(price), delta - rounded(price), 0)
        case Closing.HALF:
            fen = rounded(price + (delta - price - quantity) / 2)
        case Closing.LMDI:
            fen = _logarithmic_price(base_fen, base_milli, actual_fen, actual_milli)
    return Effects(fen, delta - fen, 0)


def _logarithmic_price(base_fen: int, base_milli: int, actual_fen: int, actual_milli: int) -> int:
    """L(a1, a0)·ln(p1/p0) with L the logarithmic mean; decimal arithmetic of 40 digits."""
    if min(base_fen, base_milli, actual_fen, actual_milli) <= 0:
        raise NotDecomposable("the logarithmic mean needs positive amounts and quantities")
    with localcontext() as context:
        context.prec = 40
        amount = (Decimal(actual_fen) / base_fen).ln()
        quantity = (Decimal(actual_milli) / base_milli).ln()
        mean = (actual_fen - base_fen) / amount if amount else Decimal(base_fen)
        return rounded(Fraction(mean * (amount - quantity)))


@dataclass(frozen=True)
class EffectColumns:
    """The effects in 分 of the lines at `rows`, with the joint effect shown."""

    rows: NDArray[Any]
    price_fen: NDArray[Any]
    quantity_fen: NDArray[Any]
    joint_fen: NDArray[Any]

    @property
    def total(self) -> Effects:
        """Σ per effect; rows left out have none."""
        sums = (int(part.sum()) for part in (self.price_fen, self.quantity_fen, self.joint_fen))
        return Effects(*sums)


def decompose_columns(
    rows: NDArray[Any],
    base_fen: NDArray[Any],
    base_milli: NDArray[Any],
    actual_fen: NDArray[Any],
    actual_milli: NDArray[Any],
) -> EffectColumns:
    """`decompose` with the joint effect shown, for many lines; every quantity is non-zero."""
    price = scaled(actual_fen, base_milli, actual_milli, less=base_fen)
    quantity = scaled(base_fen, actual_milli, base_milli, less=base_fen)
    return EffectColumns(rows, price, quantity, actual_fen - base_fen - price - quantity)


@dataclass(frozen=True, slots=True)
class MixItem:
    """One item of a group bought, sold or made in the same unit."""

    base_fen: int
    base_milli: int
    actual_fen: int
    actual_milli: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MixEffects:
    """Volume, mix and price of items present on both sides; the comers and goers apart."""

    volume_fen: int
    mix_fen: int
    price_fen: int
    new_fen: int
    discontinued_fen: int

    @property
    def total_fen(self) -> int:
        moved = self.volume_fen + self.mix_fen + self.price_fen
        return moved + self.new_fen + self.discontinued_fen


def mix(items: Sequence[MixItem]) -> MixEffects:
    """Volume (ΣQ1−ΣQ0)·p̄0, mix Σ(Q1−ΣQ1·m0)·p0, price Σ(P1−P0)·Q1, in 分.

    An item with a quantity on one side only stands in its own bucket. Raises UnlikeUnits.
    """
    if len({item.unit for item in items}) > 1:
        raise UnlikeUnits("items of different units have no common volume")
    new = sum(item.actual_fen - item.base_fen for item in items if item.base_milli == 0)
    gone = [item for item in items if item.actual_milli == 0 and item.base_milli != 0]
    lasting = [item for item in items if item.base_milli != 0 and item.actual_milli != 0]
    base_fen = sum(item.base_fen for item in lasting)
    base_milli = sum(item.base_milli for item in lasting)
    actual_milli = sum(item.actual_milli for item in lasting)
    at_base_price = sum(
        (Fraction(item.base_fen * item.actual_milli, item.base_milli) for item in lasting),
        start=Fraction(0),
    )
    volume = (
        Fraction(base_fen * (actual_milli - base_milli), base_milli) if base_milli else Fraction(0)
    )
    volume_fen = rounded(volume)
    mix_fen = rounded(at_base_price - base_fen - volume)
    delta = sum(item.actual_fen - item.base_fen for item in lasting)
    return MixEffects(
        volume_fen, mix_fen, delta - volume_fen - mix_fen, new,
        sum(item.actual_fen - item.base_fen for item in gone),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MaterialUse:
    """Output × net usage per piece × (1 + loss rate) × price; the price in yuan per unit."""

    output: Decimal
    net_usage: Decimal
    loss_rate: Decimal
    price_yuan: Decimal

    def factors(self) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        loss = 1 + Fraction(self.loss_rate)
        return Fraction(self.output), Fraction(self.net_usage), loss, Fraction(self.price_yuan)


@dataclass(frozen=True, slots=True)
class MaterialEffects:
    output_fen: int
    usage_fen: int
    loss_fen: int
    price_fen: int


def material_chain(base: MaterialUse, actual: MaterialUse) -> MaterialEffects:
    """Replace the four factors one after another, output first and price last (连环替代法).

    Each effect is the step between two rounded amounts, so the four sum to the variance exactly.
    """
    now, before = actual.factors(), base.factors()
    amounts: list[int] = []
    for replaced in range(5):
        output, usage, loss, price = now[:replaced] + before[replaced:]
        amounts.append(rounded(output * usage * loss * price * 100))
    return MaterialEffects(*(after - start for start, after in pairwise(amounts)))


@dataclass(frozen=True, slots=True)
class LabourEffects:
    rate_fen: int
    efficiency_fen: int


def labour(
    *,
    standard_rate_yuan: Decimal,
    standard_hours: Decimal,
    actual_rate_yuan: Decimal,
    actual_hours: Decimal,
) -> LabourEffects:
    """Rate (AR−SR)·AH and efficiency (AH−SH)·SR in 分; the efficiency takes the rounding rest."""
    standard = rounded(Fraction(standard_rate_yuan) * Fraction(standard_hours) * 100)
    actual = rounded(Fraction(actual_rate_yuan) * Fraction(actual_hours) * 100)
    rate = rounded(
        (Fraction(actual_rate_yuan) - Fraction(standard_rate_yuan)) * Fraction(actual_hours) * 100
    )
    return LabourEffects(rate, actual - standard - rate)


def price_saving(*, before_yuan: Decimal, after_yuan: Decimal, quantity_after: Decimal) -> int:
    """What a cost measure saved, in 分: (p_before − p_after)·q_after, never a difference of totals."""
    return rounded((Fraction(before_yuan) - Fraction(after_yuan)) * Fraction(quantity_after) * 100)


@dataclass(frozen=True, slots=True)
class IndexBridge:
    """A chain of relative price changes and a quantity change against the base (index 1)."""

    price_index: Fraction
    amount_index: Fraction

    def quantity_index_for(self, amount_index: Fraction) -> Fraction:
        """The quantity index that would make a reported amount true at these prices."""
        return amount_index / self.price_index


def bridge(price_changes: Sequence[Decimal], quantity_change: Decimal) -> IndexBridge:
    """−15 % after +20 % is ×1.02, not +5 %. Changes are rates (0.2 for +20 %)."""
    index = Fraction(1)
    for change in price_changes:
        index *= 1 + Fraction(change)
    return IndexBridge(index, index * (1 + Fraction(quantity_change)))
