"""What a before/after comparison is made of: one class per kind of number (loop.md V-03)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.period import Period

Direction = Literal["higher", "lower", "band"]
SampleKind = Literal["proportion", "durations", "counts", "series", "money"]


@dataclass(frozen=True)
class Proportion:
    """`k` cases of `n` show the property (a return, a pass …)."""

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError("a proportion needs 0 ≤ k ≤ n")


@dataclass(frozen=True, eq=False)
class Durations:
    """One value in hours per case or execution; any order."""

    hours: NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """`k` events (complaints, defects …) over an exposure (orders, days, calls …) > 0."""

    k: int
    exposure: float

    def __post_init__(self) -> None:
        if self.k < 0 or not self.exposure > 0:
            raise ValueError("a count needs k ≥ 0 and an exposure above 0")


@dataclass(frozen=True)
class Series:
    """One value per closed period, oldest first."""

    points: tuple[tuple[Period, Decimal], ...]

    @property
    def values(self) -> list[float]:
        return [float(value) for _, value in self.points]


@dataclass(frozen=True)
class Money:
    """Ledger lines of one item: the amount of each in yuan and its quantity (> 0).

    The unit price of a sample is Σ amount ÷ Σ quantity; of a line, amount ÷ quantity. With a
    `standard_price` (budget unit price) the metric's value is the flexed variance rate,
    unit price ÷ standard − 1; without one it is the unit price itself.
    """

    amounts: tuple[Decimal, ...]
    quantities: tuple[Decimal, ...]
    standard_price: Decimal | None = None

    def __post_init__(self) -> None:
        if len(self.amounts) != len(self.quantities) or any(q <= 0 for q in self.quantities):
            raise ValueError("money needs one quantity above 0 per amount")

    @property
    def unit_prices(self) -> NDArray[np.float64]:
        return np.array(
            [float(a / q) for a, q in zip(self.amounts, self.quantities, strict=True)],
            dtype=np.float64,
        )


Sample = Proportion | Durations | Counts | Series | Money
