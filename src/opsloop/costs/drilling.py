"""The facts behind any figure: the ledger or budget lines that sum to what was shown (C-38).

A figure is one side (actual or base) of a line, a category, a department or everything, over a
month, or over a quarter or a year as far as its newest month; each month as it stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Final, Literal

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.period import Period
from opsloop.analysis.variance import Lines
from opsloop.costs import figures, overview
from opsloop.costs.keys import LineKey
from opsloop.costs.models import BaseKind, CostPeriod
from opsloop.costs.queries import Posting, seen_departments
from opsloop.costs.rules import rules_of
from opsloop.costs.source import Source
from opsloop.costs.tree import below
from opsloop.datasets.queries import fact_set
from opsloop.org.models import Person

Side = Literal["actual", "base"]
PAGE_ROWS: Final = 100
_EPOCH: Final = date(1970, 1, 1)
# What a budget line has not: stated nowhere.
_LEDGER_ONLY: Final = ("day", "document_no", "supplier_no")


@dataclass(frozen=True)
class Figure:
    """Which figure is looked into; a dimension left None is all of it.

    A category without an item is its total, with everything below it in the cost tree.
    """

    span: Period
    side: Side = "actual"
    category: str | None = None
    item: str | None = None
    department: str | None = None

    def names(self, person: Person) -> "Names":
        """The names each dimension may have; None for any."""
        category = self.category
        return {
            "category": None if category is None
            else below(category, person) if self.item is None else frozenset({category}),
            "item": None if self.item is None else frozenset({self.item}),
            "department": None if self.department is None else frozenset({self.department}),
        }  # fmt: skip


@dataclass(frozen=True)
class Narrowing:
    """What of the facts is listed: supplier and item contain a text, at least an amount (yuan)."""

    supplier: str = ""
    item_text: str = ""
    at_least: Decimal | None = None
    largest_first: bool = False


@dataclass(frozen=True)
class Fact(Posting):
    """One ledger or budget line that says its month and the line of the form it is part of."""

    month: str
    key: LineKey


@dataclass(frozen=True)
class Behind:
    """A figure and its facts; what no fact of its own explains is told apart."""

    figure: Figure
    months: tuple[CostPeriod, ...]
    shown_fen: int | None
    facts_fen: int
    narrowed: pl.DataFrame
    narrowed_fen: int
    _sources: tuple[Source, ...]

    @property
    def amount(self) -> Decimal | None:
        """The figure as it was shown; None where no base was set."""
        return None if self.shown_fen is None else to_yuan(self.shown_fen)

    @property
    def listed(self) -> Decimal:
        return to_yuan(self.narrowed_fen)

    @property
    def borne(self) -> Decimal:
        """The part without facts of its own: shares of common cost centres, means, carried budget."""
        return to_yuan((self.shown_fen or 0) - self.facts_fen)

    @property
    def count(self) -> int:
        return self.narrowed.height

    @cached_property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE_ROWS))

    def page(self, number: int) -> list[Fact]:
        """One page of the listed facts, from 1."""
        return list(self.rows(self.narrowed.slice((number - 1) * PAGE_ROWS, PAGE_ROWS)))

    def rows(self, frame: pl.DataFrame | None = None) -> Iterator[Fact]:
        """The listed facts, all of them or those of a part."""
        chosen = self.narrowed if frame is None else frame
        texts = {part: self._documents(part, chosen) for part in chosen["part"].unique().to_list()}
        for row in chosen.iter_rows(named=True):
            milli = row["quantity_milli"]
            yield Fact(
                month=f"{row['period_no'] // 100:04d}-{row['period_no'] % 100:02d}",
                day=_EPOCH + timedelta(days=row["day"]) if row["day"] >= 0 else None,
                document=texts[row["part"]].get(row["document_no"], ""),
                key=LineKey(row["category"], row["item"], row["department"]),
                supplier=row["supplier"],
                quantity=None if milli is None else Decimal(milli).scaleb(-3),
                amount=to_yuan(row["amount_fen"]),
                batch_id=row["batch_id"],
                source_row=row["source_row"],
            )

    def _documents(self, part: int, chosen: pl.DataFrame) -> dict[int, str]:
        """The document texts of one data set; none where no row names a document."""
        named = (pl.col("part") == part) & (pl.col("document_no") >= 0)
        numbers = chosen.filter(named)["document_no"].unique().to_list()
        if not numbers:
            return {}
        source = self._sources[part]
        return fact_set(source.dataset, batch_ids=source.batch_ids).texts("document", numbers)


@dataclass(frozen=True)
class Part:
    """One month of one data set; of its items `only` these, or all but these."""

    source: Source
    period_no: int
    items: frozenset[tuple[str, str]] = frozenset()
    only: bool = False

    def of(self, facts: pl.DataFrame) -> pl.DataFrame:
        """The facts of its items."""
        if not self.items:
            return facts
        listed = pl.concat_str("category", "item", separator="\n").is_in(
            ["\n".join(pair) for pair in sorted(self.items)]
        )
        return facts.filter(listed if self.only else ~listed)


Names = Mapping[str, frozenset[str] | None]
Sees = Callable[[Iterable[str]], frozenset[str] | None]


def behind(newest: CostPeriod, figure: Figure, person: Person, narrowing: Narrowing) -> Behind:
    """The facts of a figure of the ledger of `newest`, as far as this person sees them."""
    within = overview.months_within(newest, person, figure.span)
    months = tuple(month for month in within if month.period_no <= newest.period_no)
    names = figure.names(person)
    lines = overview.summed(months, person, newest) if months else None
    parts = [part for month in months for part in _parts(month, figure.side)]
    sees = partial(seen_departments, period=newest, person=person)
    frames = [_facts(at, part, names, sees) for at, part in enumerate(parts)]
    found = pl.concat(frames) if frames else pl.DataFrame(schema=_SCHEMA)
    narrowed = _narrowed(found, narrowing)
    return Behind(
        figure, months, None if lines is None else _shown(lines, figure.side, names),
        int(found["amount_fen"].sum()), narrowed, int(narrowed["amount_fen"].sum()),
        tuple(part.source for part in parts),
    )  # fmt: skip


_SCHEMA: Final = {
    "part": pl.Int32, "period_no": pl.Int32, "category": pl.String, "item": pl.String,
    "department": pl.String, "supplier": pl.String, "day": pl.Int32, "document_no": pl.Int64,
    "quantity_milli": pl.Int64, "amount_fen": pl.Int64, "batch_id": pl.Int64, "source_row": pl.Int64,
}  # fmt: skip


def _shown(lines: Lines, side: Side, names: Names) -> int | None:
    """The figure itself, from the same lines as the page it stands on."""
    mask: NDArray[np.bool_] = np.ones(len(lines), dtype=bool)
    for at, wanted in enumerate(names.values()):
        if wanted is not None:
            mask &= np.fromiter((name in wanted for name in lines.keys[at]), bool, len(lines))
    total = lines.take(mask).total()
    return total.actual_fen if side == "actual" else total.base_fen


def _parts(month: CostPeriod, side: Side) -> Iterator[Part]:
    """What one side of a month is made of: items may be compared with bases of their own."""
    sources, rules = figures.sources_of(month), rules_of(month)
    if side == "actual":
        yield Part(sources.ledger.covering((month.period_no,)), month.period_no)
        return
    special = frozenset((category, item) for category, item, _kind in rules.bases)
    kinds = [(rules.base_kind, special, False)]
    for kind in sorted({kind for _category, _item, kind in rules.bases}):
        own = frozenset((category, item) for category, item, one in rules.bases if one == kind)
        kinds.append((kind, own, True))
    for kind, items, only in kinds:
        if kind == BaseKind.PRIOR_YEAR:
            before = month.period_no - 100
            yield Part(sources.ledger.covering((before,)), before, items, only)
            continue
        chosen = sources.forecast if kind == BaseKind.FORECAST else sources.budget
        if chosen is not None:
            yield Part(chosen.covering((month.period_no,)), month.period_no, items, only)


def _facts(number: int, part: Part, names: Names, sees: Sees) -> pl.DataFrame:
    """The facts of one part under their names."""
    facts = fact_set(part.source.dataset, batch_ids=part.source.batch_ids)
    frame = facts.frame.filter(nw.col("period_no") == part.period_no)
    for name, chosen in (*names.items(), ("department", sees(facts.names["department"]))):
        if chosen is not None:
            numbers = [at for at, text in enumerate(("", *facts.names[name]), -1) if text in chosen]
            frame = frame.filter(nw.col(f"{name}_no").is_in(numbers))
    held = pl.DataFrame(frame.collect(backend="polars").to_native())
    missing = [pl.lit(-1).alias(name) for name in _LEDGER_ONLY if name not in held.columns]
    batches = pl.Series(facts.batch_ids, dtype=pl.Int64)
    found = held.with_columns(missing).with_columns(
        *(_text(name, facts.names.get(name, ())) for name in (*figures.NAMES, "supplier")),
        pl.lit(number).alias("part"),
        pl.lit(batches).gather(pl.col("batch_no")).alias("batch_id"),
    )
    return part.of(found).select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())


def _text(name: str, known: Sequence[str]) -> pl.Expr:
    return (
        pl.col(f"{name}_no")
        .replace_strict(range(-1, len(known)), ["", *known], return_dtype=pl.String)
        .alias(name)
    )


def _narrowed(found: pl.DataFrame, narrowing: Narrowing) -> pl.DataFrame:
    for name, text in (("supplier", narrowing.supplier), ("item", narrowing.item_text)):
        if text:
            found = found.filter(pl.col(name).str.contains(text, literal=True))
    if narrowing.at_least is not None:
        bound = int(narrowing.at_least * 100)
        found = found.filter(pl.col("amount_fen").abs() >= bound)
    if narrowing.largest_first:
        found = found.sort(pl.col("amount_fen").abs(), descending=True, maintain_order=True)
    return found
