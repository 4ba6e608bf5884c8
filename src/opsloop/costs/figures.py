"""From fact files to the lines of a month; remembered per content, because facts never change.

Two months of two data sets with the same fact digests have the same lines, whatever their ids.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import narwhals.stable.v2 as nw

from opsloop.analysis.price_quantity import Closing, Effects, NotDecomposable, decompose
from opsloop.analysis.variance import Line, Lines, Materiality, judge, named, summed, united
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from opsloop.costs.source import Source, source
from opsloop.datasets.queries import fact_set
from opsloop.metrics.register import EVIDENCE_LIMIT, EvidenceRows

NAMES: Final = ("category", "item", "department")


@dataclass(frozen=True)
class Sources:
    """What a month is computed from."""

    ledger: Source
    budget: Source | None

    @property
    def batch_ids(self) -> tuple[int, ...]:
        return self.ledger.batch_ids + (self.budget.batch_ids if self.budget else ())


def sources_of(period: CostPeriod) -> Sources:
    """The pinned batches of a reviewed month, else what is in force."""
    return _sources(period, pinned=period.is_pinned)


def latest_sources_of(period: CostPeriod) -> Sources:
    """What is in force now, whatever was reviewed."""
    return _sources(period, pinned=False)


def _sources(period: CostPeriod, *, pinned: bool) -> Sources:
    ledger = source(period.ledger, period.ledger_batches if pinned else None)
    if period.budget is None:
        return Sources(ledger, None)
    return Sources(ledger, source(period.budget, period.budget_batches if pinned else None))


# A month of a very large company is some twenty thousand lines: two dozen of them fit anywhere.
@lru_cache(maxsize=24)
def lines(sources: Sources, period_no: int, materiality: Materiality) -> Lines:
    """Every category × item × department of the month, in name order; keys are `LineKey`s."""
    parts = [_named_sums(sources.ledger, "actual", period_no)]
    if sources.budget is not None:
        parts.append(_named_sums(sources.budget, "base", period_no))
    compared = united([part.lazy() for part in parts], NAMES).collect(backend="polars")
    return judge(compared, NAMES, materiality=materiality)


@lru_cache(maxsize=24)
def _places(lines: Lines) -> dict[str, int]:
    return {LineKey(*key).dimension: at for at, key in enumerate(zip(*lines.keys, strict=True))}


def line_at(lines: Lines, dimension: str) -> Line | None:
    """The line a metric's dimension names."""
    at = _places(lines).get(dimension)
    return None if at is None else lines[at]


def _named_sums(source: Source, side: Any, period_no: int) -> nw.DataFrame[Any]:
    facts = fact_set(source.dataset, batch_ids=source.batch_ids)
    numbers = [f"{name}_no" for name in NAMES]
    month = facts.frame.filter(nw.col("period_no") == period_no)
    sums = summed(month, side, numbers).collect(backend="polars")
    return named(sums, {name: facts.names[name] for name in NAMES})


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
