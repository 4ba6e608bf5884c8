"""Pages about single steps: who does what, what it costs, what took far too long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.handover import Party
from opsloop.analysis.outliers import Outlier, StepOutliers
from opsloop.analysis.specialisation import Redone, Share
from opsloop.analysis.step_costs import StepCost, StepCosts
from opsloop.processes import figures, step_studies
from opsloop.processes.models import Process

MOST_LISTED = 50


def shown_names(names: Mapping[str, Sequence[str]], *, people: bool) -> dict[str, Sequence[str]]:
    """The log's names; people only for whoever may see them, pseudonyms for everybody else."""
    if people:
        return dict(names)
    aliases = [_("Person %(n)s") % {"n": at + 1} for at in range(len(names.get("resource", ())))]
    return {**names, "resource": aliases}


@dataclass(frozen=True)
class StepShares:
    """One step and who does it, most executions first."""

    step: str
    executions: int
    parties: tuple[tuple[str, Share], ...]


@dataclass(frozen=True)
class PeopleView:
    party: Party
    steps: tuple[StepShares, ...]  # in the declared order
    redone: tuple[tuple[str, Redone], ...]


def people_view(
    process: Process, party: Party, wanted: CaseFilter = EVERY_CASE
) -> PeopleView | None:
    """Who does which steps. The caller asks for people only on behalf of who may see them."""
    found = step_studies.specialised(process, party, wanted)
    if found is None:
        return None
    steps, who = found.names["activity"], found.names.get(party, ())
    grouped: dict[int, list[Share]] = {}
    for share in found.result.shares:
        grouped.setdefault(share.activity_no, []).append(share)
    order = declared_order(process, steps)
    return PeopleView(
        party,
        tuple(
            StepShares(
                steps[number], sum(one.executions for one in shares),
                tuple((who[one.party_no], one) for one in shares),
            )
            for number, shares in sorted(grouped.items(), key=lambda item: order[item[0]])
        ),
        tuple((who[one.party_no], one) for one in found.result.redone),
    )  # fmt: skip


def declared_order(process: Process, steps: Sequence[str]) -> dict[int, int]:
    """Place of each step of the log: that of the table, then the usual one of the log."""
    told = [step.log_name for step in process.as_is.steps.all()]
    found = figures.findings(process)
    usual = list(found.log.order) if found else []
    ranked = sorted(
        range(len(steps)),
        key=lambda number: (
            told.index(steps[number]) if steps[number] in told else len(told),
            usual.index(number) if number in usual else len(usual),
        ),
    )
    return {number: place for place, number in enumerate(ranked)}


@dataclass(frozen=True)
class CostLine:
    """One step: what its work cost, in yuan, altogether and a case."""

    step: str
    cost: StepCost
    yuan: Decimal
    a_case: Decimal
    share: float | None


@dataclass(frozen=True)
class CostView:
    costs: StepCosts
    steps: tuple[CostLine, ...]
    months: tuple[tuple[str, int, Decimal, Decimal], ...]  # label, cases, yuan, yuan a case
    departments: tuple[tuple[str, Decimal | None], ...]  # what the log names → its own rate
    total: Decimal
    per_case: Decimal | None


def cost_view(process: Process, wanted: CaseFilter = EVERY_CASE) -> CostView | None:
    """What the work of each step costs, at the rates kept on the process."""
    found = step_studies.costed(process, wanted)
    if found is None:
        return None
    costs: StepCosts = found.result
    rates = {rate.party: rate.yuan for rate in process.rates.all()}
    departments = sorted({*found.names.get("department", ()), *rates})
    return CostView(
        costs,
        tuple(
            CostLine(
                found.names["activity"][one.activity_no], one, yuan(one.fen),
                yuan(one.fen / costs.cases), one.fen / costs.fen if costs.fen else None,
            )
            for one in costs.steps
        ),
        tuple(
            (
                f"{one.number // 12:04}-{one.number % 12 + 1:02}", one.cases, yuan(one.fen),
                yuan(one.fen / one.cases),
            )
            for one in costs.months
        ),
        tuple((name, rates.get(name)) for name in departments),
        yuan(costs.fen), yuan(costs.fen / costs.cases) if costs.cases else None,
    )  # fmt: skip


def yuan(fen: float) -> Decimal:
    """Money to the fen."""
    return (Decimal(round(fen)) / 100).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class OutlierView:
    steps: tuple[tuple[str, StepOutliers], ...]
    cases: tuple[tuple[str, Outlier, str], ...]  # step, outlier, case id; furthest out first

    @property
    def count(self) -> int:
        return sum(one.count for _step, one in self.steps)


def outlier_view(
    process: Process, measure: step_studies.Measure, wanted: CaseFilter = EVERY_CASE,
    *, most: int | None = MOST_LISTED,
) -> OutlierView | None:  # fmt: skip
    """Steps with their fences, and the executions beyond them."""
    found, facts = (
        step_studies.far_out(process, measure, wanted, most=most),
        figures.facts_of(process),
    )
    if found is None or facts is None:
        return None
    names = found.names["activity"]
    listed = sorted(
        (each for one in found.result for each in one.listed), key=lambda each: -each.times
    )[:most]
    ids = facts.texts("case", sorted({each.case_no for each in listed}))
    return OutlierView(
        tuple((names[one.activity_no], one) for one in found.result),
        tuple(
            (names[each.activity_no], each, ids.get(each.case_no, str(each.case_no)))
            for each in listed
        ),
    )  # fmt: skip
