"""The numbers this tool offers about one line (category × item × department) over months.

A definition names the data sets: `{"ledger": id, "budget": id or null}`; the dimension is
`LineKey.dimension`. Amounts in yuan, quantities in the item's own unit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.period import Period
from opsloop.analysis.variance import Line, Variance, total
from opsloop.costs import figures
from opsloop.costs.flexing import Flexer, flexers
from opsloop.costs.keys import ACTIVITY_RATE, FLEXED_RATE, RATIO, VARIANCE_RATE, LineKey
from opsloop.costs.models import BaseKind
from opsloop.costs.rules import Rules, current_shares, item_rules
from opsloop.costs.source import Source, source
from opsloop.datasets.models import Dataset, ImportBatch
from opsloop.metrics import register
from opsloop.metrics.register import (
    EvidenceRows,
    Measurement,
    MeasureRequest,
    Money,
    Sample,
    Series,
)
from opsloop.org.permissions import Permission

_PLACES: Final = Decimal("0.000001")


@dataclass(frozen=True)
class Figures:
    """One line summed over the months of a request; quantities in thousandths, None if not known.

    `percentages` counts the months in which the line is a percentage.
    """

    variance: Variance
    actual_milli: int | None
    base_milli: int | None
    flexer: Flexer | None = None
    percentages: int = 0

    @property
    def flexed_fen(self) -> Fraction | None:
        """The budget's unit price at the actual quantity."""
        if not self.actual_milli or not self.base_milli or self.variance.base_fen is None:
            return None
        return Fraction(self.variance.base_fen * self.actual_milli, self.base_milli)


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(_PLACES)


def _months(first: Period, last: Period) -> list[Period]:
    start = Period.containing("month", first.start)
    return list(start.through(Period.containing("month", last.start)))


def _sources(request: MeasureRequest) -> figures.Sources:
    ledger = _dataset(request.definition["ledger"])
    budget_id = request.definition.get("budget")
    return figures.Sources(
        _source(ledger, request), _source(_dataset(budget_id), request) if budget_id else None
    )


def _dataset(pk: int) -> Dataset:
    return Dataset.objects.unscoped("a metric measures for the product").get(pk=pk)


def _source(dataset: Dataset, request: MeasureRequest) -> Source:
    if request.batch_ids is None:
        return source(dataset)
    batches = ImportBatch.objects.unscoped("a metric measures for the product")
    own = batches.filter(dataset=dataset, pk__in=request.batch_ids).order_by("pk")
    return source(dataset, own.values_list("pk", flat=True))


def _rules(request: MeasureRequest) -> Rules:
    """Thresholds do not matter to a number; what it is compared with does."""
    base_kind = request.definition.get("base", BaseKind.BUDGET)
    items = item_rules()
    return Rules(
        shares=current_shares(), base_kind=base_kind,
        averaged=items["averaged"], percentages=items["percentages"],
    )  # fmt: skip


def _lines(
    request: MeasureRequest, sources: figures.Sources, months: Iterable[Period]
) -> list[Line | None]:
    rules = _rules(request)
    return [
        figures.line_at(figures.lines(sources, _number(month), rules), request.dimension)
        for month in months
    ]


def _number(month: Period) -> int:
    return month.start.year * 100 + month.start.month


def _figures(lines: Iterable[Line], months: Iterable[Period] = ()) -> Figures:
    found = list(lines)
    key = figures.key_of(found[0]) if found else LineKey()
    flexer = flexers(map(_number, months)).get((key.category, key.item)) if months else None
    actual = [line.actual_milli for line in found if line.variance.actual_fen or line.actual_milli]
    base = [line.base_milli for line in found if line.variance.base_fen is not None]
    return Figures(
        total(line.variance for line in found), _sum(actual), _sum(base), flexer,
        sum(line.variance.points for line in found),
    )  # fmt: skip


def _sum(quantities: list[int | None]) -> int | None:
    known = [quantity for quantity in quantities if quantity is not None]
    return sum(known) if known and len(known) == len(quantities) else None


def variance_rate(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    """(rate, variance, base); None without a usable base."""
    rate = found.variance.rate
    if rate is None:
        return None
    return rate, Fraction(found.variance.fen, 100), Fraction(abs(found.variance.base_fen or 0), 100)


def flexed_rate(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    """Unit price against the budget's, at the actual quantity: (rate, price effect, flexed)."""
    flexed = found.flexed_fen
    if not flexed:
        return None
    effect = found.variance.actual_fen - flexed
    return effect / abs(flexed), effect / 100, abs(flexed) / 100


def activity_rate(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    """Actual against the budget flexed to its activity: (rate, variance, flexed)."""
    flexed = found.flexer.flex(found.variance) if found.flexer else None
    if flexed is None or flexed.flexible_rate is None:
        return None
    return (
        flexed.flexible_rate,
        Fraction(flexed.flexible_fen, 100),
        Fraction(abs(flexed.flexed_fen), 100),
    )


def ratio(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    """The level of a line stated in per cent, of several months their mean; None for an amount."""
    if not found.percentages:
        return None
    level = Fraction(found.variance.actual_fen, 100 * found.percentages)
    return level / 100, level, Fraction(100)


def unit_price(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    if not found.actual_milli:
        return None
    amount, quantity = Fraction(found.variance.actual_fen, 100), Fraction(found.actual_milli, 1000)
    return amount / quantity, amount, quantity


def amount(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    value = Fraction(found.variance.actual_fen, 100)
    return value, value, Fraction(1)


def quantity(found: Figures) -> tuple[Fraction, Fraction, Fraction] | None:
    if found.actual_milli is None:
        return None
    value = Fraction(found.actual_milli, 1000)
    return value, value, Fraction(1)


def _evidence(
    sources: figures.Sources, line: Line, months: Iterable[Period]
) -> tuple[EvidenceRows, ...]:
    key = figures.key_of(line)
    return figures.evidence(sources.ledger, map(_number, months), [key])[key]


Formula = Callable[[Figures], tuple[Fraction, Fraction, Fraction] | None]


def _measure(formula: Formula) -> Callable[[MeasureRequest], Measurement]:
    def measure(request: MeasureRequest) -> Measurement:
        sources = _sources(request)
        months = _months(request.period, request.last or request.period)
        lines = _lines(request, sources, months)
        present = [line for line in lines if line is not None]
        if not present:
            return Measurement(None, batch_ids=sources.batch_ids)
        values = formula(_figures(present, months))
        evidence = _evidence(sources, present[0], months) if request.with_evidence else ()
        if values is None:
            return Measurement(None, batch_ids=sources.batch_ids, evidence=evidence)
        value, numerator, denominator = map(_decimal, values)
        return Measurement(value, numerator, denominator, len(present), sources.batch_ids, evidence)

    return measure


def _series(formula: Formula) -> Callable[[MeasureRequest], Sample]:
    def sample(request: MeasureRequest) -> Series:
        sources = _sources(request)
        points: list[tuple[Period, Decimal]] = []
        months = _months(request.period, request.last or request.period)
        for month, line in zip(months, _lines(request, sources, months), strict=True):
            values = None if line is None else formula(_figures([line], [month]))
            if values is not None:
                points.append((month, _decimal(values[0])))
        return Series(tuple(points))

    return sample


def _department(request: MeasureRequest, month: Period) -> Variance | None:
    """Σ of one department's lines (the dimension is its name in the ledger); None without any."""
    lines = figures.lines(_sources(request), _number(month), _rules(request))
    own = np.array([name == request.dimension for name in lines.keys[2]], dtype=bool)
    return lines.take(own).total() if own.any() else None


def _measure_department(request: MeasureRequest) -> Measurement:
    months = _months(request.period, request.last or request.period)
    found = [one for one in (_department(request, month) for month in months) if one is not None]
    batches = _sources(request).batch_ids
    values = variance_rate(Figures(total(found), None, None)) if found else None
    if values is None:
        return Measurement(None, batch_ids=batches)
    value, numerator, denominator = map(_decimal, values)
    return Measurement(value, numerator, denominator, len(found), batches)


def _department_series(request: MeasureRequest) -> Series:
    points = []
    for month in _months(request.period, request.last or request.period):
        found = _department(request, month)
        values = None if found is None else variance_rate(Figures(found, None, None))
        if values is not None:
            points.append((month, _decimal(values[0])))
    return Series(tuple(points))


def _money(*, flexed: bool) -> Callable[[MeasureRequest], Sample]:
    def sample(request: MeasureRequest) -> Money:
        sources = _sources(request)
        months = _months(request.period, request.last or request.period)
        lines = _lines(request, sources, months)
        present = [line for line in lines if line is not None]
        pairs = [
            (to_yuan(fen), Decimal(milli).scaleb(-3))
            for month in (months if present else ())
            for fen, milli in _quantified(sources, month, figures.key_of(present[0]))
        ]
        standard = _standard_price(_figures(present)) if flexed else None
        return Money(
            tuple(paid for paid, _bought in pairs),
            tuple(bought for _paid, bought in pairs),
            standard,
        )

    return sample


def _quantified(sources: figures.Sources, month: Period, key: LineKey) -> Iterable[tuple[int, int]]:
    """Postings with a positive quantity; returns and freight have no unit price of their own."""
    found = figures.postings(sources.ledger, _number(month), key)
    for fen, milli in found.frame.select("amount_fen", "quantity_milli").iter_rows():
        if milli is not None and milli > 0:
            yield fen, milli


def _standard_price(found: Figures) -> Decimal | None:
    if not found.base_milli or found.variance.base_fen is None:
        return None
    return _decimal(Fraction(found.variance.base_fen * 10, found.base_milli))


_source_of = partial(
    register.MetricSource, view_permission=Permission.COST_VIEW,
    edit_permission=Permission.COST_REVIEW,
)  # fmt: skip
SOURCES: Final = (
    _source_of(
        VARIANCE_RATE, "costs", _("Cost variance rate"), "rate", "lower", "ratio", "series",
        _measure(variance_rate), _series(variance_rate),
    ),
    _source_of(
        FLEXED_RATE, "costs", _("Price variance rate at the actual quantity"), "rate", "lower",
        "ratio", "money", _measure(flexed_rate), _money(flexed=True),
    ),
    _source_of(
        ACTIVITY_RATE, "costs", _("Variance rate against the flexed budget"), "rate", "lower",
        "ratio", "series", _measure(activity_rate), _series(activity_rate),
    ),
    _source_of(
        RATIO, "costs", _("Cost ratio"), "rate", "lower", "average", "series", _measure(ratio),
        _series(ratio),
    ),
    _source_of(
        "costs.department_rate", "costs", _("Cost variance rate of a department"), "rate", "lower",
        "ratio", "series", _measure_department, _department_series,
    ),
    _source_of(
        "costs.unit_price", "costs", _("Unit price"), "yuan", "lower", "ratio", "money",
        _measure(unit_price), _money(flexed=False),
    ),
    _source_of(
        "costs.amount", "costs", _("Actual spending"), "yuan", "lower", "flow", "series",
        _measure(amount), _series(amount),
    ),
    _source_of(
        "costs.quantity", "costs", _("Quantity used"), "count", "lower", "flow", "series",
        _measure(quantity), _series(quantity),
    ),
)  # fmt: skip
