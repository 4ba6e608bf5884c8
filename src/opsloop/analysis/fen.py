"""Money as whole 分 (int), rounded once, half away from zero, where a rule says so."""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FEN_PER_YUAN: Final = 100
# Below it a hundredfold Decimal keeps all its digits before the point and enough behind it.
_SHORT: Final = Decimal(10) ** 15
# Beyond this a product may leave int64; such rows are computed with Python's unbounded integers.
_SAFE_PRODUCT: Final = 2.0**61


def rounded(value: Fraction) -> int:
    """The nearest whole number, a half going away from zero (四舍五入 on the magnitude)."""
    magnitude = abs(value)
    whole = (2 * magnitude.numerator + magnitude.denominator) // (2 * magnitude.denominator)
    return whole if value >= 0 else -whole


def to_fen(yuan: Decimal) -> int:
    """Yuan to 分. More than two decimals are rounded half away from zero."""
    # Whole already, as nearly every amount: no fraction is needed to round it.
    if abs(yuan) < _SHORT and (fen := yuan * FEN_PER_YUAN) == (whole := int(fen)):
        return whole
    return rounded(Fraction(yuan) * FEN_PER_YUAN)


def to_yuan(fen: int) -> Decimal:
    """分 to yuan with exactly two decimals, whatever the size."""
    sign, digits, _ = Decimal(fen).as_tuple()
    return Decimal((sign, digits, -2))


def scaled(
    amount: NDArray[Any],
    numerator: NDArray[Any],
    denominator: NDArray[Any],
    less: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Per row round(amount · numerator / denominator − less), exact; no denominator is zero.

    `less` is taken off before rounding, or a half would go away from another zero.

    int64 where every product surely fits, else an array of Python integers.
    """
    wide = np.abs(amount.astype(float)) * np.abs(numerator.astype(float)) > _SAFE_PRODUCT
    wide |= np.abs(denominator.astype(float)) > _SAFE_PRODUCT
    if less is None:
        less = np.zeros_like(amount)
    wide |= np.abs(less.astype(float)) * np.abs(denominator.astype(float)) > _SAFE_PRODUCT
    narrow = ~wide
    result = np.zeros(len(amount), dtype=object if wide.any() else np.int64)
    for rows, kind in ((narrow, np.int64), (wide, object)):
        if rows.any():
            divisor = denominator[rows].astype(kind)
            product = amount[rows].astype(kind) * numerator[rows].astype(kind)
            result[rows] = _half_up(product - less[rows].astype(kind) * divisor, divisor)
    return result


def _half_up(product: NDArray[Any], divisor: NDArray[Any]) -> NDArray[Any]:
    magnitude, unit = np.abs(product), np.abs(divisor)
    whole = (2 * magnitude + unit) // (2 * unit)
    signed: NDArray[Any] = np.where((product < 0) == (divisor < 0), whole, -whole)
    return signed
