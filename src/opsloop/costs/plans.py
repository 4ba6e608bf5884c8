"""Annual budgets as they are shown: their lines over twelve months, and what sums up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from opsloop.analysis.distribution import MONTHS
from opsloop.analysis.fen import to_yuan
from opsloop.costs.models import AnnualBudget, AnnualLine, BudgetState
from opsloop.datasets.models import BatchState, Dataset, ImportBatch, Kind
from opsloop.org.models import Person
from opsloop.org.permissions import Permission


@dataclass(frozen=True)
class PlannedLine:
    """One line of the year in yuan."""

    line: AnnualLine
    amount: Decimal
    months: tuple[Decimal, ...]


@dataclass(frozen=True)
class Listed:
    """One annual budget or revision in the list, with its whole year in yuan."""

    budget: AnnualBudget
    planned: Decimal


@dataclass(frozen=True)
class Plan:
    """One revision with its lines, the sums of its months, and the amount it replaces."""

    budget: AnnualBudget
    lines: tuple[PlannedLine, ...]
    months: tuple[Decimal, ...]
    total: Decimal
    before: Decimal | None
    may_edit: bool
    may_approve: bool


def budgets(person: Person) -> Sequence[Listed]:
    """Every annual budget and revision this person sees, newest first."""
    rows = (
        AnnualBudget.objects.visible_to(person)
        .annotate(planned_fen=Sum("lines__amount_fen", default=0))
        .select_related("dataset", "made_by", "approved_by", "revision_of")
        .order_by("-year", "-revision")  # sums forget the order of their own
    )
    return [Listed(one, to_yuan(one.planned_fen)) for one in rows[:100]]


def list_table(found: Iterable[Listed]) -> tuple[list[str], list[list[Any]]]:
    """Labels and rows of the budgets, as the page lists them."""
    labels = [
        _("Year"), _("Revision"), _("Budget"), _("State"), _("Whole year (yuan)"),
        _("Revision of"), _("Made by"), _("Approved by"), _("Reason of the revision"),
    ]  # fmt: skip
    return labels, [_listed(one) for one in found]


def _listed(one: Listed) -> list[Any]:
    budget, before = one.budget, one.budget.revision_of
    return [
        budget.year, f"R{budget.revision}", budget.dataset.name, budget.get_state_display(),
        one.planned, f"R{before.revision}" if before else "", str(budget.made_by or ""),
        str(budget.approved_by or ""), budget.reason,
    ]  # fmt: skip


def plan(budget: AnnualBudget, person: Person) -> Plan:
    """One annual budget with what this person may do to it."""
    lines = list(budget.lines.all())
    draft = budget.state == BudgetState.DRAFT
    department = budget.dataset.department
    before = budget.revision_of
    return Plan(
        budget=budget,
        lines=tuple(
            PlannedLine(line, to_yuan(line.amount_fen), tuple(map(to_yuan, line.months)))
            for line in lines
        ),
        months=tuple(to_yuan(sum(line.months[at] for line in lines)) for at in range(12)),
        total=to_yuan(sum(line.amount_fen for line in lines)),
        before=None if before is None else to_yuan(_total(before)),
        may_edit=draft and person.may(Permission.COST_EDIT, department),
        may_approve=draft
        and person.pk != budget.made_by_id
        and person.may(Permission.COST_REVIEW, department),
    )


def as_table(found: Plan) -> tuple[list[str], list[list[Any]]]:
    """Labels and rows of a budget in yuan; what an import of a budget reads again."""
    labels = [
        _("Cost category"), _("Item name"), _("Department"), _("Project"), _("Quantity"),
        _("Whole year"), *(_("Month %(number)d") % {"number": at + 1} for at in range(MONTHS)),
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            one.line.category, one.line.item, one.line.department, one.line.project,
            one.line.quantity, one.amount, *one.months,
        ]
        for one in found.lines
    ]  # fmt: skip
    return labels, [*rows, [_("Total"), "", "", "", None, found.total, *found.months]]


def _total(budget: AnnualBudget) -> int:
    return sum(budget.lines.values_list("amount_fen", flat=True))


def plannable(person: Person) -> QuerySet[Dataset]:
    """The data sets a year can be planned in: those that hold no budget from a file."""
    plans = AnnualBudget.objects.unscoped("whose batch is a plan").filter(batch__isnull=False)
    filed = (
        ImportBatch.objects.unscoped("which data sets are taken")
        .filter(state=BatchState.COMMITTED)
        .exclude(pk__in=plans.values("batch"))
    )
    budgets: QuerySet[Dataset] = Dataset.objects.visible_to(person).filter(kind=Kind.BUDGET)
    return budgets.exclude(pk__in=filed.values("dataset"))
