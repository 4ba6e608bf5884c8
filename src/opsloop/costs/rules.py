"""The rules a month is computed by: the company's while it is collected, its own once reviewed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from opsloop.analysis.accumulation import Accumulation
from opsloop.analysis.price_quantity import Closing
from opsloop.analysis.variance import Materiality
from opsloop.costs.models import (
    PERCENT,
    BaseKind,
    CostItem,
    CostPeriod,
    CostSettings,
    CostShare,
)

_TEN: Final = Materiality()
Shares = tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]
Bases = tuple[tuple[str, str, str], ...]
Items = frozenset[tuple[str, str]]


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
    # (category, item): averaged over the days of several months; of these, percentages.
    averaged: Items = frozenset()
    percentages: Items = frozenset()
    points: Decimal = Decimal(2)
    # (category, item) whose unused budget is added to the next month of the year.
    rolling: Items = frozenset()

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
            "averaged": sorted(map(list, self.averaged)),
            "percentages": sorted(map(list, self.percentages)),
            "points": str(self.points),
            "rolling": sorted(map(list, self.rolling)),
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
            _items(kept["averaged"]), _items(kept["percentages"]), Decimal(kept["points"]),
            _items(kept["rolling"]),
        )  # fmt: skip
    settings = CostSettings.current()
    return Rules(
        settings.materiality, settings.ytd, Closing(settings.closing), current_shares(),
        points=settings.points, **item_rules(period),
    )  # fmt: skip


def current_shares() -> Shares:
    """Shared cost centres and who bears them now."""
    rows = CostShare.objects.unscoped("the rule is the company's").order_by("shared", "pk")
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for row in rows.select_related("department"):
        found.setdefault(row.shared, []).append((row.department.name, row.weight))
    return tuple((shared, tuple(parts)) for shared, parts in found.items())


def item_rules(period: CostPeriod | None = None) -> dict[str, Any]:
    """What is said of the items, and of this month alone what they are compared with."""
    spoken = ~Q(base_kind="") | Q(unit__in=PERCENT) | Q(rolls_over=True)
    spoken |= Q(accumulation=Accumulation.AVERAGE)
    items = CostItem.objects.unscoped("the rule is the company's").filter(spoken)
    known = {(item.category.name, item.name): item for item in items.select_related("category")}
    bases = {key: item.base_kind for key, item in known.items() if item.base_kind}
    usual = BaseKind.BUDGET
    if period is not None:
        usual = BaseKind(period.base_kind)
        for category, item, kind in period.bases.values_list("category", "item", "kind"):
            bases[category, item] = kind
    percentages = frozenset(key for key, item in known.items() if item.unit in PERCENT)
    averaged = {key for key, item in known.items() if item.accumulation == Accumulation.AVERAGE}
    rolling = {key for key, item in known.items() if item.rolls_over}
    return {
        "bases": tuple(sorted((*key, kind) for key, kind in bases.items() if kind != usual)),
        "base_kind": usual,
        "percentages": percentages,
        "averaged": percentages | averaged,
        "rolling": frozenset(rolling) - averaged - percentages,
    }


def _items(kept: list[list[str]]) -> Items:
    return frozenset((category, item) for category, item in kept)


def _as_json(rule: Materiality) -> list[Any]:
    return [str(rule.percent), rule.floor_fen, rule.hard_fen]


def _materiality(kept: list[Any]) -> Materiality:
    return Materiality(Decimal(kept[0]), kept[1], kept[2])
