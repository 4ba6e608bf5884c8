"""Commitments of a month: what of each document is still open, and what it leaves of a budget.

A document is open until it is invoiced: postings of the ledger under its number consume it,
whatever lines they are on. Remaining = budget − actual − committed (C-32).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import narwhals.stable.v2 as nw
from django.utils.translation import gettext as _

from opsloop.analysis.distribution import split
from opsloop.analysis.fen import to_yuan
from opsloop.analysis.variance import Line
from opsloop.costs import figures
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    CategoryLink,
    Commitment,
    CommitmentLimit,
    CostPeriod,
    LimitAction,
)
from opsloop.costs.rules import rules_of
from opsloop.costs.source import Source, source
from opsloop.datasets.queries import fact_set
from opsloop.exchange.typed import stable_numbers
from opsloop.ui import numbers

_YEAR = 100


@dataclass(frozen=True)
class Document:
    """One line of a document in 分; `pk` names one that a person entered here."""

    key: LineKey
    number: int
    name: str
    document_type: str
    fen: int
    open_fen: int
    action: LimitAction = LimitAction.WARN
    pk: int | None = None

    @property
    def amount(self) -> Decimal:
        return to_yuan(self.fen)

    @property
    def open(self) -> Decimal:
        return to_yuan(self.open_fen)

    @property
    def invoiced(self) -> Decimal:
        return to_yuan(self.fen - self.open_fen)

    @property
    def counts(self) -> bool:
        return self.action != LimitAction.IGNORE


@dataclass(frozen=True)
class Remaining:
    """What a line has left: budget − actual − committed, in 分."""

    key: LineKey
    base_fen: int | None
    actual_fen: int
    committed_fen: int
    action: LimitAction
    is_posted: bool

    @property
    def fen(self) -> int:
        return (self.base_fen or 0) - self.actual_fen - self.committed_fen

    @property
    def base(self) -> Decimal | None:
        return None if self.base_fen is None else to_yuan(self.base_fen)

    @property
    def actual(self) -> Decimal:
        return to_yuan(self.actual_fen)

    @property
    def committed(self) -> Decimal:
        return to_yuan(self.committed_fen)

    @property
    def left(self) -> Decimal:
        return to_yuan(self.fen)

    @property
    def is_exceeded(self) -> bool:
        return self.fen < 0

    def with_more(self, fen: int, action: LimitAction) -> "Remaining":
        """The same line with another document on it, judged by that document's limit."""
        return replace(self, committed_fen=self.committed_fen + fen, action=action)

    @property
    def sentence(self) -> str:
        """Why a limit speaks, with every amount of the sum."""
        said = {
            "line": self.key.label, "over": numbers.yuan(to_yuan(-self.fen)),
            "base": numbers.yuan(self.base), "actual": numbers.yuan(self.actual),
            "committed": numbers.yuan(self.committed),
        }  # fmt: skip
        if self.base_fen is None:
            return _("%(line)s has no budget; %(actual)s spent, %(committed)s committed.") % said
        return _(
            "%(line)s: budget %(base)s − actual %(actual)s − committed %(committed)s: "
            "over by %(over)s."
        ) % said  # fmt: skip


def documents(period: CostPeriod) -> tuple[Document, ...]:
    """Every document of the month, imported or entered, with what is still open of it."""
    rows = (
        list(_imported(source(period.commitments), period.period_no)) if period.commitments else []
    )
    entered = list(Commitment.objects.filter(period=period, cancelled_at=None))
    known = stable_numbers([one.document for one in entered])
    rows += [
        Document(
            LineKey(one.category, one.item, one.department), number, one.document,
            one.document_type, one.amount_fen, one.amount_fen, pk=one.pk,
        )
        for one, number in zip(entered, known, strict=True)
    ]  # fmt: skip
    if not rows:
        return ()
    ledger = figures.sources_of(period).ledger
    paid = _invoiced(ledger, period.period_no, frozenset(row.number for row in rows))
    limits = Limits()
    return tuple(
        replace(row, action=limits.action(row.document_type, row.key.category))
        for row in _consumed(rows, paid)
    )


def committed(period: CostPeriod) -> dict[LineKey, int] | None:
    """Open 分 per line; None where the month knows no commitments at all."""
    rows = documents(period)
    if not rows and period.commitments is None:
        return None
    found: dict[LineKey, int] = {}
    for row in rows:
        if row.counts:
            found[row.key] = found.get(row.key, 0) + row.open_fen
    return found


def remaining(period: CostPeriod, rows: Sequence[Document]) -> tuple[Remaining, ...]:
    """The lines that documents commit, with those nothing was posted or budgeted on."""
    lines = figures.lines(figures.sources_of(period), period.period_no, rules_of(period))
    found: dict[LineKey, list[Document]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return tuple(_remaining(lines.find(key), key, own) for key, own in sorted(found.items()))


def line_left(period: CostPeriod, key: LineKey) -> Remaining:
    """What one line of the month has left now."""
    lines = figures.lines(figures.sources_of(period), period.period_no, rules_of(period))
    own = [row for row in documents(period) if row.key == key]
    return _remaining(lines.find(key), key, own)


def _remaining(line: Line | None, key: LineKey, own: Iterable[Document]) -> Remaining:
    counted = [row for row in own if row.counts]
    strict = any(row.action == LimitAction.STOP for row in counted)
    return Remaining(
        key, line.variance.base_fen if line else None, line.variance.actual_fen if line else 0,
        sum(row.open_fen for row in counted),
        LimitAction.STOP if strict else LimitAction.WARN if counted else LimitAction.IGNORE,
        line is not None,
    )  # fmt: skip


class Limits:
    """The company's limits: the document type decides first, then the nearest category."""

    def __init__(self) -> None:
        rows = CommitmentLimit.objects.unscoped("the rule is the company's")
        found = rows.values_list("document_type", "category", "action")
        self._known = {(kind, place): LimitAction(action) for kind, place, action in found}
        self._above: dict[str, list[int]] = {}
        if any(place is not None for _kind, place in self._known):
            links = CategoryLink.objects.order_by("depth")
            for name, pk in links.values_list("descendant__name", "ancestor"):
                self._above.setdefault(name, []).append(pk)

    def action(self, document_type: str, category: str) -> LimitAction:
        """What happens beyond the budget; a document nobody spoke of warns."""
        for kind in dict.fromkeys((document_type, "")):
            for place in (*self._above.get(category, ()), None):
                if (kind, place) in self._known:
                    return self._known[kind, place]
        return LimitAction.WARN


def _consumed(rows: Iterable[Document], paid: dict[int, int]) -> list[Document]:
    """What invoices took off each document, spread over its lines by their amounts."""
    found: list[Document] = []
    by_number: dict[int, list[Document]] = {}
    for row in rows:
        by_number.setdefault(row.number, []).append(row)
    for number, own in by_number.items():
        whole = sum(row.fen for row in own)
        spent = min(max(paid.get(number, 0), 0), whole) if number >= 0 else 0
        if not spent:
            found += own
            continue
        parts = split(whole - spent, [max(row.fen, 0) for row in own])
        found += [replace(row, open_fen=part) for row, part in zip(own, parts, strict=True)]
    return sorted(found, key=lambda row: (row.key, row.name))


@lru_cache(maxsize=32)
def _imported(commitments: Source, period_no: int) -> tuple[Document, ...]:
    facts = fact_set(commitments.dataset, batch_ids=commitments.batch_ids)
    columns = [*(f"{name}_no" for name in figures.NAMES), "document_type_no", "document_no"]
    sums = (
        facts.frame.filter(nw.col("period_no") == period_no)
        .group_by(*columns)
        .agg(nw.col("amount_fen").sum())
        .collect(backend="polars")
    )
    texts = facts.texts("document", sums["document_no"].unique().to_list())
    found = []
    for *key, kind, number, fen in sums.select(*columns, "amount_fen").iter_rows():
        names = (
            facts.names[name][at] if at >= 0 else ""
            for name, at in zip(figures.NAMES, key, strict=True)
        )
        shown = facts.names["document_type"][kind] if kind >= 0 else ""
        found.append(Document(LineKey(*names), number, texts.get(number, ""), shown, fen, fen))
    return tuple(found)


@lru_cache(maxsize=32)
def _invoiced(ledger: Source, period_no: int, documents: frozenset[int]) -> dict[int, int]:
    """分 posted under these document numbers in the month of the order and the year after it."""
    facts = fact_set(ledger.dataset, batch_ids=ledger.batch_ids)
    month = nw.col("period_no")
    sums = (
        facts.frame.filter((month >= period_no) & (month <= period_no + _YEAR))
        .filter(nw.col("document_no").is_in(sorted(documents)))
        .group_by("document_no")
        .agg(nw.col("amount_fen").sum())
        .collect(backend="polars")
    )
    return dict(sums.select("document_no", "amount_fen").iter_rows())
