"""Every read of the cost room: the months, one month as the form, the postings behind a line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.period import Period
from opsloop.analysis.price_quantity import Closing
from opsloop.analysis.variance import Lines
from opsloop.costs import commitments, figures
from opsloop.costs.attention import Marks
from opsloop.costs.comparisons import CategoryTotal, YearOnYear, by_category, year_on_year
from opsloop.costs.form_lines import Amounts, Row, quantity_text, rows
from opsloop.costs.keys import LineKey
from opsloop.costs.models import Activity, CostPeriod, CostShare, Lasting, PeriodState
from opsloop.costs.rules import rules_of
from opsloop.costs.source import Source, homes
from opsloop.costs.tree import Node, nodes
from opsloop.datasets.models import Dataset, Kind
from opsloop.datasets.queries import rows_url
from opsloop.loop.models import Deviation
from opsloop.loop.queries.deviations import for_dimension
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedQuerySet

PAGE_LINES: Final = 100
SHOWS: Final = ("all", "flagged", "silent", "doubted", "unbudgeted", "unspent")
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class View:
    """Which lines of a month are wanted (one of `SHOWS`), in which unit.

    Page 0 is all of them, for paper and files.
    """

    show: str = "all"
    page: int = 1
    scale: int = 1

    def wanted(self, marks: Marks) -> NDArray[np.bool_]:
        """A mask over the lines."""
        match self.show:
            case "flagged":
                return marks.lines.flagged
            case "silent":
                return marks.silent
            case "doubted":
                return marks.doubted
            case "unbudgeted":
                return ~marks.lines.budgeted
            case "unspent":
                return np.equal(marks.lines.actual_fen, 0)
        return np.ones(len(marks.lines), dtype=bool)


ALL = View()


@dataclass(frozen=True)
class Month:
    """One month as a person may see it; totals are over all visible lines, not over the page."""

    period: CostPeriod
    rows: tuple[Row, ...]
    total: Amounts
    line_count: int
    shown_count: int
    counts: dict[str, int]
    open_deviations: int
    pages: int
    steps: tuple[tuple[str, Decimal], ...]
    categories: tuple[CategoryTotal, ...]
    comparable: Amounts | None
    later: Amounts | None
    committed: Decimal | None
    timing: Decimal
    returned: "Returned | None"
    closing: Closing
    materiality_text: str
    batch_ids: tuple[int, ...]
    marks: Marks


def periods(person: Person) -> ScopedQuerySet[CostPeriod]:
    """Every month this person sees a line of."""
    found: ScopedQuerySet[CostPeriod] = CostPeriod.objects.visible_to(person)
    return found.select_related("ledger__department", "budget")


def neighbours(period: CostPeriod, person: Person) -> dict[str, CostPeriod | None]:
    """The defined months of the same ledger before and after this one."""
    others = periods(person).filter(ledger=period.ledger_id)
    return {
        "before": others.filter(period_no__lt=period.period_no).order_by("-period_no").first(),
        "after": others.filter(period_no__gt=period.period_no).order_by("period_no").first(),
    }


def summary(period: CostPeriod, person: Person) -> "Summary":
    """One row of the list: the totals of the lines this person may see."""
    lines = _visible(period, figures.sources_of(period), person)
    return Summary(
        period, Amounts(lines.total()), int(lines.flagged.sum()), open_deviations(period, person),
    )  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """One row of the list of months."""

    period: CostPeriod
    total: Amounts
    flagged_count: int
    open_deviations: int


def month(period: CostPeriod, person: Person, view: View = ALL) -> Month:
    """The form of a month: what it says, what was written beside it, what the loop knows."""
    rules = rules_of(period)
    sources = figures.sources_of(period)
    lines = _visible(period, sources, person)
    marks = Marks(period, lines)
    wanted = _in_tree_order(lines.take(view.wanted(marks)), person)
    pages = max(1, -(-len(wanted) // PAGE_LINES))
    start = (min(view.page, pages) - 1) * PAGE_LINES
    page = wanted[start : start + PAGE_LINES] if view.page else wanted
    summed = Amounts(lines.total(), scale=view.scale)
    committed = commitments.committed(period)
    return Month(
        period=period,
        rows=rows(period, page, rules.closing, person, view.scale, committed=committed),
        total=summed,
        line_count=len(lines),
        shown_count=len(wanted),
        counts={name: int(View(name).wanted(marks).sum()) for name in SHOWS},
        open_deviations=open_deviations(period, person),
        pages=pages,
        steps=bridge_steps(lines, summed),
        categories=by_category(lines, category_tree(person), view.scale),
        comparable=_comparable(lines, summed),
        later=_later(period, person, summed),
        committed=_committed(committed, period, person, summed),
        timing=_timing(period, lines, summed),
        returned=_returned(period, lines, person),
        closing=rules.closing,
        materiality_text=f"±{rules.materiality.percent.normalize():f} %",
        batch_ids=sources.batch_ids,
        marks=marks,
    )


def _in_tree_order(lines: Lines, person: Person) -> Lines:
    """Categories as the cost tree orders them, those it does not know last."""
    place = {node.name: at for at, node in enumerate(category_tree(person))}
    if not place:
        return lines
    at = [place.get(name, len(place)) for name in lines.keys[0]]
    return lines.take(np.argsort(at, kind="stable"))


def _visible(period: CostPeriod, sources: figures.Sources, person: Person) -> Lines:
    found = figures.lines(sources, period.period_no, rules_of(period))
    return may_see(found, period, person)


def may_see(lines: Lines, period: CostPeriod, person: Person) -> Lines:
    """The lines of the departments this person reaches (C-23)."""
    own = seen_departments(lines.keys[2], period, person)
    if own is None:
        return lines
    return lines.take(np.array([name in own for name in lines.keys[2]], dtype=bool))


def seen_departments(
    names: Iterable[str], period: CostPeriod, person: Person
) -> frozenset[str] | None:
    """Those of a ledger's department names whose lines this person sees; None for all of them."""
    if person.reach(Permission.COST_VIEW) is None:
        return None
    reached = set(person.departments_within(Permission.COST_VIEW).values_list("pk", flat=True))
    known, home = homes(), period.ledger.department
    return frozenset(name for name in {"", *names} if known.get(name, home).pk in reached)


def open_deviations(period: CostPeriod, person: Person) -> int:
    """Deviations of this month's lines that are still open, as far as this person sees them."""
    found = Deviation.objects.visible_to(person).open()
    return found.filter(tool="costs", breaches__period=period.key).distinct().count()


@dataclass(frozen=True)
class Returned:
    """Last month's lines beyond the threshold that nobody treated, and those back inside now."""

    untreated: int
    back: int


def _returned(period: CostPeriod, lines: Lines, person: Person) -> Returned | None:
    """What returns by itself is no effect of anything (C-59); None without such lines."""
    before = (
        periods(person)
        .filter(ledger=period.ledger_id, period_no=_number(period.period.previous()))
        .first()
    )
    if before is None:
        return None
    past = _visible(before, figures.sources_of(before), person)
    keys = {LineKey(*key) for key in zip(*past.take(past.flagged).keys, strict=True)}
    cells = for_dimension("costs", [key.dimension for key in keys], person=person)
    treated = {dimension for dimension, cell in cells.items() if cell.status}
    left = {key for key in keys if key.dimension not in treated}
    now = {LineKey(*key) for key in zip(*lines.take(lines.flagged).keys, strict=True)}
    return Returned(len(left), len(left - now)) if left else None


def _number(month: Period) -> int:
    return month.start.year * 100 + month.start.month


def _committed(
    known: Mapping[LineKey, int] | None, period: CostPeriod, person: Person, summed: Amounts
) -> Decimal | None:
    """Ordered and not yet invoiced, also where nothing was posted or budgeted."""
    if known is None:
        return None
    own = seen_departments([key.department for key in known], period, person)
    return summed.shown(
        sum(fen for key, fen in known.items() if own is None or key.department in own)
    )


def _timing(period: CostPeriod, lines: Lines, summed: Amounts) -> Decimal:
    """The part of the variance people called timing: it turns back in a later month (C-56)."""
    early = {note.line for note in period.notes.filter(lasting=Lasting.TIMING)}
    rows = [key in early for key in zip(*lines.keys, strict=True)]
    return summed.shown(lines.take(np.array(rows, dtype=bool)).total().fen)


def _comparable(lines: Lines, summed: Amounts) -> Amounts | None:
    """The totals of the lines that have a budget; None when all or none of them have."""
    found = lines.take(lines.budgeted).total()
    alike = found.base_fen is None or found == summed.variance
    return None if alike else Amounts(found, scale=summed.scale)


def _later(period: CostPeriod, person: Person, shown: Amounts) -> Amounts | None:
    """The totals with what was posted since the review; None while nothing was."""
    if not period.is_pinned:
        return None
    latest = figures.latest_sources_of(period)
    if latest == figures.sources_of(period):
        return None
    found = _visible(period, latest, person).total()
    return None if found == shown.variance else Amounts(found, scale=shown.scale)


def bridge_steps(lines: Lines, summed: Amounts, count: int = 8) -> tuple[tuple[str, Decimal], ...]:
    """The largest variances, by line, and the rest in one step under an empty name."""
    top = [line for line in lines.largest(count) if line.variance.fen]
    steps = [(figures.key_of(line).item, summed.shown(line.variance.fen)) for line in top]
    rest = summed.variance.fen - sum(line.variance.fen for line in top)
    return (*steps, ("", summed.shown(rest))) if rest else tuple(steps)


@dataclass(frozen=True)
class Posting:
    """One ledger line behind a figure, with its place in the imported file."""

    day: date | None
    document: str
    supplier: str
    quantity: Decimal | None
    amount: Decimal
    batch_id: int
    source_row: int

    @property
    def quantity_text(self) -> str:
        return quantity_text(self.quantity)

    @property
    def rows_url(self) -> str:
        return rows_url(self.batch_id, [self.source_row])


@dataclass(frozen=True)
class Drill:
    """A line of the form and the postings it is the sum of."""

    row: Row
    postings: tuple[Posting, ...]
    last_year: YearOnYear
    closing: Closing

    @property
    def shown(self) -> tuple[Posting, ...]:
        return self.postings[:PAGE_LINES]

    @property
    def borne(self) -> Decimal:
        """What came from a shared cost centre, in yuan: no posting of the line itself."""
        return self.row.in_yuan.actual - sum(
            (posting.amount for posting in self.postings), Decimal(0)
        )


def drill(period: CostPeriod, key: LineKey, person: Person) -> Drill | None:
    """The postings of one visible line; None when there is no such line for this person."""
    sources = figures.sources_of(period)
    line = _visible(period, sources, person).find(key)
    if line is None:
        return None
    closing = rules_of(period).closing
    found = tuple(_postings(sources.ledger, period.period_no, key))
    row = rows(period, [line], closing, person)[0]
    return Drill(row, found, year_on_year(period, key), closing)


def _postings(source: Source, period_no: int, key: LineKey) -> Iterator[Posting]:
    found = figures.postings(source, period_no, key)
    columns = (
        "day", "document_no", "supplier_no", "quantity_milli", "amount_fen", "batch_no",
        "source_row",
    )  # fmt: skip
    for day, document, supplier, milli, fen, batch, row in found.frame.select(*columns).iter_rows():
        yield Posting(
            day=_EPOCH + timedelta(days=day) if day >= 0 else None,
            document=found.documents.get(document, ""),
            supplier=found.suppliers[supplier] if supplier >= 0 else "",
            quantity=None if milli is None else Decimal(milli).scaleb(-3),
            amount=to_yuan(fen),
            batch_id=found.batch_ids[batch],
            source_row=row,
        )


def department_of(period: CostPeriod, key: LineKey) -> Department:
    """The department a line belongs to; the ledger's own where the tree has no such name."""
    return homes().get(key.department, period.ledger.department)


def may_review(period: CostPeriod, person: Person) -> bool:
    return person.may(Permission.COST_REVIEW, period.ledger.department)


def next_step(period: CostPeriod) -> str:
    """The action that brings a month forward: review, lock, or nothing."""
    return {PeriodState.COLLECTING: "review", PeriodState.REVIEWED: "lock"}.get(
        PeriodState(period.state), ""
    )


def may_write(period: CostPeriod, department: Department, person: Person) -> bool:
    locked = period.state == PeriodState.LOCKED
    return not locked and person.may(Permission.COST_EDIT, department)


def may_change_settings(person: Person) -> bool:
    """The rule is the company's: a reviewer of one department does not set it."""
    return person.may(Permission.COST_REVIEW) and person.reach(Permission.COST_REVIEW) is None


def activities(person: Person) -> Sequence[Activity]:
    """What variable costs follow, with the newest values first."""
    return list(Activity.objects.visible_to(person).prefetch_related("values"))


def shares(person: Person) -> Sequence[CostShare]:
    """Who bears which shared cost centre."""
    return list(CostShare.objects.visible_to(person).select_related("department"))


def weights(shared: str) -> dict[Department, Decimal]:
    """The ratios of one shared cost centre as they are."""
    rows = CostShare.objects.unscoped("the rule is the company's").filter(shared=shared)
    return {row.department: row.weight for row in rows.select_related("department")}


def category_tree(person: Person) -> Sequence[Node]:
    return nodes(person)


@dataclass(frozen=True)
class Readiness:
    """What is still missing before a first month can be defined."""

    has_ledger: bool
    has_budget: bool
    may_edit: bool
    may_import: bool


def readiness(person: Person) -> Readiness:
    kinds = set(Dataset.objects.visible_to(person).values_list("kind", flat=True).distinct())
    return Readiness(
        Kind.LEDGER in kinds, Kind.BUDGET in kinds,
        person.may(Permission.COST_EDIT), person.may(Permission.DATASET_IMPORT),
    )  # fmt: skip


def suggested_month(person: Person, today: date) -> dict[str, object]:
    """Last month, from the data sets of the newest month: what is usually defined next."""
    newest = CostPeriod.objects.visible_to(person).order_by("-period_no").first()
    month = Period.containing("month", today).previous()
    found: dict[str, object] = {"month": month.key}
    if newest is not None:
        found |= {"month": newest.period.next().key, "ledger": newest.ledger_id}
        found |= {"budget": newest.budget_id}
    return found
