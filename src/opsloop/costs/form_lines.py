"""The lines of the form: computed amounts beside what people wrote and what the loop says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis import stated_reason
from opsloop.analysis.fen import to_yuan
from opsloop.analysis.flexible_budget import FlexedBudget
from opsloop.analysis.price_quantity import Closing, Effects
from opsloop.analysis.variance import COST, BaseCase, Line, Polarity, Variance, as_polarity
from opsloop.costs import figures
from opsloop.costs.flexing import Flexer, flexers
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    BaseKind,
    CostCategory,
    CostItem,
    CostPeriod,
    ItemDriver,
    LineNote,
)
from opsloop.costs.models.scope import shown
from opsloop.costs.rules import rules_of
from opsloop.loop.queries.deviations import LoopColumns, for_dimension
from opsloop.org.models import Person
from opsloop.ui import numbers
from opsloop.ui.numbers import DASH, MINUS


@dataclass(frozen=True)
class Amounts:
    """A variance as the form shows it: amounts in units of `scale` yuan, summed before rounding."""

    variance: Variance
    polarity: Polarity = COST
    scale: int = 1

    def shown(self, fen: int) -> Decimal:
        return to_yuan(fen) / self.scale

    @property
    def base(self) -> Decimal | None:
        return None if self.variance.base_fen is None else self.shown(self.variance.base_fen)

    @property
    def actual(self) -> Decimal:
        return self.shown(self.variance.actual_fen)

    @property
    def delta(self) -> Decimal:
        return self.shown(self.variance.fen)

    @property
    def rate(self) -> Decimal | None:
        """0–1, None where it would mislead; see `base_case` for the words."""
        return decimal(self.variance.rate)

    @property
    def favourable(self) -> bool | None:
        return self.variance.favourable(self.polarity)

    @property
    def tone(self) -> str:
        """Colour and shape by favourability, never by sign (R-31)."""
        return {True: "good", False: "bad", None: ""}[self.favourable]

    @property
    def word(self) -> str:
        """What happened, in words: the sign alone does not say whether it is good."""
        if self.variance.base_fen is None:
            return _("Unbudgeted")
        if self.favourable is None:
            return _("As budgeted")
        if self.is_points:
            return _word_of_points(higher=self.variance.fen > 0, favourable=self.favourable)
        if self.polarity == COST:
            return _("Saved (favourable)") if self.favourable else _("Overspent (unfavourable)")
        return _("Above (favourable)") if self.favourable else _("Below (unfavourable)")

    @property
    def verdict(self) -> str:
        """Rate and word together, for a card."""
        return f"{self.exact_rate_text} · {self.word}"

    @property
    def word_tone(self) -> str:
        return "warn" if self.variance.base_fen is None else self.tone or "neutral"

    @property
    def rate_text(self) -> str:
        """The rate as a percentage with one decimal, or why there is none."""
        return self._rate_text(1)

    @property
    def exact_rate_text(self) -> str:
        """With two decimals, as the form states the rate of its total."""
        return self._rate_text(2)

    def _rate_text(self, places: int) -> str:
        match self.variance.base_case:
            case BaseCase.ZERO:
                return _("Budget is 0")
            case BaseCase.MISSING:
                return _("No budget set")
            case BaseCase.OPPOSITE:
                return _("Not comparable")
            case BaseCase.POINTS:
                return DASH
        shown = ((self.rate or Decimal(0)) * 100).quantize(
            Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP
        )
        sign = MINUS if shown < 0 else "+" if shown else ""
        return f"{sign}{abs(shown):,}%"

    @property
    def is_points(self) -> bool:
        """Whether these are percentages, which differ in percentage points."""
        return self.variance.points

    @property
    def base_text(self) -> str:
        return self._text(self.variance.base_fen)

    @property
    def actual_text(self) -> str:
        return self._text(self.variance.actual_fen)

    @property
    def delta_text(self) -> str:
        """The variance in its own unit: yuan of the page, or percentage points."""
        if self.is_points:
            return _("%(value)s pp") % {"value": numbers.yuan(self.in_yuan.delta, signed=True)}
        return numbers.yuan(self.delta, signed=True)

    def _text(self, fen: int | None) -> str:
        if fen is None:
            return DASH
        text = numbers.yuan(to_yuan(fen) if self.is_points else self.shown(fen))
        return f"{text}%" if self.is_points else text

    @property
    def in_yuan(self) -> "Amounts":
        """The same amounts unscaled, for figures that name their own unit."""
        return Amounts(self.variance, self.polarity)


def _word_of_points(*, higher: bool, favourable: bool) -> str:
    if higher:
        return _("Higher (favourable)") if favourable else _("Higher (unfavourable)")
    return _("Lower (favourable)") if favourable else _("Lower (unfavourable)")


def decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / value.denominator


_NO_KEY = LineKey()


@dataclass(frozen=True)
class Row(Amounts):
    """One line of the form: computed amounts, written reason, and what the loop says (L-15)."""

    key: LineKey = _NO_KEY
    flagged: bool = False
    actual_milli: int | None = None
    base_milli: int | None = None
    effects: Effects | None = None
    note: LineNote | None = None
    check: stated_reason.Check | None = None
    loop: LoopColumns | None = None
    item: CostItem | None = None
    base_kind: str = BaseKind.BUDGET
    flexed: FlexedBudget | None = None
    activity: str = ""
    committed_fen: int | None = None
    carried_fen: int = 0

    @property
    def committed(self) -> Decimal | None:
        """Ordered and not yet invoiced."""
        return None if self.committed_fen is None else self.shown(self.committed_fen)

    @property
    def carried(self) -> Decimal:
        """What earlier months of the year left unused, part of the base."""
        return self.shown(self.carried_fen)

    @property
    def available(self) -> Decimal | None:
        """What the budget leaves after actual spending and commitments."""
        if self.committed_fen is None or self.variance.base_fen is None:
            return None
        return self.shown(-self.variance.fen - self.committed_fen)

    @property
    def base_label(self) -> str:
        """What the line is compared with, where it is not the budget."""
        return "" if self.base_kind == BaseKind.BUDGET else str(BaseKind(self.base_kind).label)

    @property
    def answers(self) -> dict[str, ItemDriver]:
        """Who answers for each driver of the item."""
        return {row.driver: row for row in self.item.drivers.all()} if self.item else {}

    @property
    def flexible(self) -> "Amounts | None":
        """Actual spending against the budget flexed to its activity."""
        if self.flexed is None:
            return None
        variance = Variance(self.flexed.actual_fen, self.flexed.flexed_fen)
        return Amounts(variance, self.polarity, self.scale)

    @property
    def activity_delta(self) -> Decimal | None:
        """What the volume of business alone explains."""
        return None if self.flexed is None else self.shown(self.flexed.activity_fen)

    @property
    def countermeasure(self) -> str:
        """What is done about it; an approved “none” says why (C-20)."""
        if self.loop is None or self.loop.status or not self.loop.countermeasure:
            return self.loop.countermeasure if self.loop else ""
        return _("None (%(reason)s)") % {"reason": self.loop.countermeasure}

    @property
    def reason(self) -> str:
        """The root cause the loop found, else what a person wrote about the line."""
        return (self.loop.cause if self.loop else "") or (self.note.reason if self.note else "")

    @property
    def due_on(self) -> date | None:
        return self.loop.due_on if self.loop else None

    @property
    def actual_price(self) -> Decimal | None:
        return _price(self.variance.actual_fen, self.actual_milli)

    @property
    def base_price(self) -> Decimal | None:
        return _price(self.variance.base_fen, self.base_milli)

    @property
    def actual_quantity(self) -> Decimal | None:
        return None if self.actual_milli is None else Decimal(self.actual_milli).scaleb(-3)

    @property
    def base_quantity(self) -> Decimal | None:
        return None if self.base_milli is None else Decimal(self.base_milli).scaleb(-3)

    @property
    def actual_quantity_text(self) -> str:
        return quantity_text(self.actual_quantity)

    @property
    def base_quantity_text(self) -> str:
        return quantity_text(self.base_quantity)

    @property
    def effect_parts(self) -> tuple[Decimal, Decimal, Decimal] | None:
        """Price, quantity and joint effect in yuan."""
        if self.effects is None:
            return None
        price, quantity = self.shown(self.effects.price_fen), self.shown(self.effects.quantity_fen)
        return price, quantity, self.shown(self.effects.joint_fen)

    @property
    def explained(self) -> Decimal | None:
        return None if self.check is None else to_yuan(self.check.explained_fen)

    @property
    def unexplained(self) -> Decimal | None:
        return None if self.check is None else to_yuan(self.check.unexplained_fen)


def quantity_text(quantity: Decimal | None) -> str:
    """A quantity with as many decimals as it has: 1,100 or 2.5."""
    return DASH if quantity is None else shown(quantity)


def _price(fen: int | None, milli: int | None) -> Decimal | None:
    return decimal(Fraction(fen * 10, milli)) if fen is not None and milli else None


def rows(
    period: CostPeriod, lines: Sequence[Line], closing: Closing, person: Person, scale: int = 1,
    *, committed: Mapping[LineKey, int] | None = None,
) -> tuple[Row, ...]:  # fmt: skip
    """Lines with everything people added to them, read in a handful of queries.

    `committed` is what documents still commit per line (`commitments.committed`), if asked for.
    """
    keys = [figures.key_of(line) for line in lines]
    notes = {LineKey(*note.line): note for note in period.notes.all()}
    polarities = dict(CostCategory.objects.visible_to(person).values_list("name", "polarity"))
    known = (
        CostItem.objects.visible_to(person)
        .select_related("category")
        .prefetch_related("drivers__owner")
    )
    followers, rules = flexers([period.period_no]), rules_of(period)
    items = {(item.category.name, item.name): item for item in known}
    left = (
        figures.carried(figures.sources_of(period), period.period_no, rules)
        if rules.rolling
        else {}
    )
    dimensions = [key.dimension for key in keys]
    cells = for_dimension("costs", dimensions, person=person, period=period.key)
    return tuple(
        Row(
            variance=line.variance,
            polarity=as_polarity(polarities.get(key.category)),
            scale=scale,
            key=key,
            flagged=line.flagged,
            actual_milli=line.actual_milli,
            base_milli=line.base_milli,
            effects=figures.effects(line, closing),
            note=notes.get(key),
            check=_check(notes.get(key), line.variance),
            loop=cells.get(key.dimension),
            item=items.get((key.category, key.item)),
            committed_fen=None if committed is None else committed.get(key, 0),
            base_kind=rules.kind_of(key.category, key.item),
            carried_fen=left.get(key, 0),
            **_flexed(followers.get((key.category, key.item)), line.variance),
        )
        for key, line in zip(keys, lines, strict=True)
    )


def _flexed(follower: Flexer | None, variance: Variance) -> dict[str, Any]:
    if follower is None:
        return {}
    return {"flexed": follower.flex(variance), "activity": follower.activity}


def _check(note: LineNote | None, variance: Variance) -> stated_reason.Check | None:
    return stated_reason.check(stated_reason.read(note.reason), variance) if note else None
