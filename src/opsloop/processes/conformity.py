"""The log held against the as-is table: what departs, since when, and who carries it (2.3.7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals.stable.v2 as nw

from opsloop.analysis import departures
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.conformance import ModelStep, reached
from opsloop.analysis.event_columns import REJECTED, RETURNED
from opsloop.analysis.worktime import CLOCK
from opsloop.datasets.queries import FactSet
from opsloop.facts.schema import OUTCOMES
from opsloop.processes.figures import columns_of, ends_of, studied
from opsloop.processes.models import Process, Step
from opsloop.processes.named_lists import split_names
from opsloop.processes.studies import labels_of

_DELEGATED: Final = OUTCOMES.index("delegated")
ATTRIBUTES: Final = ("department", "month", "amount")


@dataclass(frozen=True)
class Conformity:
    """Departures, with the names of steps, departments and of the values that carry them."""

    result: departures.Departures
    names: dict[str, tuple[str, ...]]


def conformity(process: Process, wanted: CaseFilter = EVERY_CASE) -> Conformity | None:
    """All departures of the finished cases; None without records or without a table."""

    def study(facts: FactSet, calendar: Any) -> Conformity:
        against = _against(process, facts)
        columns = reached(columns_of(facts, CLOCK), against.ends)
        found = {by: labels_of(columns, facts, by) for by in ATTRIBUTES}
        result = departures.examine(
            columns, against.model, decisions=against.decisions, allowed=against.allowed,
            attributes={by: labels for by, (labels, _names) in found.items()}, calendar=calendar,
        )  # fmt: skip
        names = {by: names for by, (_labels, names) in found.items()}
        handled = facts.names.get("department", ())
        return Conformity(result, {**names, "handled": handled, "activity": against.steps})

    told = _told(process)
    if not told:
        return None
    found: Conformity | None = studied(
        process, f"conformity {told}", study, wanted, kept_as=Conformity
    )
    return found


@dataclass(frozen=True)
class MonthLine:
    """One month of submission; departures count once per case and kind."""

    label: str
    cases: int
    following: int
    fitness: float
    departures: int
    accepted: int


def months(found: Conformity, accepted: frozenset[departures.Key]) -> Iterator[MonthLine]:
    """The months of submission, accepted departures apart."""
    result = found.result
    for month in result.months:
        mine = [each for each in result.patterns if each.month == month.number]
        counts = {
            is_accepted: sum(
                each.cases * sum((result.found[at].key in accepted) == is_accepted for at in each.departures)
                for each in mine
            )
            for is_accepted in (True, False)
        }  # fmt: skip
        yield MonthLine(
            f"{month.number // 12:04}-{month.number % 12 + 1:02}", month.cases,
            sum(each.cases for each in mine if not each.departures), month.fitness,
            counts[False], counts[True],
        )  # fmt: skip


def departing_cases(process: Process, wanted: CaseFilter) -> list[tuple[departures.Key, list[int]]]:
    """Each departure with the numbers of its cases."""

    def study(facts: FactSet, _calendar: Any) -> list[tuple[departures.Key, list[int]]]:
        against = _against(process, facts)
        columns = reached(columns_of(facts, CLOCK), against.ends)
        found = departures.cases_of(
            columns, against.model, decisions=against.decisions, allowed=against.allowed
        )
        return [(key, numbers.tolist()) for key, numbers in sorted(found.items())]

    found: list[tuple[departures.Key, list[int]]] | None
    found = studied(process, f"departing {_told(process)}", study, wanted)
    return found or []


def _told(process: Process) -> list[tuple[Any, ...]]:
    return [
        (s.log_name, s.is_optional, s.parallel_group, s.may_return_to, s.from_amount, s.role)
        for s in process.as_is.steps.all()
    ]


@dataclass(frozen=True)
class _Against:
    """What a log is held against, in the log's own numbers."""

    model: list[ModelStep]
    steps: tuple[str, ...]  # names of the log's steps, then of those only the table has
    decisions: list[int]
    allowed: dict[int, frozenset[int]]
    ends: list[int]


def _against(process: Process, facts: FactSet) -> _Against:
    steps, names = list(process.as_is.steps.all()), facts.names["activity"]
    only_told = (step.log_name for step in steps if step.log_name not in names)
    _starts, ends = ends_of(process, names)
    return _Against(
        model_of(steps, names), (*names, *dict.fromkeys(only_told)), _deciding(facts),
        _allowed(facts, steps), ends,
    )  # fmt: skip


def model_of(steps: Sequence[Step], names: Sequence[str]) -> list[ModelStep]:
    """The step table as the alignment reads it; steps the log lacks get numbers beyond its own."""
    number = {name: at for at, name in enumerate(names)}
    for step in steps:
        number.setdefault(step.log_name, len(number))
    by_name = {step.name: number[step.log_name] for step in steps} | number
    groups = {name: at for at, name in enumerate({s.parallel_group for s in steps} - {""})}
    return [
        ModelStep(
            number[step.log_name], not step.is_optional, groups.get(step.parallel_group),
            frozenset(
                by_name[name] for name in split_names(step.may_return_to) if name in by_name
            ),
            None if step.from_amount is None else int(step.from_amount * 100),
        )
        for step in steps
    ]  # fmt: skip


def _deciding(facts: FactSet) -> list[int]:
    """Steps that ever returned, rejected or delegated a case: who may say no decides.

    Clerks' steps are often logged as “approved” throughout, and are no decisions.
    """
    refused = facts.frame.filter(nw.col("outcome_no").is_in([RETURNED, REJECTED, _DELEGATED]))
    rows = refused.select("activity_no").unique().collect()
    return sorted(int(number) for number in rows.get_column("activity_no").to_list())


def _allowed(facts: FactSet, steps: Sequence[Step]) -> dict[int, frozenset[int]]:
    """Roles of the table that are departments of the log; other roles cannot be judged."""
    departments = {name: at for at, name in enumerate(facts.names.get("department", ()))}
    number = {name: at for at, name in enumerate(facts.names["activity"])}
    return {
        number[step.log_name]: frozenset(departments[name] for name in split_names(step.role))
        for step in steps
        if step.log_name in number and step.role
        and all(name in departments for name in split_names(step.role))
    }  # fmt: skip
