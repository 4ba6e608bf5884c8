"""Annual budgets: drafted line by line, distributed over the year, approved, revised (C-30, C-31)."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, models, transaction

from opsloop.analysis.distribution import MONTHS, over_the_year, with_edits
from opsloop.analysis.fen import to_yuan
from opsloop.audit.actions import record
from opsloop.costs.actions.months import OwnImport, WrongKind, WrongState
from opsloop.costs.keys import LineKey
from opsloop.costs.models import AnnualBudget, AnnualLine, BudgetState, Distribution
from opsloop.datasets.actions import check, commit, receive
from opsloop.datasets.models import BatchState, Dataset, Door, ImportBatch, Kind
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require


class BudgetTaken(Exception):
    """The year of this data set is already being planned."""


class Occupied(Exception):
    """The data set already holds a budget that came from a file: both would be added up."""


class NothingPlanned(Exception):
    """A budget without lines cannot be approved."""


@transaction.atomic
def draft_budget(
    *, dataset: Dataset, year: int, reason: str, by: Person | None, now: datetime
) -> AnnualBudget:
    """A new draft for a year; where one is in force it is its revision and starts from its lines.

    Raises WrongKind, BudgetTaken, Occupied, NotPermitted.
    """
    require(by, Permission.COST_EDIT, dataset.department)
    if dataset.kind != Kind.BUDGET:
        raise WrongKind
    known = AnnualBudget.objects.unscoped("revisions are numbered once").filter(
        dataset=dataset, year=year
    )
    if _filed(dataset).exists():
        raise Occupied
    in_force = known.filter(state=BudgetState.IN_FORCE).first()
    newest = known.order_by("-revision").first()
    budget = AnnualBudget(
        dataset=dataset, year=year, reason=reason.strip(), revision_of=in_force,
        revision=newest.revision + 1 if newest else 0, made_by=by, made_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            budget.save(force_insert=True)
    except IntegrityError as error:
        raise BudgetTaken from error
    for line in in_force.lines.all() if in_force else ():
        line.pk, line.budget = None, budget
        line.save(force_insert=True)
    _record("costs.budget_draft", budget, by, now, {"state": [None, "draft"]})
    return budget


def _filed(dataset: Dataset) -> models.QuerySet[ImportBatch]:
    """Batches in force that no annual budget made."""
    made = AnnualBudget.objects.unscoped("of the data set at hand").filter(batch__isnull=False)
    return dataset.batches.filter(state=BatchState.COMMITTED).exclude(pk__in=made.values("batch"))


@transaction.atomic
def plan_line(
    *, budget: AnnualBudget, key: LineKey, amount_fen: int, distribution: str,
    edited: Mapping[int, int], by: Person | None, now: datetime,
    project: str = "", quantity_milli: int | None = None,
) -> AnnualLine:  # fmt: skip
    """Set one line of a draft: its year in 分, its rhythm, and months (0–11) set by hand.

    A budget may be set per project, and hold a quantity (thousandths of the item's unit over the
    year), which goes with the money month by month. The months always sum to the year. Raises WrongState, NotDistributable, NotPermitted.
    """
    require(by, Permission.COST_EDIT, budget.dataset.department)
    if budget.state != BudgetState.DRAFT:
        raise WrongState(budget.state)
    rhythm = Distribution(distribution)
    line = budget.lines.filter(**key._asdict(), project=project).first()
    if rhythm is Distribution.EDITED:
        start = line.months if line else over_the_year(amount_fen, "monthly")
    else:
        start = over_the_year(amount_fen, rhythm.value)  # type: ignore[arg-type]  # not EDITED
    months = with_edits(amount_fen, start, edited) if edited else list(start)
    if sum(months) != amount_fen:
        months = with_edits(amount_fen, months, {})
    line = line or AnnualLine(budget=budget, **key._asdict(), project=project)
    before = line.amount_fen
    line.amount_fen, line.months, line.quantity_milli = amount_fen, months, quantity_milli
    line.distribution = Distribution.EDITED if edited else rhythm
    line.save()
    _record("costs.budget_line", budget, by, now, {key.label: [before, amount_fen]})
    return line


@transaction.atomic
def drop_line(*, line: AnnualLine, by: Person | None, now: datetime) -> None:
    """Take a line out of a draft. Raises WrongState."""
    budget = line.budget
    require(by, Permission.COST_EDIT, budget.dataset.department)
    if budget.state != BudgetState.DRAFT:
        raise WrongState(budget.state)
    line.delete()
    _record("costs.budget_line", budget, by, now, {line.item: [line.amount_fen, None]})


def approve_budget(*, budget: AnnualBudget, by: Person | None, now: datetime) -> AnnualBudget:
    """Put a draft in force as facts of its data set; the one before it becomes revised.

    Somebody else than its maker approves. Raises OwnImport, WrongState, NothingPlanned, Occupied.
    """
    require(by, Permission.COST_REVIEW, budget.dataset.department)
    if budget.state != BudgetState.DRAFT:
        raise WrongState(budget.state)
    if by is not None and by.pk == budget.made_by_id:
        raise OwnImport
    if not budget.lines.exists():
        raise NothingPlanned
    before = budget.revision_of
    if _filed(budget.dataset).exists():
        raise Occupied
    # Reading and writing facts is heavy: it happens before the transaction that makes it count.
    batch = receive(
        dataset=budget.dataset, file_name=f"{budget}.csv", chunks=[_as_file(budget)],
        door=Door.BROWSER, by=budget.made_by, now=now, replaces=before.batch if before else None,
    )  # fmt: skip
    batch = check(batch=batch, by=budget.made_by, now=now)
    return _put_in_force(budget, batch, by, now)


@transaction.atomic
def _put_in_force(
    budget: AnnualBudget, batch: ImportBatch, by: Person | None, now: datetime
) -> AnnualBudget:
    commit(batch=batch, by=budget.made_by, now=now)
    before = budget.revision_of
    if before is not None:
        before.state = BudgetState.REVISED
        before.save(update_fields=["state"])
    budget.state, budget.batch = BudgetState.IN_FORCE, batch
    budget.approved_by, budget.approved_at = by, now
    budget.save()
    _record("costs.budget_approve", budget, by, now, {"state": ["draft", "in_force"]})
    return budget


# The upload's own headers: what the mapping of a budget understands in any language.
_HEADERS = ("period", "category", "item", "department", "project", "budget", "quantity")


def _as_file(budget: AnnualBudget) -> bytes:
    """The budget as the upload any system would send: one row a line and month."""
    buffer = io.StringIO("")
    writer = csv.writer(buffer)
    writer.writerow(_HEADERS)
    for line in budget.lines.all():
        names = [line.category, line.item, line.department, line.project]
        quantities = line.quantities
        for at in range(MONTHS):
            month = f"{budget.year}-{at + 1:02d}"
            quantity = "" if quantities is None else Decimal(quantities[at]).scaleb(-3)
            writer.writerow([month, *names, to_yuan(line.months[at]), quantity])
    return buffer.getvalue().encode()


def _record(
    action: str, budget: AnnualBudget, by: Person | None, now: datetime,
    changes: Mapping[str, object],
) -> None:  # fmt: skip
    record(
        by=by, now=now, action=action, subject=budget, changes=changes,
        department=budget.dataset.department, comment=budget.reason,
    )  # fmt: skip
