"""Further studies of a process's log, each kept under its facts, its calendar and its question."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from opsloop.analysis import approval_limit, ecrs, flow, handover, returns, segments
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter, by_value, matching
from opsloop.analysis.event_columns import Columns, load
from opsloop.analysis.event_log import EventLog
from opsloop.analysis.parallel import FormStep, ParallelHint, dependencies, parallel_hint
from opsloop.analysis.worktime import CLOCK
from opsloop.datasets.queries import FactSet
from opsloop.processes.figures import Findings, columns_of, ends_of, studied
from opsloop.processes.models import Process, Step
from opsloop.processes.named_lists import split_documents

COVERED: Final = 0.8
STATED: Final = "stated"
_EPOCH: Final = date(1970, 1, 1)


def _asked(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


def narrowed(process: Process, wanted: CaseFilter) -> EventLog | None:
    """The log's figures over the cases a filter keeps; times stay those of the whole cases."""

    def study(facts: FactSet, calendar: Any) -> EventLog:
        starts, ends = ends_of(process, facts.names["activity"])
        return segments.analyse_columns(columns_of(facts, calendar), starts=starts, ends=ends)

    found: EventLog | None = studied(process, _asked("narrowed"), study, wanted)
    return found


@dataclass(frozen=True)
class Stated:
    """What the log says of its cases beside steps and times."""

    outcomes: tuple[int, ...]
    has_amounts: bool


def stated(process: Process) -> Stated:
    """Which decisions were taken in the log, and whether it knows amounts."""

    def study(facts: FactSet, _calendar: Any) -> Stated:
        columns = load(facts.frame, also=("outcome_no", "amount_fen"))
        decided = () if columns.outcome is None else np.unique(columns.outcome).tolist()
        return Stated(tuple(one for one in decided if one >= 0), columns.amount is not None)

    found: Stated = studied(process, STATED, study, kept_as=Stated) or Stated((), has_amounts=False)
    return found


def counted(process: Process, wanted: CaseFilter) -> tuple[int, int]:
    """(cases a filter keeps, all cases)."""

    def study(facts: FactSet, calendar: Any) -> tuple[int, int]:
        columns = columns_of(facts, CLOCK)
        return int(matching(columns, wanted, calendar).sum()), columns.cases

    found: tuple[int, int] = studied(process, _asked("counted", wanted), study) or (0, 0)
    return found


@dataclass(frozen=True)
class Named:
    """A study's result with the names its numbers stand for."""

    result: Any
    names: dict[str, tuple[str, ...]]


def handovers(process: Process, wanted: CaseFilter = EVERY_CASE) -> Named | None:
    """From whom to whom, who repeats what, and what returns cost."""

    def study(facts: FactSet, calendar: Any) -> Named:
        columns = columns_of(facts, calendar)
        steps = process.as_is.steps.all()
        number = {name: at for at, name in enumerate(facts.names["activity"])}
        order = {number[s.log_name]: s.position for s in steps if s.log_name in number}
        return Named(
            (
                handover.handovers(columns, order=order), handover.redone(columns),
                returns.return_report(columns), tuple(returns.return_costs(columns)),
            ),
            dict(facts.names),
        )  # fmt: skip

    found: Named | None = studied(process, _asked("handovers", _order(process)), study, wanted)
    return found


def _order(process: Process) -> list[str]:
    return [step.log_name for step in process.as_is.steps.all()]


def flows(process: Process, wanted: CaseFilter = EVERY_CASE) -> flow.Flow | None:
    """Arrivals, completions and work in progress on the clock."""

    def study(facts: FactSet, _calendar: Any) -> flow.Flow:
        _starts, ends = ends_of(process, facts.names["activity"])
        return flow.flow(load(facts.frame), ends=ends)

    found: flow.Flow | None = studied(process, "flow", study, wanted, kept_as=flow.Flow)
    return found


def compared(process: Process, by: str, wanted: CaseFilter = EVERY_CASE) -> Named | None:
    """Segments side by side: by department, by month of submission, by amount (quarters)."""

    def study(facts: FactSet, calendar: Any) -> Named:
        columns = columns_of(facts, calendar)
        labels, names = labels_of(columns, facts, by)
        starts, ends = ends_of(process, facts.names["activity"])
        found = segments.compare(columns, labels, starts=starts, ends=ends)
        return Named(found, {**facts.names, "label": names})

    found: Named | None = studied(process, _asked("segments", by), study, wanted)
    return found


def labels_of(columns: Columns, facts: FactSet, by: str) -> tuple[Any, tuple[str, ...]]:
    """Each case's segment by department, month of submission or amount (quarters), and its names."""
    if by == "month":
        months = [(_EPOCH + timedelta(days=day)).strftime("%Y-%m") for day in columns.day.tolist()]
        names = tuple(sorted(set(months)))
        return np.array([names.index(month) for month in months], dtype=np.int64), names
    if by == "amount":
        amounts = approval_limit.case_amounts(columns)
        known = amounts[amounts >= 0]
        if not len(known):
            return np.full(columns.cases, -1, dtype=np.int64), ()
        edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75], method="higher"))
        labels = np.where(amounts >= 0, np.searchsorted(edges, amounts, side="left"), -1)
        limits = [None, *(int(edge) for edge in edges.tolist()), None]
        return labels, tuple(_band(low, high) for low, high in pairwise(limits))
    return by_value(columns, columns.department), facts.names.get("department", ())


def _band(low: int | None, high: int | None) -> str:
    """A span of amounts in yuan: above `low`, up to `high`."""
    if low is None:
        return f"≤ {(high or 0) / 100:,.0f}"
    return f"> {low / 100:,.0f}" if high is None else f"{low / 100:,.0f} – {high / 100:,.0f}"


def limit(process: Process, step: str, limit_fen: int) -> Named | None:
    """The approval limit's effect, and the curve of shares over limits."""

    def study(facts: FactSet, calendar: Any) -> Named | None:
        names = facts.names["activity"]
        if step not in names:
            return None
        columns, number = columns_of(facts, calendar), names.index(step)
        effect = approval_limit.limit_effect(columns, number, limit_fen)
        return Named((effect, approval_limit.curve(columns, number)), dict(facts.names))

    found: Named | None = studied(process, _asked("limit", step, limit_fen), study)
    return found


def hint(steps: Sequence[Step]) -> ParallelHint:
    """What the form's own inputs and outputs allow to run side by side (P-N12)."""
    return parallel_hint(_form_steps(steps))


def _form_steps(steps: Sequence[Step]) -> list[FormStep]:
    return [
        FormStep(
            step.name, float(step.hours or 0), split_documents(step.inputs),
            split_documents(step.outputs),
        )
        for step in steps
    ]  # fmt: skip


def worksheet(process: Process, found: Findings) -> tuple[ecrs.Candidate, ...]:
    """Every ECRS candidate of the log and the form."""
    steps = list(process.as_is.steps.all())
    told = [(s.log_name, s.inputs, s.outputs, s.hand_fields) for s in steps]

    def study(facts: FactSet, calendar: Any) -> tuple[ecrs.Candidate, ...]:
        columns = columns_of(facts, calendar)
        pairs = dependencies(_form_steps(steps))
        before = [(steps[one].log_name, steps[then].log_name) for one, then in pairs]
        return ecrs.candidates(
            _step_facts(steps, found), _pair_facts(steps, found, columns),
            variants_to_cover=_to_cover(found), cases=found.log.cases, before=before,
        )  # fmt: skip

    kept: tuple[ecrs.Candidate, ...] = studied(process, _asked("ecrs", told), study) or ()
    return kept


def _step_facts(steps: Sequence[Step], found: Findings) -> list[ecrs.StepFacts]:
    measured = {found.name(one.activity_no): one for one in found.log.steps}
    causes = {found.name(one.activity_no): one.shares() for one in found.causes if one.on_duty > 0}
    form = _form_steps(steps)
    pairs = dependencies(form)
    facts = []
    for at, step in enumerate(steps):
        one = measured.get(step.log_name)
        stage = found.stage_hours.get(step.log_name)
        used = any(first == at for first, _then in pairs)
        # Where no later step says what it takes in, nothing is known of the use.
        told = any(later.inputs for later in form[at + 1 :])
        unused = form[at].outputs if told and not used else ()
        work = one.hours.median if one and one.hours and found.log.has_start else None
        facts.append(
            ecrs.StepFacts(
                step.log_name, one.cases if one else 0,
                one.decisions if one and not found.log.returns.inferred else 0,
                one.returns + one.rejected if one else 0,
                None if work is None else work * 60, stage.median if stage else None,
                causes.get(step.log_name, {}), unused,
                frozenset(split_documents(step.hand_fields)),
            )
        )  # fmt: skip
    return facts


def _pair_facts(steps: Sequence[Step], found: Findings, columns: Columns) -> list[ecrs.PairFacts]:
    known = [step.log_name for step in steps if step.log_name in found.number]
    return [
        ecrs.PairFacts(
            one, then, *handover.same_hands(columns, found.number[one], found.number[then])
        )
        for one, then in pairwise(known)
    ]


def _to_cover(found: Findings) -> int:
    covered = 0.0
    for count, variant in enumerate(found.log.variants, start=1):
        covered += variant.share
        if covered >= COVERED:
            return count
    return found.variant_count
