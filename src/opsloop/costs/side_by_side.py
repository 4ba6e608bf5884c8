"""One period beside several bases at once: budgets, forecasts, revisions, last year (C-36).

Rows are what a dimension names: categories, items, departments (the cost centres), projects or
suppliers. Every base is a column of its own with variance and rate; a total's rate is ΣΔ / Σbase.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.accumulation import Accumulation, accumulated, days_of
from opsloop.analysis.variance import COST, Polarity, Variance, as_polarity, total
from opsloop.costs import figures
from opsloop.costs.form_lines import Amounts
from opsloop.costs.models import AnnualBudget, BaseKind, CostCategory, CostPeriod
from opsloop.costs.overview import Overview
from opsloop.costs.queries import seen_departments
from opsloop.costs.rules import Rules, Shares, rules_of
from opsloop.costs.source import source
from opsloop.datasets.models import Dataset, Kind
from opsloop.org.models import Person

DIMENSIONS: Final[Mapping[str, Promise]] = {
    "category": _("Cost category"),
    "item": _("Item name"),
    "department": _("Department (cost centre)"),
    "project": _("Project"),
    "supplier": _("Supplier"),
}
MOST_BASES: Final = 4
MOST_ROWS: Final = 200

# Category, item, department and the name of a further dimension → 分.
Sums = dict[tuple[str, ...], int]
Reader = Callable[[CostPeriod, str], Sums]


@dataclass(frozen=True)
class Base:
    """Something to compare with; `key` names it in an address."""

    key: str
    label: str
    read: Reader = field(compare=False, repr=False)


@dataclass(frozen=True)
class Row:
    """One name of the dimension: what was spent, and the variance against each base."""

    name: str
    cells: tuple[Amounts, ...]

    @property
    def actual(self) -> Amounts:
        return self.cells[0]

    @property
    def beside(self) -> tuple[Amounts, ...]:
        return self.cells[1:]


@dataclass(frozen=True)
class Narrow:
    """Rows of one name of one dimension only."""

    dimension: str = ""
    name: str = ""

    def holds(self, key: tuple[str, ...], extra: str) -> bool:
        return not self.dimension or key[_place(self.dimension, extra)] == self.name


def _place(dimension: str, extra: str) -> int:
    return 3 if dimension == extra else figures.NAMES.index(dimension)


@dataclass(frozen=True)
class Comparison:
    """A period of one ledger by one dimension, as far as a person sees it."""

    overview: Overview
    by: str
    bases: tuple[Base, ...]
    narrow: Narrow = Narrow()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Largest spending first; percentages only where each item has its own row."""
        columns = [self._by_name(sums) for sums in self._columns]
        names = dict.fromkeys(name for column in columns for name in column)
        found = [self._row(name, [column.get(name) for column in columns]) for name in names]
        return tuple(sorted(found, key=lambda row: -abs(row.actual.variance.actual_fen)))

    @cached_property
    def total(self) -> Row:
        """Σ of the rows that are amounts, column by column."""
        rows = [row for row in self.rows if not row.actual.is_points]
        return Row("", tuple(
            Amounts(total(row.cells[at].variance for row in rows), scale=self.overview.scale)
            for at in range(len(self.bases) + 1)
        ))  # fmt: skip

    @property
    def lacks_base(self) -> bool:
        """Whether what was chosen states nothing by this dimension."""
        return bool(self.bases) and self.total.beside == tuple(
            one for one in self.total.beside if one.base is None
        )

    @cached_property
    def _columns(self) -> list[Sums]:
        """What was spent, and each base, over the months."""
        readers: list[Reader] = [_spent, *(base.read for base in self.bases)]
        return [self._over_months(read) for read in readers]

    def _over_months(self, read: Reader) -> Sums:
        months = self.overview.months
        parts = [self._seen(month, read(month, self._extra)) for month in months]
        days = [days_of(month.period_no) for month in months]
        averaged = rules_of(self.overview.newest).averaged if len(months) > 1 else frozenset()
        found: Sums = {}
        for key in dict.fromkeys(key for part in parts for key in part):
            how = Accumulation.AVERAGE if key[:2] in averaged else Accumulation.SUM
            found[key] = accumulated([part.get(key) for part in parts], days, days, how) or 0
        return found

    def _seen(self, month: CostPeriod, sums: Sums) -> Sums:
        own = seen_departments([key[2] for key in sums], month, self.overview.person)
        return {
            key: fen for key, fen in sums.items()
            if (own is None or key[2] in own) and self.narrow.holds(key, self._extra)
        }  # fmt: skip

    @property
    def _extra(self) -> str:
        """The dimension that is none of a line's own, if rows or filter need one."""
        wanted = [self.by, self.narrow.dimension]
        return next((name for name in wanted if name in ("project", "supplier")), "")

    def _by_name(self, sums: Sums) -> dict[str, int]:
        place, found = _place(self.by, self._extra), dict[str, int]()
        for key, fen in sums.items():
            if self.by == "item" or key[:2] not in self._rules.percentages:
                found[key[place]] = found.get(key[place], 0) + fen
        return found

    @cached_property
    def _rules(self) -> Rules:
        return rules_of(self.overview.newest)

    def _row(self, name: str, column: Sequence[int | None]) -> Row:
        points = self.by == "item" and name in {item for _c, item in self._rules.percentages}
        polarity = self._polarities.get(name, COST)
        cells = [Variance(column[0] or 0, None, points)]
        cells += [Variance(column[0] or 0, base, points) for base in column[1:]]
        scale = self.overview.scale
        return Row(name, tuple(Amounts(one, polarity, scale) for one in cells))

    @cached_property
    def _polarities(self) -> dict[str, Polarity]:
        """More is better for categories and items of income only."""
        known = CostCategory.objects.visible_to(self.overview.person).filter(polarity__gt=0)
        income = {name: as_polarity(sign) for name, sign in known.values_list("name", "polarity")}
        if self.by == "category":
            return income
        keys = {key for sums in self._columns for key in sums} if self.by == "item" else set()
        return {key[1]: income[key[0]] for key in keys if key[0] in income}


def offered(overview: Overview) -> tuple[Base, ...]:
    """Everything the period can stand beside, as far as this person sees it."""
    newest, person = overview.newest, overview.person
    found = [Base("budget", str(BaseKind.BUDGET.label), _budgeted)] if newest.budget else []
    found.append(Base("prior_year", str(BaseKind.PRIOR_YEAR.label), _prior))
    if newest.forecast:
        found.append(Base("forecast", str(BaseKind.FORECAST.label), _forecast))
    return (*found, *_others(newest, person), *_revisions(newest, person))


def _others(newest: CostPeriod, person: Person) -> Iterator[Base]:
    """Further budgets and forecasts, each a data set of its own."""
    known = {pk for pk in (newest.budget_id, newest.forecast_id) if pk is not None}
    sets = Dataset.objects.visible_to(person).filter(kind=Kind.BUDGET)
    for dataset in sets.exclude(pk__in=known):
        yield Base(f"set-{dataset.pk}", dataset.name, _of(dataset))


def _revisions(newest: CostPeriod, person: Person) -> Iterator[Base]:
    """The revisions of the annual budgets of the year: drafts and those that were replaced."""
    year = newest.period_no // 100
    plans = AnnualBudget.objects.visible_to(person).filter(year=year).exclude(state="in_force")
    for budget in plans.select_related("dataset"):
        label = f"{budget.dataset.name} {budget} ({budget.get_state_display()})"
        yield Base(f"plan-{budget.pk}", label, _planned(budget))


def compare(
    found: Overview, *, by: str, keys: Sequence[str], narrow: Narrow | None = None
) -> Comparison:
    """The period beside the bases named by `keys`, at most four; the budget or last year without."""
    known = {base.key: base for base in offered(found)}
    chosen = [known[key] for key in dict.fromkeys(keys) if key in known][:MOST_BASES]
    usual = list(known.values())[:2]
    return Comparison(found, by, tuple(chosen or usual), narrow or Narrow())


def _spent(month: CostPeriod, extra: str) -> Sums:
    return figures.sums(figures.sources_of(month).ledger, month.period_no, extra, _shares(month))


def _prior(month: CostPeriod, extra: str) -> Sums:
    ledger = figures.sources_of(month).ledger
    return figures.sums(ledger, month.period_no - 100, extra, _shares(month))


def _budgeted(month: CostPeriod, extra: str) -> Sums:
    budget = figures.sources_of(month).budget
    return figures.sums(budget, month.period_no, extra, _shares(month)) if budget else {}


def _forecast(month: CostPeriod, extra: str) -> Sums:
    forecast = figures.sources_of(month).forecast
    return figures.sums(forecast, month.period_no, extra, _shares(month)) if forecast else {}


def _of(dataset: Dataset) -> Reader:
    def read(month: CostPeriod, extra: str) -> Sums:
        return figures.sums(source(dataset), month.period_no, extra, _shares(month))

    return read


def _planned(budget: AnnualBudget) -> Reader:
    """A revision as it was written, whether or not it ever came in force."""

    def read(month: CostPeriod, extra: str) -> Sums:
        found: Sums = {}
        if extra == "supplier" or month.period_no // 100 != budget.year:
            return found
        for line in budget.lines.all():
            more = (line.project,) if extra else ()
            key = (line.category, line.item, line.department, *more)
            found[key] = found.get(key, 0) + line.months[month.period_no % 100 - 1]
        return found

    return read


def _shares(month: CostPeriod) -> Shares:
    return rules_of(month).shares
