"""A month, a quarter or a year of one ledger: summed from its months as they stand (C-17, C-33)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from opsloop.analysis.period import Period
from opsloop.analysis.variance import Lines, merged
from opsloop.analysis.year_on_year import daily_rate, window
from opsloop.costs import figures
from opsloop.costs.comparisons import CategoryTotal, by_category, sums_by, workdays
from opsloop.costs.form_lines import Amounts, decimal
from opsloop.costs.models import CostPeriod
from opsloop.costs.queries import bridge_steps, may_see
from opsloop.costs.rules import ANY, rules_of
from opsloop.costs.source import source
from opsloop.costs.to_date import theoretical
from opsloop.costs.tree import nodes
from opsloop.loop.models import Deviation
from opsloop.org.models import Person
from opsloop.org.scoping import ScopedQuerySet

KINDS: Final = ("month", "quarter", "year")
TREND_MONTHS: Final = 24
TOP: Final = 12


@dataclass(frozen=True)
class Cell:
    """One department × category: its variance, and how far beyond the threshold it is."""

    amounts: Amounts | None
    percent: Decimal

    @property
    def heat(self) -> int:
        """0 within the threshold, 1 beyond it, 2 beyond twice of it; negative when favourable."""
        if self.amounts is None or self.amounts.rate is None:
            return 0
        size = abs(self.amounts.rate) * 100
        steps = (size > self.percent) + (size > 2 * self.percent)
        return -steps if self.amounts.favourable else steps

    @property
    def text(self) -> str:
        """The rate with a mark per step: shape beside colour."""
        if self.amounts is None:
            return ""
        mark = ("▲" if self.heat > 0 else "▼") * abs(self.heat)
        return f"{mark} {self.amounts.rate_text}" if mark else self.amounts.rate_text

    @property
    def tone(self) -> str:
        return "bad" if self.heat > 0 else "good"


@dataclass(frozen=True)
class Appraisal:
    """One department's costs of the period, as its appraisal reads them (C-18)."""

    name: str
    amounts: Amounts
    flagged: int
    open_deviations: int
    settled: int


@dataclass(frozen=True)
class YearLine:
    """One category against its whole year: what was planned to date, what is left (C-33)."""

    name: str
    depth: int
    to_date: Amounts
    annual: Decimal | None
    theoretical: Decimal | None = None

    @property
    def remaining(self) -> Decimal | None:
        return None if self.annual is None else self.annual - self.to_date.actual

    @property
    def used(self) -> Decimal | None:
        """Share of the year that is spent, 0–1."""
        return self.to_date.actual / self.annual if self.annual else None


@dataclass(frozen=True)
class YearBefore:
    """The same months a year before; a single month around the Spring Festival is marked (C-57)."""

    months: tuple[str, ...]
    amounts: Amounts
    daily: Decimal | None
    festival: bool
    by_category: tuple[CategoryTotal, ...]

    @property
    def span(self) -> str:
        """The months in words: the first and the last of them."""
        return " – ".join(dict.fromkeys((self.months[0], self.months[-1])))


@dataclass(frozen=True)
class Overview:
    """One period of one ledger, as far as a person sees it."""

    period: Period
    newest: CostPeriod
    person: Person
    months: tuple[CostPeriod, ...]
    scale: int
    today: date = date.max

    @cached_property
    def lines(self) -> Lines:
        return summed(self.months, self.person, self.newest)

    @cached_property
    def total(self) -> Amounts:
        return Amounts(self.lines.total(), scale=self.scale)

    @cached_property
    def steps(self) -> tuple[tuple[str, Decimal], ...]:
        return bridge_steps(self.lines, self.total)

    @cached_property
    def categories(self) -> tuple[CategoryTotal, ...]:
        return by_category(self.lines, nodes(self.person), self.scale)

    @cached_property
    def percent(self) -> Decimal:
        return rules_of(self.newest).materiality.percent

    @cached_property
    def heat(self) -> tuple[tuple[str, ...], list[tuple[str, list[Cell]]]]:
        """Categories, and per department its cells in their order."""
        columns = tuple(dict.fromkeys(self.lines.keys[0]))
        sums = sums_by(self.lines, 2, 0)
        rows = []
        for department in dict.fromkeys(self.lines.keys[2]):
            found = [sums.get(f"{department}\n{category}") for category in columns]
            cells = [
                Cell(None if one is None else Amounts(one, scale=self.scale), self.percent)
                for one in found
            ]
            rows.append((department, cells))
        return columns, rows

    @cached_property
    def pareto(self) -> list[tuple[str, Decimal]]:
        """The items that overspent most, by amount."""
        sums = sums_by(self.lines, 1)
        over = [(name, one.fen) for name, one in sums.items() if one.fen > 0]
        over.sort(key=lambda pair: -pair[1])
        return [(name, self.total.shown(fen)) for name, fen in over[:TOP]]

    @cached_property
    def trend(self) -> list[tuple[str, Amounts]]:
        """The months up to the end of the period, oldest first."""
        last = self.period.end.year * 100 + self.period.end.month
        months = _months(self.newest, self.person).filter(period_no__lt=last)
        rows = list(months.order_by("-period_no")[:TREND_MONTHS])
        return [
            (row.key, Amounts(_lines(row, self.person).total(), scale=self.scale))
            for row in reversed(rows)
        ]

    @cached_property
    def appraisals(self) -> list[Appraisal]:
        deviations = Deviation.objects.visible_to(self.person).filter(
            tool="costs", breaches__period__in=[month.key for month in self.months]
        )
        rows = deviations.distinct().values_list("dimension_label", "state", "department__name")
        own: dict[str, list[bool]] = {}
        for _label, state, department in rows:
            own.setdefault(department, []).append(state in {"archived", "recorded_only"})
        flagged: dict[str, int] = {}
        for name in self.lines.take(self.lines.flagged).keys[2]:
            flagged[name] = flagged.get(name, 0) + 1
        return [
            Appraisal(
                name, Amounts(variance, scale=self.scale), flagged.get(name, 0),
                own.get(name, []).count(False), own.get(name, []).count(True),
            )
            for name, variance in sums_by(self.lines, 2).items()
        ]  # fmt: skip

    @cached_property
    def year(self) -> list[YearLine]:
        """The year of the period: to date against plan, and what is left of it."""
        first = Period.containing("year", self.period.start)
        months = _months(self.newest, self.person).filter(
            period_no__gte=_number(first.start), period_no__lt=_number(self.period.end)
        )
        to_date = summed(tuple(months), self.person, self.newest)
        annual = self._annual(first.start.year)
        tree = nodes(self.person)
        whole = {row.name: row.amounts.base for row in by_category(annual, tree, self.scale)}
        planned = {
            row.name: row.amounts.base for row in by_category(self._theory, tree, self.scale)
        }
        return [
            YearLine(row.name, row.depth, row.amounts, whole.get(row.name), planned.get(row.name))
            for row in by_category(to_date, tree, self.scale)
        ]

    @property
    def is_under_way(self) -> bool:
        """Whether the period is not over: its budget then counts by the days that have passed."""
        return self.period.start <= self.today < self.period.end - timedelta(days=1)

    @property
    def _theory(self) -> Lines:
        """The year's budget pro rata by days up to today."""
        until = min(self.today, self.period.end - timedelta(days=1))
        months = range(self.period.start.year * 100 + 1, _number(until) + 1)
        sources, rules = figures.sources_of(self.newest), rules_of(self.newest)
        return may_see(theoretical(sources, months, rules, until), self.newest, self.person)

    def _annual(self, year: int) -> Lines:
        """The whole year's budget as lines without spending."""
        months = tuple(range(year * 100 + 1, year * 100 + 13))
        sources = figures.sources_of(self.newest)
        rules = rules_of(self.newest)
        found = figures.lines_over(
            figures.Sources(sources.ledger, sources.budget, sources.forecast), months, rules
        )
        return may_see(found, self.newest, self.person)

    @cached_property
    def year_before(self) -> YearBefore:
        """Last year's months of the same ledger; January and February only together."""
        numbers = [month.period_no for month in self.months]
        compared = window(numbers[0]) if len(numbers) == 1 else None
        months = compared.months if compared else tuple(numbers)
        prior = tuple(month - 100 for month in months)
        ledger = figures.Sources(source(self.newest.ledger), None)
        now, before = (
            may_see(figures.lines_over(ledger, part, ANY), self.newest, self.person)
            for part in (months, prior)
        )
        both = merged([now, _as_base(before)], materiality=ANY.materiality)
        variance = both.total()
        rate = daily_rate(variance, workdays=workdays(months), prior_workdays=workdays(prior))
        keys = tuple(f"{month // 100}-{month % 100:02d}" for month in months)
        festival = compared is not None and compared.festival
        return YearBefore(
            keys, Amounts(variance, scale=self.scale), decimal(rate), festival,
            by_category(both, nodes(self.person), self.scale),
        )  # fmt: skip

    @property
    def is_whole(self) -> bool:
        """Whether every month of the period was defined."""
        return len(self.months) == len(list(_month_periods(self.period)))

    @property
    def neighbours(self) -> dict[str, str]:
        return {"before": self.period.previous().key, "after": self.period.next().key}


def overview(
    person: Person, *, key: Period, ledger: int | None, scale: int = 1, today: date = date.max
) -> Overview | None:
    """The period of a ledger (by default the newest month's); None when nothing was defined."""
    rows = CostPeriod.objects.visible_to(person).select_related(
        "ledger__department", "budget", "forecast"
    )
    if ledger is not None:
        rows = rows.filter(ledger=ledger)
    newest = rows.filter(period_no__lt=_number(key.end)).order_by("-period_no").first()
    if newest is None:
        return None
    return Overview(key, newest, person, months_within(newest, person, key), scale, today)


def months_within(newest: CostPeriod, person: Person, span: Period) -> tuple[CostPeriod, ...]:
    """The defined months of a ledger within a period, oldest first."""
    months = _months(newest, person).filter(
        period_no__gte=_number(span.start), period_no__lt=_number(span.end)
    )
    return tuple(months)


def latest(person: Person) -> Period | None:
    """The newest month this person sees."""
    row = CostPeriod.objects.visible_to(person).order_by("-period_no").first()
    return None if row is None else row.period


def _number(day: date) -> int:
    return day.year * 100 + day.month


def _month_periods(period: Period) -> Sequence[Period]:
    first = Period.containing("month", period.start)
    return list(first.through(Period.containing("month", period.end).previous()))


def _months(newest: CostPeriod, person: Person) -> ScopedQuerySet[CostPeriod]:
    found: ScopedQuerySet[CostPeriod] = (
        CostPeriod.objects.visible_to(person)
        .filter(ledger=newest.ledger_id)
        .select_related("ledger__department", "budget", "forecast")
        .order_by("period_no")
    )
    return found


def _lines(period: CostPeriod, person: Person) -> Lines:
    found = figures.lines(figures.sources_of(period), period.period_no, rules_of(period))
    return may_see(found, period, person)


def summed(months: Sequence[CostPeriod], person: Person, newest: CostPeriod) -> Lines:
    """Several months as one, each as it stands, as far as this person sees their lines."""
    if len(months) == 1:
        return _lines(months[0], person)
    # What rolls from month to month is in the budget of several months already.
    parts = [
        may_see(
            figures.lines_over(figures.sources_of(month), (month.period_no,), rules_of(month)),
            month, person,
        )
        for month in months
    ]  # fmt: skip
    return figures.together(parts, [month.period_no for month in months], rules_of(newest))


def _as_base(lines: Lines) -> Lines:
    """Spending as something to compare with."""
    nothing = np.zeros(len(lines), np.int64)
    return replace(
        lines, actual_fen=nothing, base_fen=lines.actual_fen,
        budgeted=np.ones(len(lines), dtype=bool),
        actual_milli=nothing, actual_known=np.zeros(len(lines), dtype=bool),
        base_milli=lines.actual_milli, base_known=lines.actual_known,
    )  # fmt: skip
