"""The rules a month is computed by: the company's while it is collected, its own once reviewed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from opsloop.analysis.price_quantity import Closing
from opsloop.analysis.variance import Materiality
from opsloop.costs.models import BaseKind, CostItem, CostPeriod, CostSettings, CostShare

_TEN: Final = Materiality()
Shares = tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]
Bases = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Rules:
    """Thresholds, the closing rule, shared cost centres, and what each line is compared with.

    `bases` are (category, item, kind) of the items compared with something else than `base_kind`.
    """

    materiality: Materiality = _TEN
    ytd: Materiality | None = None
    closing: Closing = Closing.SHOWN
    shares: Shares = ()
    bases: Bases = ()
    base_kind: str = BaseKind.BUDGET

    def kind_of(self, category: str, item: str) -> str:
        """What lines of this item are compared with."""
        kinds = {(name, part): kind for name, part, kind in self.bases}
        return kinds.get((category, item), self.base_kind)

    def pinned(self) -> dict[str, Any]:
        """As JSON, to be read back by `rules_of`; the bases are rows of their own."""
        return {
            "materiality": _as_json(self.materiality),
            "ytd": None if self.ytd is None else _as_json(self.ytd),
            "closing": str(self.closing),
            "shares": [
                [shared, [[name, str(weight)] for name, weight in parts]]
                for shared, parts in self.shares
            ],
        }


ANY: Final = Rules()


def rules_of(period: CostPeriod) -> Rules:
    """The rules of a month; a reviewed month keeps those it was reviewed under."""
    if period.rules:
        kept: Mapping[str, Any] = period.rules
        bases = period.bases.values_list("category", "item", "kind")
        return Rules(
            _materiality(kept["materiality"]),
            None if kept["ytd"] is None else _materiality(kept["ytd"]),
            Closing(kept["closing"]),
            tuple(
                (shared, tuple((name, Decimal(weight)) for name, weight in parts))
                for shared, parts in kept["shares"]
            ),
            tuple(sorted(bases)), period.base_kind,
        )  # fmt: skip
    settings = CostSettings.current()
    return Rules(
        settings.materiality, settings.ytd, Closing(settings.closing), current_shares(),
        _current_bases(period), period.base_kind,
    )  # fmt: skip


def current_shares() -> Shares:
    """Shared cost centres and who bears them now."""
    rows = CostShare.objects.unscoped("the rule is the company's").order_by("shared", "pk")
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for row in rows.select_related("department"):
        found.setdefault(row.shared, []).append((row.department.name, row.weight))
    return tuple((shared, tuple(parts)) for shared, parts in found.items())


def _current_bases(period: CostPeriod) -> Bases:
    """What the items are usually compared with, and what was said for this month alone."""
    items = CostItem.objects.unscoped("the rule is the company's").exclude(base_kind="")
    usual = items.values_list("category__name", "name", "base_kind")
    found = {(category, item): kind for category, item, kind in usual}
    for category, item, kind in period.bases.values_list("category", "item", "kind"):
        found[category, item] = kind
    return tuple(sorted((*key, kind) for key, kind in found.items() if kind != period.base_kind))


def _as_json(rule: Materiality) -> list[Any]:
    return [str(rule.percent), rule.floor_fen, rule.hard_fen]


def _materiality(kept: list[Any]) -> Materiality:
    return Materiality(Decimal(kept[0]), kept[1], kept[2])
