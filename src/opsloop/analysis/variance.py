"""Actual against base: variance, rate, favourability, materiality; in whole 分 throughout.

The base is a budget or the same period of last year. Sums are made where the facts are (any
engine behind Narwhals); the rules then run on the aggregated columns with exact integers.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Literal, overload

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from opsloop.analysis import price_quantity
from opsloop.analysis.accumulation import Accumulation, accumulated
from opsloop.analysis.distribution import split

Polarity = Literal[-1, 1]
COST: Final[Polarity] = -1
REVENUE: Final[Polarity] = 1
_INT64: Final = 2**63 - 1
Shares = Sequence[tuple[str, Decimal]]


def as_polarity(sign: int | None) -> Polarity:
    """A stored sign as a polarity; what is not known to be income is a cost."""
    return REVENUE if sign == REVENUE else COST


class BaseCase(StrEnum):
    """Whether a rate against this base means anything."""

    COMPARABLE = "comparable"
    ZERO = "zero"  # a base of nothing was set
    MISSING = "missing"  # no base was set at all, which is not the same
    OPPOSITE = "opposite"  # one is income, the other outlay
    POINTS = "points"  # both are percentages: they differ in percentage points


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

    def exceeded_columns(
        self, variance_fen: NDArray[np.int64], base_fen: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """`exceeded` for many lines at once; a base of 0 stands for none."""
        size, base = np.abs(variance_fen), np.abs(base_fen)
        above, below = self.percent.as_integer_ratio()
        widest = max(int(size.max(initial=0)) * 100 * below, int(base.max(initial=0)) * above)
        if widest > _INT64:
            size, base = size.astype(object), base.astype(object)
        beyond = (size * (100 * below) > base * above) & (size >= self.floor_fen)
        if self.hard_fen is not None:
            beyond |= size >= self.hard_fen
        found: NDArray[np.bool_] = beyond.astype(bool)
        return found


@dataclass(frozen=True, slots=True)
class Variance:
    """One actual beside one base, in 分; `base_fen` None means that no base was set.

    With `points` both are percentages in hundredths: their difference is in percentage points and
    has no rate, because a percentage of a percentage misleads (C-35).
    """

    actual_fen: int
    base_fen: int | None
    points: bool = False

    @property
    def fen(self) -> int:
        """Actual − base, always in that order. All of it when nothing was budgeted."""
        return self.actual_fen - (self.base_fen or 0)

    @property
    def base_case(self) -> BaseCase:
        if self.base_fen is None:
            return BaseCase.MISSING
        if self.points:
            return BaseCase.POINTS
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


def allocated(sums: nw.DataFrame[Any], shares: Mapping[str, Shares]) -> nw.DataFrame[Any]:
    """Lines of a shared cost centre (a department) go to those who bear it, exact to the 分.

    `shares` maps the cost centre to (department, weight); the frame is one of `named`.
    """
    if not shares:
        return sums
    shared = nw.col("department").is_in(list(shares))
    rows = sums.filter(shared).rows(named=True)
    if not rows:
        return sums
    borne = [part for row in rows for part in _borne(row, shares[row["department"]])]
    columns = {name: [part[name] for part in borne] for name in sums.columns}
    added = nw.DataFrame.from_dict(columns, schema=sums.schema, backend=sums.implementation)
    return nw.concat([sums.filter(~shared), added])


def _borne(row: Mapping[str, Any], shares: Shares) -> list[dict[str, Any]]:
    """One line of a shared cost centre as the lines of its bearers."""
    weights = [weight for _name, weight in shares]
    amounts = {
        name: split(row[name], weights) for name in SUMS if name.endswith(("_fen", "_milli"))
    }
    return [
        {**row, "department": name, **{key: parts[at] for key, parts in amounts.items()}}
        for at, (name, _weight) in enumerate(shares)
    ]


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
) -> "Lines":
    """The collected `compare` as lines in key order; Σ of the lines equals Σ of the facts."""
    ordered = compared.sort(*by)
    columns = {name: ordered[name].to_numpy() for name in SUMS}
    budgeted = columns["base_lines"] > 0
    variance = columns["actual_fen"] - columns["base_fen"]
    sides = {side: _quantified(columns, side) for side in ("actual", "base")}
    return Lines(
        tuple(ordered[name].to_list() for name in by),
        columns["actual_fen"], columns["base_fen"], budgeted,
        columns["actual_milli"], sides["actual"], columns["base_milli"], sides["base"],
        materiality.exceeded_columns(variance, columns["base_fen"]), polarity,
    )  # fmt: skip


def _quantified(columns: Mapping[str, NDArray[np.int64]], side: str) -> NDArray[np.bool_]:
    """Where every fact of this side carries a quantity."""
    lines = columns[f"{side}_lines"]
    known: NDArray[np.bool_] = (lines > 0) & (columns[f"{side}_quantified"] == lines)
    return known


@dataclass(frozen=True, eq=False)
class Lines(Sequence[Line]):
    """Judged lines in key order, kept as columns; one becomes an object when it is looked at.

    `keys` is one list per dimension. `base_fen` is 0 where `budgeted` is False, a quantity means
    something only where its side is known.
    """

    keys: tuple[list[Any], ...]
    actual_fen: NDArray[np.int64]
    base_fen: NDArray[np.int64]
    budgeted: NDArray[np.bool_]
    actual_milli: NDArray[np.int64]
    actual_known: NDArray[np.bool_]
    base_milli: NDArray[np.int64]
    base_known: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    polarity: Polarity = COST
    # Where a line is a percentage; None where none is. Percentages are in no sum.
    points: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.actual_fen)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> "Lines": ...
    def __getitem__(self, at: int | slice) -> "Line | Lines":
        if isinstance(at, slice):
            return self.take(np.arange(len(self))[at])
        base = int(self.base_fen[at]) if self.budgeted[at] else None
        points = self.points is not None and bool(self.points[at])
        variance = Variance(int(self.actual_fen[at]), base, points)
        actual = int(self.actual_milli[at]) if self.actual_known[at] else None
        planned = int(self.base_milli[at]) if self.base_known[at] else None
        effects = None
        if actual and planned and base is not None and not points:
            effects = price_quantity.decompose(
                base_fen=base, base_milli=planned,
                actual_fen=variance.actual_fen, actual_milli=actual,
            )  # fmt: skip
        return Line(
            key=tuple(column[at] for column in self.keys), variance=variance,
            flagged=bool(self.flagged[at]), favourable=variance.favourable(self.polarity),
            actual_milli=actual, base_milli=planned, effects=effects,
        )  # fmt: skip

    def take(self, rows: NDArray[Any]) -> "Lines":
        """The lines at these positions, or where a mask is true, in that order."""
        places = np.flatnonzero(rows) if rows.dtype == bool else rows
        chosen = places.tolist()
        return Lines(
            tuple([column[at] for at in chosen] for column in self.keys),
            self.actual_fen[places], self.base_fen[places], self.budgeted[places],
            self.actual_milli[places], self.actual_known[places],
            self.base_milli[places], self.base_known[places],
            self.flagged[places], self.polarity,
            None if self.points is None else self.points[places],
        )  # fmt: skip

    def find(self, key: tuple[Any, ...]) -> Line | None:
        """The line of this key."""
        for at, found in enumerate(zip(*self.keys, strict=True)):
            if found == key:
                return self[at]
        return None

    def marked(self, also: NDArray[np.bool_]) -> "Lines":
        """The same lines, those of `also` marked beside what was."""
        return replace(self, flagged=self.flagged | also)

    def in_points(self, rows: NDArray[np.bool_], bound: int) -> "Lines":
        """The same lines, `rows` of them percentages: marked beyond `bound` (0.01 points)."""
        beyond = self.budgeted & (np.abs(self.variance_fen) > bound)
        return replace(self, points=rows, flagged=np.where(rows, beyond, self.flagged))

    @property
    def amounts(self) -> "Lines":
        """The lines that may be summed: those that are no percentages."""
        return self if self.points is None else self.take(~self.points)

    @property
    def variance_fen(self) -> NDArray[np.int64]:
        """Actual − base per line; all of it where nothing was budgeted."""
        return self.actual_fen - self.base_fen

    def total(self) -> Variance:
        """Σ of all lines but percentages; its rate is ΣΔ / Σbase."""
        lines = self.amounts
        base = int(lines.base_fen.sum()) if lines.budgeted.any() else None
        return Variance(int(lines.actual_fen.sum()), base)

    def largest(self, count: int) -> "Lines":
        """The lines that moved most, by amount; equal amounts keep key order."""
        lines = self.amounts
        return lines.take(np.argsort(-np.abs(lines.variance_fen), kind="stable")[:count])

    def split(self) -> price_quantity.EffectColumns:
        """Price, quantity and joint effect of the lines with a quantity on both sides."""
        whole = self.actual_known & self.base_known & self.budgeted
        if self.points is not None:
            whole = whole & ~self.points
        rows = np.flatnonzero(whole & (self.actual_milli != 0) & (self.base_milli != 0))
        return price_quantity.decompose_columns(
            rows, self.base_fen[rows], self.base_milli[rows],
            self.actual_fen[rows], self.actual_milli[rows],
        )  # fmt: skip


def merged(
    parts: Sequence[Lines], *, materiality: Materiality,
    days: Sequence[int] = (), averaged: Collection[tuple[str, ...]] = (),
) -> Lines:  # fmt: skip
    """Several months as one: lines of one key summed, thresholds held against the sums.

    A quantity is known when it is in every month the side has an amount in. Keys that begin with
    one of `averaged` are the mean of their months, weighted by the `days` of each part.
    """
    keys = [key for part in parts for key in zip(*part.keys, strict=True)]
    place = {key: at for at, key in enumerate(sorted(set(keys)))}
    rows = np.fromiter((place[key] for key in keys), np.int64, len(keys))

    def summed(name: str) -> NDArray[np.int64]:
        values = np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, np.int64)])
        found = np.zeros(len(place), np.int64)
        np.add.at(found, rows, values)
        return found

    def known(name: str, amount: str) -> NDArray[np.bool_]:
        whole = np.ones(len(place), dtype=bool)
        for part, at in zip(parts, _slices(parts), strict=True):
            lacking = ~getattr(part, name) & (getattr(part, amount) != 0)
            whole[rows[at][lacking]] = False
        return whole & (summed(name) > 0)

    actual, base = summed("actual_fen"), summed("base_fen")
    for key, at in place.items() if averaged else ():
        if key[: len(next(iter(averaged)))] in averaged:
            found = [(part.find(key), of) for part, of in zip(parts, days, strict=True)]
            lines = [(line.variance, of) for line, of in found if line is not None]
            # A month in which nothing was posted says nothing about the mean.
            actual[at] = _mean([(one.actual_fen or None, of) for one, of in lines])
            base[at] = _mean([(one.base_fen, of) for one, of in lines])
    return Lines(
        tuple(map(list, zip(*place, strict=True))) if place else ([], [], []),
        actual, base, summed("budgeted") > 0,
        summed("actual_milli"), known("actual_known", "actual_fen"),
        summed("base_milli"), known("base_known", "base_fen"),
        materiality.exceeded_columns(actual - base, base),
    )  # fmt: skip


def _mean(months: Sequence[tuple[int | None, int]]) -> int:
    """The day-weighted mean of the months that have an amount; 0 without any."""
    amounts, days = [amount for amount, _of in months], [of for _amount, of in months]
    return accumulated(amounts, days, days, Accumulation.AVERAGE) or 0


def _slices(parts: Sequence[Lines]) -> Iterable[slice]:
    start = 0
    for part in parts:
        yield slice(start, start + len(part))
        start += len(part)


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
