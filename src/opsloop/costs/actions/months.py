"""A month from its definition to its lock, and what later postings do to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.variance import Variance
from opsloop.audit.actions import record
from opsloop.costs import detection, figures
from opsloop.costs.keys import LineKey
from opsloop.costs.models import BaseKind, CostPeriod, PeriodState, Restatement
from opsloop.costs.rules import rules_of
from opsloop.datasets.models import Dataset, ImportBatch, Kind
from opsloop.metrics.models import PointState
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require


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


class NothingNew(Exception):
    """No posting arrived since the month was reviewed."""


@transaction.atomic
def define_period(
    *, period_no: int, ledger: Dataset, budget: Dataset | None, by: Person | None, now: datetime,
    forecast: Dataset | None = None, commitments: Dataset | None = None,
    base_kind: str = BaseKind.BUDGET,
) -> CostPeriod:  # fmt: skip
    """A new month (yyyymm) to collect. Raises MonthTaken, WrongKind, NotPermitted.

    `base_kind` says what its lines are compared with unless their item has a base of its own.
    """
    require(by, Permission.COST_EDIT, ledger.department)
    kinds = {
        Kind.LEDGER: (ledger, commitments), Kind.BUDGET: (budget, forecast),
    }  # fmt: skip
    if any(one and one.kind != kind for kind, datasets in kinds.items() for one in datasets):
        raise WrongKind
    period = CostPeriod(
        period_no=period_no, ledger=ledger, budget=budget, forecast=forecast,
        commitments=commitments, base_kind=base_kind, defined_by=by, defined_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            period.save(force_insert=True)
    except IntegrityError as error:
        raise MonthTaken from error
    changes = {"ledger": [None, ledger.name], "budget": [None, budget and budget.name]}
    changes["base"] = [None, base_kind]
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
    rules = rules_of(period)
    if not figures.lines(sources, period.period_no, rules):
        raise NothingPosted
    _four_eyes(sources, by)
    _pin(period, sources)
    period.rules = rules.pinned()
    for category, item, kind in rules.bases:
        period.bases.update_or_create(category=category, item=item, defaults={"kind": kind})
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
    period.ledger_batches, period.budget_batches, period.forecast_batches = [], [], []
    period.rules = {}
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
    return figures.lines(sources, period.period_no, rules_of(period)).total()


@transaction.atomic
def compare_with(
    *, period: CostPeriod, line: LineKey, kind: str, by: Person | None, now: datetime
) -> None:
    """Say what the lines of an item are compared with in this month (X-27). Raises WrongState."""
    period = _held(period, PeriodState.COLLECTING)
    require(by, Permission.COST_REVIEW, period.ledger.department)
    before = rules_of(period).kind_of(line.category, line.item)
    period.bases.update_or_create(
        category=line.category, item=line.item, defaults={"kind": BaseKind(kind)}
    )
    changes = {line.label: [before, kind]}
    _record("costs.compare_with", period, by, now, changes)


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
    period.forecast_batches = list(sources.forecast.batch_ids) if sources.forecast else []


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
