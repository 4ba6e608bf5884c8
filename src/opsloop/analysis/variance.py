"""Actual against base: variance, rate, favourability, materiality; in whole 分 throughout.

The base is a budget or the same period of last year. Sums are made where the facts are (any
engine behind Narwhals); the rules then run on the few aggregated lines with exact integers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Literal

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from opsloop.analysis import price_quantity

Polarity = Literal[-1, 1]
COST: Final[Polarity] = -1
REVENUE: Final[Polarity] = 1


def as_polarity(sign: int | None) -> Polarity:
    """A stored sign as a polarity; what is not known to be income is a cost."""
    return REVENUE if sign == REVENUE else COST


class BaseCase(StrEnum):
    """Whether a rate against this base means anything."""

    COMPARABLE = "comparable"
    ZERO = "zero"  # a base of nothing was set
    MISSING = "missing"  # no base was set at all, which is not the same
    OPPOSITE = "opposite"  # one is income, the other outlay


@dataclass(frozen=True, slots=True)
class Materiality:
    """When a variance deserves a reason: (rate and floor) or the hard amount. 超过 excludes the bound.

    `percent` is a percentage with at most four decimals; `floor_fen` and `hard_fen` include
    their bound (an amount of at least). A favourable breach counts as well.
    """

    percent: Decimal = Decimal(10)
    floor_fen: int = 0
    hard_fen: int | None = None

    def exceeded(self, variance_fen: int, base_fen: int | None) -> bool:
        """|variance| · 100 > percent · |base|, multiplied out: nothing is divided or rounded.

        Without a usable base only the amount decides: any spending exceeds a budget of nothing.
        """
        size = abs(variance_fen)
        if self.hard_fen is not None and size >= self.hard_fen:
            return True
        above, below = self.percent.as_integer_ratio()
        return size * 100 * below > above * abs(base_fen or 0) and size >= self.floor_fen


@dataclass(frozen=True, slots=True)
class Variance:
    """One actual beside one base, in 分; `base_fen` None means that no base was set."""

    actual_fen: int
    base_fen: int | None

    @property
    def fen(self) -> int:
        """Actual − base, always in that order. All of it when nothing was budgeted."""
        return self.actual_fen - (self.base_fen or 0)

    @property
    def base_case(self) -> BaseCase:
        if self.base_fen is None:
            return BaseCase.MISSING
        if self.base_fen == 0:
            return BaseCase.ZERO
        if self.actual_fen * self.base_fen < 0:
            return BaseCase.OPPOSITE
        return BaseCase.COMPARABLE

    @property
    def rate(self) -> Fraction | None:
        """Variance / |base| as an exact fraction; None where a rate would mislead."""
        if self.base_case is not BaseCase.COMPARABLE:
            return None
        return Fraction(self.fen, abs(self.base_fen or 0))

    def favourable(self, polarity: Polarity) -> bool | None:
        """True when the result improves, whatever the sign; None when nothing moved."""
        return None if self.fen == 0 else polarity * self.fen > 0

    def __add__(self, other: "Variance") -> "Variance":
        """Sums, so that the rate of a total is ΣΔ / Σbase and never a mean of rates."""
        parts = [part for part in (self.base_fen, other.base_fen) if part is not None]
        return Variance(self.actual_fen + other.actual_fen, sum(parts) if parts else None)


def total(lines: Iterable[Variance]) -> Variance:
    """The sum of all lines; nothing at all is nothing against no base."""
    actual, base, has_base = 0, 0, False
    for line in lines:
        actual += line.actual_fen
        if line.base_fen is not None:
            base, has_base = base + line.base_fen, True
    return Variance(actual, base if has_base else None)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the comparison. Quantities are thousandths, None unless every fact carries one."""

    key: tuple[Any, ...]
    variance: Variance
    flagged: bool
    favourable: bool | None
    actual_milli: int | None
    base_milli: int | None
    effects: price_quantity.Effects | None


def compare(
    actual: nw.LazyFrame[Any], base: nw.LazyFrame[Any] | None, by: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Sum both sides by the `by` columns and unite them; a key of one side only keeps its line.

    Both frames carry `amount_fen` and `quantity_milli` (null where unknown) and number their keys
    alike; where the numbers differ, renumber the output of `summed` before `united`.
    """
    parts = [summed(actual, "actual", by)]
    if base is not None:
        parts.append(summed(base, "base", by))
    return united(parts, by)


_FIELDS: Final = ("fen", "milli", "lines", "quantified")
SUMS: Final = tuple(f"{side}_{field}" for side in ("actual", "base") for field in _FIELDS)


def summed(
    frame: nw.LazyFrame[Any], side: Literal["actual", "base"], by: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Σ amount, Σ quantity, number of lines and of lines with a quantity per key.

    Zeros stand in for the other side, so that two halves unite without an outer join.
    """
    amount, quantity = nw.col("amount_fen"), nw.col("quantity_milli")
    sums = frame.group_by(*by).agg(
        amount.sum().alias(f"{side}_fen"),
        quantity.sum().alias(f"{side}_milli"),
        amount.count().alias(f"{side}_lines"),
        quantity.count().alias(f"{side}_quantified"),
    )
    return sums.select(
        *by,
        *(
            (nw.col(name).fill_null(0) if name.startswith(side) else nw.lit(0))
            .cast(nw.Int64)
            .alias(name)
            for name in SUMS
        ),
    )


def named(sums: nw.DataFrame[Any], names: Mapping[str, Sequence[str]]) -> nw.DataFrame[Any]:
    """Dictionary numbers (`item_no` …) as texts (`item` …); −1, which states nothing, as "".

    Two data sets number the same names differently: they are united by their texts.
    """
    texts = [
        nw.col(f"{name}_no")
        .replace_strict(list(range(-1, len(known))), ["", *known], return_dtype=nw.String)
        .alias(name)
        for name, known in names.items()
    ]
    return sums.with_columns(*texts).drop(*(f"{name}_no" for name in names))


def united(parts: Sequence[nw.LazyFrame[Any]], by: Sequence[str]) -> nw.LazyFrame[Any]:
    """One row per key over the halves made by `summed`."""
    return (
        nw.concat(list(parts), how="vertical")
        .group_by(*by)
        .agg(*(nw.col(column).sum() for column in SUMS))
        .with_columns(*(nw.col(column).cast(nw.Int64) for column in SUMS))
    )


def judge(
    compared: nw.DataFrame[Any],
    by: Sequence[str],
    *,
    materiality: Materiality,
    polarity: Polarity = COST,
) -> list[Line]:
    """The collected `compare` as lines in key order; Σ of the lines equals Σ of the facts."""
    columns = {name: compared[name].to_numpy() for name in SUMS}
    effects = _effects(columns)
    keys = list(zip(*(compared[name].to_list() for name in by), strict=True))
    values = {name: column.tolist() for name, column in columns.items()}
    lines: list[Line] = []
    for row, key in enumerate(keys):
        base_set = values["base_lines"][row] > 0
        variance = Variance(
            values["actual_fen"][row], values["base_fen"][row] if base_set else None
        )
        lines.append(
            Line(
                key=key,
                variance=variance,
                flagged=materiality.exceeded(variance.fen, variance.base_fen),
                favourable=variance.favourable(polarity),
                actual_milli=_quantity(values, "actual", row),
                base_milli=_quantity(values, "base", row),
                effects=effects[row],
            )
        )
    return sorted(lines, key=lambda line: line.key)


def _quantity(values: Mapping[str, list[int]], side: str, row: int) -> int | None:
    lines = values[f"{side}_lines"][row]
    known = lines > 0 and values[f"{side}_quantified"][row] == lines
    return values[f"{side}_milli"][row] if known else None


def _effects(columns: Mapping[str, NDArray[np.int64]]) -> list[price_quantity.Effects | None]:
    """Price, quantity and joint effect of each line whose two sides are fully quantified."""
    known = np.ones(len(columns["actual_fen"]), dtype=bool)
    for side in ("actual", "base"):
        known &= columns[f"{side}_quantified"] == columns[f"{side}_lines"]
        known &= columns[f"{side}_milli"] != 0
    effects: list[price_quantity.Effects | None] = [None] * len(known)
    found = price_quantity.decompose_columns(
        *(columns[name][known] for name in ("base_fen", "base_milli", "actual_fen", "actual_milli"))
    )
    for row, effect in zip(np.flatnonzero(known), found, strict=True):
        effects[row] = effect
    return effects


def largest(lines: Iterable[Line], count: int) -> list[Line]:
    """The lines that moved most, by amount; equal amounts keep key order."""
    return sorted(lines, key=lambda line: -abs(line.variance.fen))[:count]


def roll_up(
    amounts: Mapping[int, Variance], parents: Mapping[int, int | None]
) -> dict[int, Variance]:
    """Each node of a tree with everything below it: parent = own + Σ children, by ids.

    Names never decide: `Office` and `OfficeRent` are two ids. Raises KeyError for an unknown id.
    """
    rolled: dict[int, Variance] = {}
    for node, own in amounts.items():
        at: int | None = node
        while at is not None:
            rolled[at] = rolled.get(at, Variance(0, None)) + own
            at = parents[at]
    return rolled
