"""Every write of the cost room: define a month, review, lock, restate, write a reason, set rules."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.variance import COST, REVENUE, Variance
from opsloop.audit.actions import changes_between, record
from opsloop.costs import detection, figures
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    CostCategory,
    CostItem,
    CostPeriod,
    CostSettings,
    Directness,
    LineNote,
    PeriodState,
    Restatement,
)
from opsloop.datasets.models import Dataset, ImportBatch, Kind
from opsloop.metrics.models import PointState
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Permission, require


class MonthTaken(Exception):
    """The ledger already has this month."""


class WrongKind(Exception):
    """A month compares a ledger with a budget and nothing else."""


class WrongState(Exception):
    """The month's state does not allow this (any more)."""


class OwnImport(Exception):
    """Four eyes: who brought the figures in does not review them."""


class NothingPosted(Exception):
    """There is nothing to review: the ledger has no lines in this month."""


class OwnAncestor(Exception):
    """A category cannot lie below itself."""


class Unnamed(Exception):
    """A line without category or item names nothing that could be described."""


class NothingNew(Exception):
    """No posting arrived since the month was reviewed."""


@transaction.atomic
def define_period(
    *, period_no: int, ledger: Dataset, budget: Dataset | None, by: Person | None, now: datetime
) -> CostPeriod:
    """A new month (yyyymm) to collect. Raises MonthTaken, WrongKind, NotPermitted."""
    require(by, Permission.COST_EDIT, ledger.department)
    if ledger.kind != Kind.LEDGER or (budget is not None and budget.kind != Kind.BUDGET):
        raise WrongKind
    period = CostPeriod(
        period_no=period_no, ledger=ledger, budget=budget, defined_by=by, defined_at=now
    )
    try:
        with transaction.atomic():
            period.save(force_insert=True)
    except IntegrityError as error:
        raise MonthTaken from error
    changes = {"ledger": [None, ledger.name], "budget": [None, budget and budget.name]}
    _record("costs.define", period, by, now, changes)
    return period


@transaction.atomic
def review(*, period: CostPeriod, by: Person | None, now: datetime) -> int:
    """Finance vouches for the figures: pins the batches and raises what exceeds the threshold.

    Returns the number of deviations found. Raises WrongState, NothingPosted, OwnImport.
    """
    period = _held(period, PeriodState.COLLECTING)
    require(by, Permission.COST_REVIEW, period.ledger.department)
    sources = figures.latest_sources_of(period)
    if not figures.lines(sources, period.period_no, CostSettings.current().materiality):
        raise NothingPosted
    _four_eyes(sources, by)
    _pin(period, sources)
    period.state = PeriodState.REVIEWED
    period.reviewed_by, period.reviewed_at = by, now
    period.save()
    _record("costs.review", period, by, now, {"state": ["collecting", "reviewed"]})
    return detection.raise_deviations(period=period, by=by, now=now)


@transaction.atomic
def collect_again(
    *, period: CostPeriod, comment: str, by: Person | None, now: datetime
) -> CostPeriod:
    """Open a reviewed month again because its figures were wrong. Raises WrongState."""
    period = _held(period, PeriodState.REVIEWED)
    require(by, Permission.COST_REVIEW, period.ledger.department)
    period.state = PeriodState.COLLECTING
    period.ledger_batches, period.budget_batches = [], []
    period.save()
    detection.set_values_state(period=period, state=PointState.PROVISIONAL, by=by, now=now)
    _record(
        "costs.collect", period, by, now, {"state": ["reviewed", "collecting"]}, comment=comment
    )
    return period


@transaction.atomic
def lock(*, period: CostPeriod, by: Person | None, now: datetime) -> CostPeriod:
    """Close a reviewed month: from now on a change of its figures is a restatement."""
    period = _held(period, PeriodState.REVIEWED)
    require(by, Permission.COST_REVIEW, period.ledger.department)
    period.state = PeriodState.LOCKED
    period.locked_by, period.locked_at = by, now
    period.save()
    detection.set_values_state(period=period, state=PointState.LOCKED, by=by, now=now)
    _record("costs.lock", period, by, now, {"state": ["reviewed", "locked"]})
    return period


@transaction.atomic
def restate(*, period: CostPeriod, comment: str, by: Person | None, now: datetime) -> Restatement:
    """Take later postings into a locked month, keeping the totals and batches as they were.

    Raises WrongState, NothingNew, OwnImport.
    """
    period = _held(period, PeriodState.LOCKED)
    require(by, Permission.COST_REVIEW, period.ledger.department)
    before, after = figures.sources_of(period), figures.latest_sources_of(period)
    if before == after:
        raise NothingNew
    _four_eyes(after, by)
    old, new = totals(before, period), totals(after, period)
    restatement = Restatement.objects.create(
        period=period, comment=comment, restated_by=by, restated_at=now,
        actual_before=to_yuan(old.actual_fen), actual_after=to_yuan(new.actual_fen),
        base_before=to_yuan(old.base_fen or 0), base_after=to_yuan(new.base_fen or 0),
        ledger_batches_before=period.ledger_batches, budget_batches_before=period.budget_batches,
    )  # fmt: skip
    _pin(period, after)
    period.save()
    changes = {"actual": [restatement.actual_before, restatement.actual_after]}
    _record("costs.restate", period, by, now, changes, comment=comment)
    detection.raise_deviations(period=period, by=by, now=now)
    return restatement


def totals(sources: figures.Sources, period: CostPeriod) -> Variance:
    """Σ of a month from the named batches."""
    return figures.lines(sources, period.period_no, CostSettings.current().materiality).total()


@transaction.atomic
def write_note(
    *,
    period: CostPeriod,
    line: LineKey,
    reason: str,
    controllable: str,
    lasting: str,
    department: Department,
    by: Person | None,
    now: datetime,
) -> LineNote:
    """Write or change what a person says about a line; `department` is where the line belongs.

    A locked month keeps its words as well as its figures: raises WrongState.
    """
    require(by, Permission.COST_EDIT, department)
    if period.state == PeriodState.LOCKED:
        raise WrongState(period.state)
    values = {"reason": reason.strip(), "controllable": controllable, "lasting": lasting}
    note = LineNote.objects.filter(period=period, **line._asdict()).first()
    before = {name: getattr(note, name) for name in values} if note else dict.fromkeys(values, "")
    if note is None:
        note = LineNote(period=period, **line._asdict())
    for name, value in values.items():
        setattr(note, name, value)
    note.written_by, note.written_at = by, now
    note.save()
    record(
        by=by, now=now, action="costs.note", subject=note, department=department,
        changes=changes_between(before, values),
    )  # fmt: skip
    return note


@transaction.atomic
def change_settings(*, values: Mapping[str, Any], by: Person | None, now: datetime) -> CostSettings:
    """Change the company's rule; a new version, so that earlier deviations name the old one.

    Raises NotPermitted for a reviewer of less than the whole company.
    """
    _require_company(by)
    settings = CostSettings.current()
    names = ("percent", "floor_amount", "hard_amount", "closing")
    before = {name: getattr(settings, name) for name in names}
    for name in names:
        setattr(settings, name, values.get(name, before[name]))
    changes = changes_between(before, {name: getattr(settings, name) for name in names})
    if changes:
        settings.version += 1
        settings.save()
        record(by=by, now=now, action="costs.settings", subject=settings, changes=changes)
    return settings


_TEMPLATES: Final = Path(__file__).with_name("categories.json")


def category_templates() -> dict[str, Any]:
    """Cost trees by industry: key → label and tree (name, direct or indirect, children)."""
    found: dict[str, Any] = json.loads(_TEMPLATES.read_text(encoding="utf-8"))
    return found


@transaction.atomic
def seed_categories(*, template: str, by: Person | None, now: datetime) -> int:
    """Add an industry's cost tree beside what exists; returns how many categories are new."""
    _require_company(by)
    added = 0
    for name, directness, children in category_templates()[template]["tree"]:
        parent, new = _category(name, None, directness)
        added += new
        added += sum(_category(child, parent, directness)[1] for child in children)
    if added:
        changes = {"template": [None, template], "added": [0, added]}
        record(by=by, now=now, action="costs.seed", subject=parent, changes=changes)
    return added


@transaction.atomic
def save_category(
    *, name: str, parent: CostCategory | None, directness: str, more_is_better: bool,
    by: Person | None, now: datetime,
) -> CostCategory:  # fmt: skip
    """Add a category under the ledger's name for it, or change what is known about it.

    Raises OwnAncestor when the tree would close into a ring.
    """
    _require_company(by)
    category, _new = _category(name.strip(), parent, directness)
    if parent is not None and parent.path.startswith(category.path):
        raise OwnAncestor
    before = {"parent": category.parent_id, "polarity": category.polarity}
    old_path = category.path
    category.parent, category.directness = parent, directness
    category.polarity = REVENUE if more_is_better else COST
    category.path = f"{parent.path if parent else '/'}{category.pk}/"
    category.save()
    _move_below(old_path, category.path)
    after = {"parent": category.parent_id, "polarity": category.polarity}
    changes = changes_between(before, after)
    record(by=by, now=now, action="costs.category", subject=category, changes=changes)
    return category


def _move_below(old_path: str, path: str) -> None:
    if old_path == path:
        return
    known = CostCategory.objects.unscoped("the branch moves with its root")
    for child in known.filter(path__startswith=old_path):
        child.path = path + child.path.removeprefix(old_path)
        child.save(update_fields=["path"])


@transaction.atomic
def save_item(
    *, key: LineKey, unit: str, price_owner: Department | None,
    quantity_owner: Department | None, by: Person | None, now: datetime,
) -> CostItem:  # fmt: skip
    """Say in which unit an item is counted and who answers for its price and its quantity."""
    _require_company(by)
    if not (key.category and key.item):
        raise Unnamed
    category, _new = _category(key.category, None, Directness.INDIRECT)
    known = CostItem.objects.unscoped("one list for the whole company")
    item, _made = known.get_or_create(category=category, name=key.item)
    values = {"unit": unit.strip(), "price_owner": price_owner, "quantity_owner": quantity_owner}
    before = {name: str(getattr(item, name) or "") for name in values}
    for name, value in values.items():
        setattr(item, name, value)
    item.save()
    changes = changes_between(before, {name: str(value or "") for name, value in values.items()})
    record(by=by, now=now, action="costs.item", subject=item, changes=changes)
    return item


def _category(name: str, parent: CostCategory | None, directness: str) -> tuple[CostCategory, int]:
    known = CostCategory.objects.unscoped("one tree for the whole company")
    category, new = known.get_or_create(
        name=name, defaults={"parent": parent, "directness": directness}
    )
    if new:
        category.path = f"{parent.path if parent else '/'}{category.pk}/"
        category.save(update_fields=["path"])
    return category, int(new)


def _require_company(by: Person | None) -> None:
    """The rule and the tree are the company's: a reviewer of one department sets neither."""
    require(by, Permission.COST_REVIEW)
    if by is not None and by.reach(Permission.COST_REVIEW) is not None:
        raise NotPermitted(f"{by.username} reviews less than the company")


def _held(period: CostPeriod, state: PeriodState) -> CostPeriod:
    """The month under a row lock, which must stand in `state`."""
    held = (
        CostPeriod.objects.unscoped("locks the row handed in")
        .select_for_update(of=("self",))
        .get(pk=period.pk)
    )
    if held.state != state:
        raise WrongState(held.state)
    return held


def _pin(period: CostPeriod, sources: figures.Sources) -> None:
    period.ledger_batches = list(sources.ledger.batch_ids)
    period.budget_batches = list(sources.budget.batch_ids) if sources.budget else []


def _four_eyes(sources: figures.Sources, by: Person | None) -> None:
    if by is None:
        return
    batches = ImportBatch.objects.unscoped("the rule holds whoever can see the batch")
    mine = batches.filter(pk__in=sources.batch_ids, committed_by=by)
    if mine.exists():
        raise OwnImport


def _record(
    action: str, period: CostPeriod, by: Person | None, now: datetime, changes: Mapping[str, Any],
    *, comment: str = "",
) -> None:  # fmt: skip
    record(
        by=by, now=now, action=action, subject=period, changes=changes, comment=comment,
        department=period.ledger.department,
    )  # fmt: skip
