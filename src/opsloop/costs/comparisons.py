"""A month seen otherwise: rolled up the cost tree, and beside the same months of last year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from opsloop.analysis.period import Period
from opsloop.analysis.variance import (
    COST,
    Lines,
    Variance,
    as_polarity,
    roll_up,
    total,
)
from opsloop.analysis.worktime import workdays_between
from opsloop.analysis.year_on_year import daily_rate, window
from opsloop.costs import figures
from opsloop.costs.form_lines import Amounts, decimal
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from opsloop.costs.rules import ANY
from opsloop.costs.tree import Node
from opsloop.org.queries import company_calendar


@dataclass(frozen=True)
class CategoryTotal:
    """One category with everything below it; `depth` 0 is a root."""

    name: str
    depth: int
    amounts: Amounts


def by_category(lines: Lines, tree: Sequence[Node], scale: int) -> tuple[CategoryTotal, ...]:
    """Totals per category, parent = own + Σ children by ids; unknown names stand as roots."""
    known = {node.name: node for node in tree}
    ids = {node.name: node.category.pk for node in tree}
    parents: dict[int, int | None] = {node.category.pk: node.category.parent_id for node in tree}
    own: dict[int, Variance] = {}
    for name, summed in sums_by(lines, 0).items():
        if name not in ids:
            # Below zero no record has its id.
            ids[name] = -len(ids) - 1
            parents[ids[name]] = None
        own[ids[name]] = summed
    rolled = roll_up(own, parents)
    return tuple(
        CategoryTotal(
            name,
            known[name].depth if name in known else 0,
            Amounts(
                rolled[pk],
                as_polarity(known[name].category.polarity) if name in known else COST,
                scale,
            ),
        )
        for name, pk in ids.items()
        if pk in rolled
    )


def sums_by(lines: Lines, *dimensions: int) -> dict[str, Variance]:
    """Σ per name of a dimension (0 category, 1 item, 2 department), in key order.

    Sums over several dimensions are named by their names on a line each. Percentages are in none.
    """
    lines = lines.amounts
    keys = ["\n".join(key) for key in zip(*(lines.keys[at] for at in dimensions), strict=True)]
    names = dict.fromkeys(keys)
    place = {name: at for at, name in enumerate(names)}
    rows = np.fromiter((place[name] for name in keys), np.int64, len(lines))
    actual, base, budgeted = (np.zeros(len(names), np.int64) for _ in range(3))
    np.add.at(actual, rows, lines.actual_fen)
    np.add.at(base, rows, lines.base_fen)
    np.add.at(budgeted, rows, lines.budgeted)
    return {
        name: Variance(int(actual[at]), int(base[at]) if budgeted[at] else None)
        for name, at in place.items()
    }


@dataclass(frozen=True)
class YearOnYear:
    """One line beside last year, over `months`; a festival month is not comparable as such."""

    amounts: Amounts
    months: tuple[str, ...]
    daily: Decimal | None
    festival: bool


def year_on_year(period: CostPeriod, key: LineKey) -> YearOnYear:
    """Last year's spending as the base, also per working day (C-57).

    February is compared as January and February together; January alone carries the mark.
    """
    compared = window(period.period_no, single_month=period.period_no % 100 == 1)
    now = total(_spent(period, month, key) for month in compared.months)
    before = total(_spent(period, month, key) for month in compared.prior_months)
    posted = before.actual_fen or None
    variance = Variance(now.actual_fen, posted)
    rate = daily_rate(
        variance,
        workdays=workdays(compared.months),
        prior_workdays=workdays(compared.prior_months),
    )
    keys = tuple(_period(month).key for month in compared.months)
    return YearOnYear(Amounts(variance), keys, decimal(rate), compared.festival)


def _spent(period: CostPeriod, month: int, key: LineKey) -> Variance:
    ledger = figures.Sources(figures.sources_of(period).ledger, None)
    line = figures.lines(ledger, month, ANY).find(key)
    return line.variance if line else Variance(0, None)


def _period(month: int) -> Period:
    return Period("month", date(month // 100, month % 100, 1))


def workdays(months: Sequence[int]) -> int:
    calendar = company_calendar()
    return sum(
        workdays_between(calendar, _period(month).start, _period(month).end - timedelta(days=1))
        for month in months
    )
