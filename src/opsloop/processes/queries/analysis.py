"""The log from its other sides: a picked step or path, variants, handovers, segments, conformance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.event_log import EventLog, Hours
from opsloop.analysis.handover import Party
from opsloop.analysis.segments import Segment
from opsloop.facts.schema import OUTCOMES
from opsloop.org.models import Person
from opsloop.processes import figures, studies
from opsloop.processes.filters import Chosen, Names, outcome_words
from opsloop.processes.models import Process
from opsloop.processes.queries.review import VariantLine, may_edit
from opsloop.processes.queries.steps import shown_names

SEGMENTED_BY: Final = {
    "department": _("By department"), "month": _("By month"), "amount": _("By amount"),
}  # fmt: skip


def sees_people(process: Process, person: Person) -> bool:
    """Single people are shown to the process owner; to who may edit it where it has no owner."""
    if process.owner_id is None:
        return may_edit(process, person)
    return process.owner_id == person.pk


def party_of(asked: str, *, may: bool) -> Party:
    """Single people only on demand of who may see them; departments otherwise."""
    return "resource" if may and asked == "people" else "department"


@dataclass(frozen=True)
class Offers:
    """What the filter panel offers to choose from."""

    departments: tuple[str, ...]
    people: tuple[str, ...]  # empty for whoever may not see single people
    outcomes: tuple[tuple[str, str], ...]
    has_amounts: bool


def offers(process: Process, names: Names, *, people: bool) -> Offers:
    """The values of this log that a filter may name."""
    stated, words = studies.stated(process), outcome_words()
    return Offers(
        tuple(sorted(names.get("department", ()))),
        tuple(sorted(names.get("resource", ()))) if people else (),
        tuple((OUTCOMES[number], words[OUTCOMES[number]]) for number in stated.outcomes),
        stated.has_amounts,
    )  # fmt: skip


@dataclass(frozen=True)
class Picked:
    """The step or path somebody clicked: its numbers, and the filters it offers."""

    title: str
    count: int
    cases: int
    hours: Hours | None
    filters: tuple[tuple[Any, str], ...]
    cases_query: str


def picked(found: figures.Findings, chosen: Chosen) -> Picked | None:
    """What stands behind a click on the map."""
    if chosen.edge is not None:
        source, target = chosen.edge
        for edge in found.log.edges:
            if (edge.source, edge.target) == chosen.edge:
                pair = f"{source}-{target}"
                return Picked(
                    f"{found.name(source)} → {found.name(target)}", edge.count, edge.cases,
                    edge.hours, ((_("Only cases with this path"), chosen.address(follows=pair)),),
                    chosen.address(follows=pair),
                )  # fmt: skip
    for step in found.log.steps:
        if step.activity_no == chosen.step:
            offered = (
                (_("with this step"), "with_"), (_("without this step"), "without"),
                (_("starting here"), "start"), (_("ending here"), "end"),
            )  # fmt: skip
            return Picked(
                found.name(step.activity_no), step.executions, step.cases, step.hours,
                tuple((label, chosen.address(**{key: chosen.step})) for label, key in offered),
                chosen.address(with_=chosen.step),
            )  # fmt: skip
    return None


@dataclass(frozen=True)
class ComparedVariant:
    line: VariantLine
    log: EventLog
    stages: tuple[tuple[str, Hours | None], ...]  # step → its time


def compared_variants(
    process: Process, found: figures.Findings, chosen: Sequence[VariantLine], wanted: CaseFilter
) -> list[ComparedVariant]:
    """Variants side by side, step by step."""
    compared = []
    for line in chosen:
        log = studies.narrowed(process, replace(wanted, variants=(line.sequence,)))
        if log is not None:
            stages = tuple((found.name(step.activity_no), step.hours) for step in log.steps)
            compared.append(ComparedVariant(line, log, stages))
    return compared


def headline_number(found: figures.Findings) -> int | None:
    """The bottleneck's number, for the link to its cases."""
    first = found.bottleneck.headline
    return None if first is None else first.activity_no


@dataclass(frozen=True)
class HandoverView:
    """Everything the page shows, with names instead of numbers."""

    party: str
    matrix: tuple[dict[str, Any], ...]
    ping_pong: tuple[dict[str, Any], ...]
    redone: tuple[dict[str, Any], ...]
    by_step: tuple[dict[str, Any], ...]
    by_role: tuple[dict[str, Any], ...]
    costs: tuple[dict[str, Any], ...]


def handover_view(
    process: Process, wanted: CaseFilter = EVERY_CASE, *, people: bool = False
) -> HandoverView | None:
    """Handovers, repetitions and returns: roles, and people (by pseudonym) only without roles."""
    found = studies.handovers(process, wanted)
    if found is None:
        return None
    report, redone, decided, costs = found.result
    names = shown_names(found.names, people=people)
    who, steps = names.get(report.party or "", ()), names["activity"]
    roles = names.get(decided.party or "", ())
    return HandoverView(
        report.party or "",
        tuple(
            {"source": who[one.source], "target": who[one.target], "line": one}
            for one in report.matrix
        ),
        tuple({"a": who[one.source], "b": who[one.via], "line": one} for one in report.ping_pong),
        tuple({"step": steps[one.activity_no], "line": one} for one in redone),
        tuple({"name": steps[one.number], "line": one} for one in decided.by_step),
        tuple({"name": roles[one.number], "line": one} for one in decided.by_role),
        tuple({"step": steps[one.activity_no], "line": one} for one in costs),
    )


@dataclass(frozen=True)
class SegmentLine:
    name: str
    segment: Segment
    slow_step: str


def segment_lines(process: Process, by: str, wanted: CaseFilter = EVERY_CASE) -> list[SegmentLine]:
    """Segments side by side: departments by their cases, months and amounts in their own order."""
    found = studies.compared(process, by, wanted)
    if found is None:
        return []
    names, steps = found.names["label"], found.names["activity"]
    return [
        SegmentLine(names[one.label], one, "" if one.slow_step is None else steps[one.slow_step])
        for one in (found.result if by == "department" else sorted(found.result, key=_label))
    ]


def _label(segment: Segment) -> int:
    return segment.label
