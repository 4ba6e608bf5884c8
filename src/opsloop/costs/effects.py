"""Why a month moved, item by item: price and quantity, mix, loss, hours; what a measure saved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from opsloop.analysis.fen import rounded, to_yuan
from opsloop.analysis.price_quantity import (
    LabourEffects,
    MaterialEffects,
    MaterialUse,
    MixEffects,
    MixItem,
    UnlikeUnits,
    labour,
    material_chain,
    mix,
)
from opsloop.analysis.variance import Line, Lines
from opsloop.costs import figures
from opsloop.costs.controllability import Bucket, of_month
from opsloop.costs.form_lines import Row, decimal, rows
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostItem, CostPeriod, Driver, DriverValue
from opsloop.costs.queries import may_see
from opsloop.costs.rules import rules_of
from opsloop.loop.models import Breach
from opsloop.org.models import Person

MOST_ROWS = 200


@dataclass(frozen=True)
class Mix:
    """Volume, mix and price of one category's items counted in one unit, in yuan."""

    category: str
    unit: str
    volume: Decimal
    mix: Decimal
    price: Decimal
    new: Decimal
    discontinued: Decimal
    total: Decimal


@dataclass(frozen=True)
class Chain:
    """Reported drivers of one line, replaced one after another; what they leave of the variance."""

    key: LineKey
    parts: tuple[tuple[str, Decimal], ...]
    variance: Decimal

    @property
    def residual(self) -> Decimal:
        return self.variance - sum((amount for _name, amount in self.parts), Decimal(0))


@dataclass(frozen=True)
class Split:
    """The whole page: what can be told apart, and what cannot."""

    rows: tuple[Row, ...]
    price: Decimal
    quantity: Decimal
    joint: Decimal
    unquantified: Decimal
    mixes: tuple[Mix, ...]
    chains: tuple[Chain, ...]
    buckets: tuple[Bucket, ...]

    @property
    def total(self) -> Decimal:
        return self.price + self.quantity + self.joint + self.unquantified


def split(period: CostPeriod, person: Person) -> Split:
    """Every visible line of a month, told apart under the month's closing rule."""
    rules = rules_of(period)
    sources = figures.sources_of(period)
    lines = may_see(figures.lines(sources, period.period_no, rules), period, person)
    known = lines.take(lines.split().rows)
    ranked = known.largest(len(known))
    effects = [figures.effects(line, rules.closing) for line in ranked]
    closed = [one for one in effects if one is not None]
    rest = to_yuan(lines.total().fen - known.total().fen)
    shown = rows(period, ranked[:MOST_ROWS], rules.closing, person)
    return Split(
        rows=shown,
        price=to_yuan(sum(one.price_fen for one in closed)),
        quantity=to_yuan(sum(one.quantity_fen for one in closed)),
        joint=to_yuan(sum(one.joint_fen for one in closed)),
        unquantified=rest,
        mixes=tuple(_mixes(lines, person)),
        chains=tuple(_chains(period, lines)),
        buckets=of_month(period, lines, rules.closing, reported(period)),
    )


def buckets(period: CostPeriod, person: Person) -> tuple[Bucket, ...]:
    """How much of a month's visible variance can be controlled; empty while nobody said."""
    rules = rules_of(period)
    lines = figures.lines(figures.sources_of(period), period.period_no, rules)
    return of_month(period, may_see(lines, period, person), rules.closing, reported(period))


def _mixes(lines: Lines, person: Person) -> Iterator[Mix]:
    """Categories with at least two items counted in one stated unit."""
    named = CostItem.objects.visible_to(person).exclude(unit="").select_related("category")
    units = {(item.category.name, item.name): item.unit for item in named}
    groups: dict[tuple[str, str], list[MixItem]] = {}
    for line in lines:
        key = figures.key_of(line)
        unit, item = units.get((key.category, key.item)), _mix_item(line)
        if unit is not None and item is not None:
            groups.setdefault((key.category, unit), []).append(item)
    for (category, unit), items in groups.items():
        if len(items) > 1:
            yield _mix(category, unit, items)


def _mix(category: str, unit: str, items: Sequence[MixItem]) -> Mix:
    try:
        found: MixEffects = mix(items)
    except UnlikeUnits as error:
        raise AssertionError("grouped by unit") from error
    return Mix(
        category, unit, to_yuan(found.volume_fen), to_yuan(found.mix_fen),
        to_yuan(found.price_fen), to_yuan(found.new_fen), to_yuan(found.discontinued_fen),
        to_yuan(found.total_fen),
    )  # fmt: skip


def _mix_item(line: Line) -> MixItem | None:
    """A line counted on every side it has an amount on."""
    base = line.variance.base_fen
    lacking = (line.actual_milli is None and line.variance.actual_fen) or (
        line.base_milli is None and base
    )
    if lacking:
        return None
    return MixItem(
        base or 0, line.base_milli or 0, line.variance.actual_fen, line.actual_milli or 0
    )


def _chains(period: CostPeriod, lines: Lines) -> Iterator[Chain]:
    for key, parts in sorted(reported(period).items()):
        line = lines.find(key)
        if line is not None:
            yield Chain(key, parts, to_yuan(line.variance.fen))


def reported(period: CostPeriod) -> dict[LineKey, tuple[tuple[str, Decimal], ...]]:
    """Lines whose department reported loss or hours for the month: yuan per driver's label."""
    values = DriverValue.objects.filter(period_no=period.period_no)
    known: dict[LineKey, dict[str, DriverValue]] = {}
    for value in values.select_related("item__category"):
        key = LineKey(value.item.category.name, value.item.name, value.department)
        known.setdefault(key, {})[value.driver] = value
    found = {key: _material(drivers) or _labour(drivers) for key, drivers in known.items()}
    return {key: parts for key, parts in found.items() if parts}


def _material(drivers: dict[str, DriverValue]) -> tuple[tuple[str, Decimal], ...]:
    """Output × net usage × (1 + loss) × price."""
    names = (Driver.OUTPUT, Driver.USAGE, Driver.LOSS_RATE, Driver.PRICE)
    if any(name not in drivers for name in names):
        return ()
    uses = [
        MaterialUse(
            getattr(drivers[Driver.OUTPUT], side), getattr(drivers[Driver.USAGE], side),
            getattr(drivers[Driver.LOSS_RATE], side) / 100, getattr(drivers[Driver.PRICE], side),
        )
        for side in ("planned", "actual")
    ]  # fmt: skip
    found: MaterialEffects = material_chain(*uses)
    amounts = (found.output_fen, found.usage_fen, found.loss_fen, found.price_fen)
    return tuple((str(name.label), to_yuan(fen)) for name, fen in zip(names, amounts, strict=True))


def _labour(drivers: dict[str, DriverValue]) -> tuple[tuple[str, Decimal], ...]:
    """Rate (AR−SR)·AH and efficiency (AH−SH)·SR."""
    rate, hours = drivers.get(Driver.WAGE_RATE), drivers.get(Driver.HOURS)
    if rate is None or hours is None:
        return ()
    found: LabourEffects = labour(
        standard_rate_yuan=rate.planned, standard_hours=hours.planned,
        actual_rate_yuan=rate.actual, actual_hours=hours.actual,
    )  # fmt: skip
    return (
        (str(Driver.WAGE_RATE.label), to_yuan(found.rate_fen)),
        (str(Driver.HOURS.label), to_yuan(found.efficiency_fen)),
    )


@dataclass(frozen=True)
class Saving:
    """One month since the deviation: prices against its own, at the quantity bought (C-58)."""

    month: str
    price: Decimal
    quantity: Decimal
    saved: Decimal
    raw: Decimal

    @property
    def by_quantity(self) -> Decimal:
        """What the raw difference of totals owes to the quantity, not to the price."""
        return self.raw - self.saved


def savings(period: CostPeriod, row: Row, person: Person) -> tuple[Saving, ...]:
    """Months since a deviation was raised: (p_before − p_after)·q_after, never a raw difference."""
    if row.loop is None:
        return ()
    first = Breach.objects.filter(deviation=row.loop.deviation_id).order_by("period").first()
    months = CostPeriod.objects.visible_to(person).filter(ledger=period.ledger_id)
    found = {month.key: month for month in months.select_related("ledger", "budget", "forecast")}
    if first is None or first.period not in found:
        return ()
    before = _line(found[first.period], row.key)
    if before is None or not before.actual_milli:
        return ()
    later = [(key, _line(month, row.key)) for key, month in sorted(found.items())]
    return tuple(
        _saving(key, before, line)
        for key, line in later
        if key > first.period and line is not None and line.actual_milli
    )


def _line(period: CostPeriod, key: LineKey) -> Line | None:
    sources = figures.sources_of(period)
    return figures.lines(sources, period.period_no, rules_of(period)).find(key)


def _saving(month: str, before: Line, after: Line) -> Saving:
    assert before.actual_milli and after.actual_milli  # noqa: PT018 - one fact
    old = Fraction(before.variance.actual_fen * 10, before.actual_milli)
    new = Fraction(after.variance.actual_fen * 10, after.actual_milli)
    saved = rounded((old - new) * after.actual_milli / 10)
    return Saving(
        month, decimal(new) or Decimal(0), Decimal(after.actual_milli).scaleb(-3), to_yuan(saved),
        to_yuan(before.variance.actual_fen - after.variance.actual_fen),
    )  # fmt: skip
