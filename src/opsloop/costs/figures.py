"""From fact files to the lines of a month; remembered per content, because facts never change.

Two months of two data sets with the same fact digests have the same lines, whatever their ids.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from opsloop.analysis.accumulation import days_of
from opsloop.analysis.fen import to_fen
from opsloop.analysis.price_quantity import Closing, Effects, NotDecomposable, decompose
from opsloop.analysis.variance import (
    Line,
    Lines,
    allocated,
    judge,
    merged,
    named,
    summed,
    united,
)
from opsloop.costs.keys import LineKey
from opsloop.costs.models import BaseKind, CostPeriod
from opsloop.costs.rules import Rules, Shares
from opsloop.costs.source import Source, source
from opsloop.datasets.queries import fact_set
from opsloop.facts.schema import schema_of
from opsloop.metrics.register import EVIDENCE_LIMIT, EvidenceRows

NAMES: Final = ("category", "item", "department")


@dataclass(frozen=True)
class Sources:
    """What a month is computed from."""

    ledger: Source
    budget: Source | None
    forecast: Source | None = None

    @property
    def batch_ids(self) -> tuple[int, ...]:
        return tuple(pk for part in self.parts for pk in part.batch_ids)

    @property
    def parts(self) -> tuple[Source, ...]:
        return tuple(part for part in (self.ledger, self.budget, self.forecast) if part)

    def covering(self, months: Collection[int]) -> "Sources":
        """The batches that figures of these months, or of last year's, can come from."""
        wanted = {*months, *(month - 100 for month in months)}
        return Sources(
            self.ledger.covering(wanted),
            self.budget and self.budget.covering(wanted),
            self.forecast and self.forecast.covering(wanted),
        )


def sources_of(period: CostPeriod) -> Sources:
    """The pinned batches of a reviewed month, else what is in force."""
    return _sources(period, pinned=period.is_pinned)


def latest_sources_of(period: CostPeriod) -> Sources:
    """What is in force now, whatever was reviewed."""
    return _sources(period, pinned=False)


def _sources(period: CostPeriod, *, pinned: bool) -> Sources:
    pairs = (
        (period.ledger, period.ledger_batches),
        (period.budget, period.budget_batches),
        (period.forecast, period.forecast_batches),
    )
    ledger, budget, forecast = (
        None if dataset is None else source(dataset, batches if pinned else None)
        for dataset, batches in pairs
    )
    assert ledger is not None, "a month has a ledger"
    return Sources(ledger, budget, forecast)


def lines(sources: Sources, period_no: int, rules: Rules) -> Lines:
    """Every category × item × department of the month, in name order; keys are `LineKey`s.

    A line within the month's threshold is marked too when its sum since January is not (C-54).
    What earlier months left unused of a rolling budget is part of the month's base.
    """
    found = rolled(lines_over(sources, (period_no,), rules), sources, period_no, rules)
    if rules.ytd is None:
        return found
    since = lines_over(sources, year_to_date(period_no), replace(rules, materiality=rules.ytd))
    marked = since.take(since.flagged)
    beyond = set(zip(*marked.keys, strict=True))
    keys = zip(*found.keys, strict=True)
    return found.marked(np.fromiter((key in beyond for key in keys), bool, len(found)))


def rolled(lines: Lines, sources: Sources, period_no: int, rules: Rules) -> Lines:
    """The lines with what their earlier months left unused added to the base, and judged again."""
    left = carried(sources, period_no, rules) if rules.rolling else {}
    added = np.fromiter(
        (left.get(LineKey(*key), 0) for key in zip(*lines.keys, strict=True)), np.int64, len(lines)
    )
    if not added.any():
        return lines
    base, here = lines.base_fen + added, added > 0
    beyond = rules.materiality.exceeded_columns(lines.actual_fen - base, base)
    return replace(
        lines, base_fen=base, budgeted=lines.budgeted | here,
        flagged=np.where(here, beyond, lines.flagged),
    )  # fmt: skip


@lru_cache(maxsize=64)
def carried(sources: Sources, period_no: int, rules: Rules) -> dict[LineKey, int]:
    """分 that the months of the year before this one left unused, per line of a rolling budget.

    Month by month: what overspending leaves is nothing, never less than nothing.
    """
    left: dict[LineKey, int] = {}
    for month in year_to_date(period_no)[:-1]:
        lines = lines_over(sources, (month,), rules)
        for at, (category, item, department) in enumerate(zip(*lines.keys, strict=True)):
            if (category, item) not in rules.rolling:
                continue
            if rules.kind_of(category, item) != BaseKind.BUDGET:
                continue
            key = LineKey(category, item, department)
            rest = left.get(key, 0) + int(lines.base_fen[at]) - int(lines.actual_fen[at])
            left[key] = max(rest, 0)
    return left


def year_to_date(period_no: int) -> tuple[int, ...]:
    """January up to the month, as yyyymm."""
    return tuple(range(period_no // 100 * 100 + 1, period_no + 1))


# A month of a very large company is some twenty thousand lines: these many of them fit anywhere.
def lines_over(sources: Sources, months: tuple[int, ...], rules: Rules) -> Lines:
    """The lines of several months (yyyymm) summed, or averaged by days where an item is (C-34).

    Thresholds hold for the result.
    """
    return _lines_over(sources.covering(months), months, rules)


@lru_cache(maxsize=64)
def _lines_over(sources: Sources, months: tuple[int, ...], rules: Rules) -> Lines:
    if rules.averaged and len(months) > 1:
        return together([lines_over(sources, (month,), rules) for month in months], months, rules)
    parts = [_named_sums(sources.ledger, "actual", months)]
    special = [f"{category}\n{item}" for category, item, _kind in rules.bases]
    usual = _base_sums(sources, months, rules.base_kind)
    if usual is not None:
        parts.append(usual.filter(~_item.is_in(special)) if special else usual)
    for kind in sorted({kind for _category, _item_name, kind in rules.bases}):
        own = [f"{category}\n{item}" for category, item, other in rules.bases if other == kind]
        base = _base_sums(sources, months, kind)
        if base is not None:
            parts.append(base.filter(_item.is_in(own)))
    shares = dict(rules.shares)
    halves = [allocated(part, shares).lazy() for part in parts]
    compared = united(halves, NAMES).collect(backend="polars")
    return _in_points(judge(compared, NAMES, materiality=rules.materiality), rules)


def together(
    parts: Sequence[Lines], months: Sequence[int], rules: Rules, days: Sequence[int] = ()
) -> Lines:
    """The lines of each of some months as one period; `days` are those of each month that count."""
    whole = days or [days_of(month) for month in months]
    found = merged(parts, materiality=rules.materiality, days=whole, averaged=rules.averaged)
    return _in_points(found, rules)


def _in_points(lines: Lines, rules: Rules) -> Lines:
    if not rules.percentages:
        return lines
    pairs = zip(lines.keys[0], lines.keys[1], strict=True)
    rows = np.fromiter((pair in rules.percentages for pair in pairs), bool, len(lines))
    return lines.in_points(rows, to_fen(rules.points))


_item = nw.concat_str("category", "item", separator="\n")


def _base_sums(sources: Sources, months: tuple[int, ...], kind: str) -> nw.DataFrame[Any] | None:
    """What the months are compared with; None where there is no such data set."""
    if kind == BaseKind.PRIOR_YEAR:
        return _named_sums(sources.ledger, "base", tuple(month - 100 for month in months))
    chosen = sources.forecast if kind == BaseKind.FORECAST else sources.budget
    return None if chosen is None else _named_sums(chosen, "base", months)


def _named_sums(
    source: Source, side: Any, months: tuple[int, ...], dimensions: tuple[str, ...] = NAMES
) -> nw.DataFrame[Any]:
    return _summed(source.covering(months), side, months, dimensions)


@lru_cache(maxsize=128)
def _summed(
    source: Source, side: Any, months: tuple[int, ...], dimensions: tuple[str, ...]
) -> nw.DataFrame[Any]:
    facts = fact_set(source.dataset, batch_ids=source.batch_ids)
    numbers = [f"{name}_no" for name in dimensions]
    month = facts.frame.filter(nw.col("period_no").is_in(list(months)))
    sums = summed(month, side, numbers).collect(backend="polars")
    return named(sums, {name: facts.names[name] for name in dimensions})


def sums(source: Source, month: int, extra: str, shares: Shares) -> dict[tuple[str, ...], int]:
    """分 of one month (yyyymm) per category, item, department and, if named, a further dimension.

    Empty where the data set knows no such dimension, as a budget knows no suppliers.
    """
    dimensions = (*NAMES, extra) if extra else NAMES
    if extra and extra not in schema_of(source.dataset.kind).dictionaries:
        return {}
    found = allocated(_named_sums(source, "actual", (month,), dimensions), dict(shares))
    by_key: dict[tuple[str, ...], int] = {}
    for *key, fen in found.select(*dimensions, "actual_fen").iter_rows():
        by_key[tuple(key)] = by_key.get(tuple(key), 0) + fen
    return by_key


@lru_cache(maxsize=64)
def postings_by_department(source: Source, period_no: int) -> dict[str, int]:
    """Number of postings per department of one month, by the names of the ledger."""
    sums = _named_sums(source, "actual", (period_no,))
    found: dict[str, int] = {}
    rows = zip(sums["department"].to_list(), sums["actual_lines"].to_list(), strict=True)
    for name, count in rows:
        found[name] = found.get(name, 0) + count
    return found


@lru_cache(maxsize=24)
def _places(lines: Lines) -> dict[str, int]:
    return {LineKey(*key).dimension: at for at, key in enumerate(zip(*lines.keys, strict=True))}


def line_at(lines: Lines, dimension: str) -> Line | None:
    """The line a metric's dimension names."""
    at = _places(lines).get(dimension)
    return None if at is None else lines[at]


def key_of(line: Line) -> LineKey:
    return LineKey(*line.key)


def effects(line: Line, closing: Closing) -> Effects | None:
    """The line's split under the company's closing rule; the joint effect where it cannot close."""
    if line.effects is None or closing is Closing.SHOWN:
        return line.effects
    assert line.base_milli is not None and line.actual_milli is not None  # noqa: PT018 - one fact
    try:
        return decompose(
            base_fen=line.variance.base_fen or 0, base_milli=line.base_milli,
            actual_fen=line.variance.actual_fen, actual_milli=line.actual_milli, closing=closing,
        )  # fmt: skip
    except NotDecomposable:
        return line.effects


@dataclass(frozen=True)
class Postings:
    """The facts behind one line in ledger order, and what their numbers point into."""

    frame: nw.DataFrame[Any]
    batch_ids: tuple[int, ...]
    suppliers: tuple[str, ...]
    documents: Mapping[int, str]


def postings(source: Source, period_no: int, key: LineKey) -> Postings:
    source = source.covering((period_no,))
    facts = fact_set(source.dataset, batch_ids=source.batch_ids)
    wanted = nw.col("period_no") == period_no
    for name, text in zip(NAMES, key, strict=True):
        # A name no posting has matches nothing; an empty one matches "not stated".
        number = -1 if not text else _index(facts.names[name], text)
        wanted &= nw.col(f"{name}_no") == number
    found = facts.frame.filter(wanted).collect(backend="polars")
    documents = facts.texts("document", found["document_no"].unique().to_list())
    return Postings(found, facts.batch_ids, facts.names["supplier"], documents)


def evidence(
    source: Source, period_nos: Iterable[int], keys: Collection[LineKey]
) -> dict[LineKey, tuple[EvidenceRows, ...]]:
    """References to the postings behind some lines, batch by batch; one pass a month."""
    rows: dict[LineKey, dict[int, list[int]]] = {key: {} for key in keys}
    facts = fact_set(source.dataset, batch_ids=source.batch_ids)
    columns = [*(f"{name}_no" for name in NAMES), "batch_no", "source_row"]
    wanted = facts.frame.filter(nw.col("period_no").is_in(list(period_nos))).select(*columns)
    for *numbers, batch_no, row in wanted.collect(backend="polars").iter_rows():
        texts = (
            facts.names[name][number] if number >= 0 else ""
            for name, number in zip(NAMES, numbers, strict=True)
        )
        found = rows.get(LineKey(*texts))
        if found is not None:
            found.setdefault(facts.batch_ids[batch_no], []).append(row)
    return {
        key: tuple(
            EvidenceRows(pk, tuple(numbers[:EVIDENCE_LIMIT]), len(numbers))
            for pk, numbers in batches.items()
        )
        for key, batches in rows.items()
    }


def _index(names: tuple[str, ...], text: str) -> int:
    return names.index(text) if text in names else len(names)
