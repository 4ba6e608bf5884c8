"""Files to take away: the numbers behind every page, and the step table for a modeller."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.exchange.workbook_out import guarded
from opsloop.facts.schema import OUTCOMES
from opsloop.processes import figures, pictures, queries, studies
from opsloop.processes.bpmn import as_bpmn
from opsloop.processes.filters import Chosen
from opsloop.processes.models import Process, Step
from opsloop.processes.step_studies import Measure

# A sheet of a spreadsheet ends at about a million rows.
_MOST_CASES: Final = 1_000_000


def case_file(process: Process, found: queries.Case) -> HttpResponse:
    """The history of one case, hours on the process's calendar and on the clock."""
    rows: list[Iterable[Any]] = [(
        _("Step"), _("Who"), _("From"), _("To"), _("Worked h"), _("Waited h"),
        _("Waited h (natural time)"), _("Outcome"),
    )]  # fmt: skip
    rows += [
        (
            one.step, one.who, one.begin.isoformat(" "), one.end.isoformat(" "), one.worked,
            one.waited, one.waited_clock, OUTCOMES[one.outcome] if one.outcome >= 0 else "",
        )
        for one in found.events
    ]  # fmt: skip
    return _csv(rows, f"{process.name}-{found.name}.csv")


def data(process: Process, what: str, chosen: Chosen) -> HttpResponse:
    """The numbers behind a page as CSV, of the cases chosen. Raises Http404 for no such table."""
    found = figures.findings(process, chosen.wanted) if what in _TABLES else None
    if what in _TABLES and found is not None:
        rows = _TABLES[what](found)
    elif what in _FURTHER and figures.facts_of(process) is not None:
        rows = _FURTHER[what](process, chosen)
    else:
        raise Http404
    return _csv(rows, f"{process.name}-{what}.csv")


def _csv(rows: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    file = io.StringIO()
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    # The mark tells Excel that the text is UTF-8.
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _steps(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield (
        _("Step"), _("Executions"), _("Cases"), _("Processing median h"), _("P90 h"),
        _("Waiting median h"), _("Return rate"),
    )  # fmt: skip
    for step in found.log.steps:
        hours, waiting = step.hours, step.waiting
        yield (
            found.name(step.activity_no), step.executions, step.cases,
            hours and hours.median, hours and hours.p90, waiting and waiting.median,
            step.return_rate,
        )  # fmt: skip


def _edges(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("From"), _("To"), _("Times"), _("Cases"), _("Median h"), _("P90 h")
    for edge in found.log.edges:
        yield (
            found.name(edge.source), found.name(edge.target), edge.count, edge.cases,
            edge.hours.median, edge.hours.p90,
        )  # fmt: skip


def _variants(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("Variant"), _("Cases"), _("Share"), _("Median h")
    for line in queries.variants(found, limit=figures.VARIANTS_KEPT):
        yield " → ".join(line.steps), line.cases, line.share, line.median_hours


def _waiting(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("Step"), *(pictures.cause_label(cause) for cause in pictures.CAUSES)
    for row in found.causes:
        yield found.name(row.activity_no), *(getattr(row, cause) for cause in pictures.CAUSES)


def _loads(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield (
        _("Step"), _("Share of waiting"), _("95 % low"), _("95 % high"), _("Waiting h"),
        _("Mean step time h"), _("People busy"), _("Average queue"), _("Cycle median without h"),
    )  # fmt: skip
    for row in queries.loads(found):
        load, detail = row.load, row.detail
        yield (
            row.step, load.waiting_share, load.share_low, load.share_high, load.waiting_hours,
            load.mean_hours, detail and detail.utilisation, detail and detail.queue_length,
            detail and detail.cycle_median_without,
        )  # fmt: skip


def bpmn(process: Process, steps: Sequence[Step]) -> HttpResponse:
    """The step table for a modeller."""
    response = HttpResponse(as_bpmn(process, steps), content_type="application/xml")
    response["Content-Disposition"] = content_disposition_header(True, f"{process.name}.bpmn")
    return response


def _handover(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("From"), _("To"), _("Times"), _("Cases"), _("Waiting median h"), _("Returns"),
    )  # fmt: skip
    found = queries.handover_view(process, chosen.wanted, people=chosen.people)
    for row in found.matrix if found else ():
        line = row["line"]
        yield (
            row["source"], row["target"], line.count, line.cases, line.median_wait, line.returns,
        )  # fmt: skip


def _returns(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Step or role"), _("Decisions"), _("Returns"), _("Return rate"), _("Work repeated h"),
        _("Waiting added h"), _("Repeated by the same person"), _("Repeated by another person"),
    )  # fmt: skip
    found = queries.handover_view(process, chosen.wanted, people=chosen.people)
    if found is None:
        return
    costs = {row["step"]: row["line"] for row in found.costs}
    redone = {row["step"]: row["line"] for row in found.redone}
    for row in (*found.by_step, *found.by_role):
        line, cost, again = row["line"], costs.get(row["name"]), redone.get(row["name"])
        yield (
            row["name"], line.decisions, line.returns, line.rate, cost and cost.work_hours,
            cost and cost.waiting_hours, again and again.same_person, again and again.other_person,
        )  # fmt: skip


def _ping_pong(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("From"), _("To and back"), _("Times"), _("Cases")
    found = queries.handover_view(process, chosen.wanted, people=chosen.people)
    for row in found.ping_pong if found else ():
        yield row["a"], row["b"], row["line"].count, row["line"].cases


def _segments(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Compare"), _("Segment"), _("Cases"), _("Median h"), _("P90 h"), _("Case return rate")
    for by, label in queries.SEGMENTED_BY.items():
        for line in queries.segment_lines(process, by, chosen.wanted):
            log = line.segment.log
            yield (
                str(label), line.name, line.segment.cases, log.case_hours.median,
                log.case_hours.p90, log.returns.case_rate,
            )  # fmt: skip


def _conformance(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Departure"), _("Step"), _("Second step or department"), _("Cases"), _("Share"),
        _("Median apart h"), _("Accepted because"), _("In words"),
    )  # fmt: skip
    found = queries.conformance_view(process, chosen.wanted)
    for line in (*found.lines, *found.accepted) if found else ():
        one = line.departure
        yield (
            line.kind, line.names[1], line.names[2], one.cases, one.share, one.hours_apart,
            line.acceptance.reason if line.acceptance else "", line.sentence,
        )  # fmt: skip


def _conformance_causes(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Departure"), _("Step"), _("Second step or department"), _("Carried by"), _("Value"),
        _("Cases with this value"), _("Of these departing"), _("Share departing"), _("Share among the rest"),
        _("Lift"), _("p (corrected)"),
    )  # fmt: skip
    found = queries.conformance_view(process, chosen.wanted)
    for line in (*found.lines, *found.accepted) if found else ():
        for each in line.carriers:
            one = each.carrier
            yield (
                line.kind, line.names[1], line.names[2], each.attribute, each.name, one.cases,
                one.departing, one.rate, one.rest_rate, one.lift, one.p_value,
            )  # fmt: skip


def _conformance_months(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Month"), _("Cases"), _("Cases that follow the table"), _("Fitness"), _("Departures"),
        _("Accepted departures"),
    )  # fmt: skip
    found = queries.conformance_view(process, chosen.wanted)
    for one in found.months if found else ():
        yield one.label, one.cases, one.following, one.fitness, one.departures, one.accepted


def _conformance_cases(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Departure"), _("Step"), _("Second step or department"), _("Case")
    yield from queries.departing_rows(process, chosen.wanted)


def _flow(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("From"), _("Arrivals"), _("Completions"), _("In progress")
    found = studies.flows(process, chosen.wanted)
    for point in found.points if found else ():
        day = (date(1970, 1, 1) + timedelta(days=point.day)).isoformat()
        yield day, point.arrivals, point.completions, point.in_progress


def _cases(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Case"), _("Submitted"), _("Executions"), _("Cycle time h"), _("Finished")
    for line in queries.slowest_cases(process, wanted=chosen.wanted, limit=_MOST_CASES):
        yield line.name, line.begin.isoformat(" "), line.events, line.hours, int(not line.is_open)


def _people(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Step"), _("Done by"), _("Executions"), _("Share of the step"), _("Share of own work")
    found = queries.people_view(
        process, "resource" if chosen.people else "department", chosen.wanted
    )
    for line in found.steps if found else ():
        for name, share in line.parties:
            yield line.step, name, share.executions, share.of_step, share.of_party


def _redone(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Done by"), _("Executions"), _("Repeated by itself"), _("Repeated by others"),
        _("Repeated for others"), _("Share done again"),
    )  # fmt: skip
    found = queries.people_view(
        process, "resource" if chosen.people else "department", chosen.wanted
    )
    for name, one in found.redone if found else ():
        yield name, one.executions, one.by_itself, one.by_others, one.for_others, one.share


def _step_costs(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield (
        _("Step"), _("Executions"), _("On-duty hours"), _("Cost of the work (yuan)"), _("Cost a case (yuan)"),
        _("Executions without a rate"),
    )  # fmt: skip
    found = queries.cost_view(process, chosen.wanted)
    for line in found.steps if found else ():
        one = line.cost
        yield (
            line.step,
            one.executions,
            one.hours,
            line.yuan,
            line.a_case,
            one.executions - one.priced,
        )


def _cost_months(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Month"), _("Cases"), _("Cost of the work (yuan)"), _("Cost a case (yuan)")
    found = queries.cost_view(process, chosen.wanted)
    yield from found.months if found else ()


def _outliers(process: Process, chosen: Chosen) -> Iterator[Iterable[Any]]:
    yield _("Measure"), _("Step"), _("Case"), _("Duration h"), _("Times the median"), _("Fence h")
    labels: dict[Measure, str] = {"stage": _("Time at the step"), "work": _("Work")}
    for measure, label in labels.items():
        found = queries.outlier_view(process, measure, chosen.wanted, most=None)
        fences = {step: one.fence for step, one in found.steps} if found else {}
        for step, one, case in found.cases if found else ():
            yield label, step, case, one.hours, one.times, fences[step]


_FURTHER: Final = {
    "cases": _cases,
    "returns": _returns, "ping-pong": _ping_pong, "handover": _handover, "segments": _segments, "conformance": _conformance, "flow": _flow,
    "conformance-causes": _conformance_causes, "conformance-months": _conformance_months,
    "conformance-cases": _conformance_cases, "people": _people, "redone": _redone,
    "step-costs": _step_costs, "cost-months": _cost_months, "outliers": _outliers,
}  # fmt: skip
_TABLES: Final = {
    "steps": _steps,
    "edges": _edges,
    "variants": _variants,
    "waiting": _waiting,
    "loads": _loads,
}
