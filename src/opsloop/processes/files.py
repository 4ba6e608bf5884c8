"""Files to take away: the numbers behind every page, and the step table for a modeller."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.analysis.case_filter import CaseFilter
from opsloop.exchange.workbook_out import guarded
from opsloop.processes import figures, pictures, queries, studies
from opsloop.processes.bpmn import as_bpmn
from opsloop.processes.filters import Chosen
from opsloop.processes.models import Process, Step

# A sheet of a spreadsheet ends at about a million rows.
_MOST_CASES: Final = 1_000_000


def data(process: Process, what: str, chosen: Chosen) -> HttpResponse:
    """The numbers behind a page as CSV, of the cases chosen. Raises Http404 for no such table."""
    found = figures.findings(process, chosen.wanted) if what in _TABLES else None
    if what in _TABLES and found is not None:
        rows = _TABLES[what](found)
    elif what in _FURTHER and figures.facts_of(process) is not None:
        rows = _FURTHER[what](process, chosen.wanted)
    else:
        raise Http404
    file = io.StringIO()
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    # The mark tells Excel that the text is UTF-8.
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{process.name}-{what}.csv"
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


def bpmn(process: Process, steps: Sequence[Step]) -> HttpResponse:
    """The step table for a modeller."""
    response = HttpResponse(as_bpmn(process, steps), content_type="application/xml")
    response["Content-Disposition"] = content_disposition_header(True, f"{process.name}.bpmn")
    return response


def _handover(process: Process, wanted: CaseFilter) -> Iterator[Iterable[Any]]:
    yield (
        _("From"), _("To"), _("Times"), _("Cases"), _("Waiting median h"), _("Returns"),
    )  # fmt: skip
    found = queries.handover_view(process, wanted)
    for row in found.matrix if found else ():
        line = row["line"]
        yield (
            row["source"], row["target"], line.count, line.cases, line.median_wait, line.returns,
        )  # fmt: skip


def _segments(process: Process, wanted: CaseFilter) -> Iterator[Iterable[Any]]:
    yield _("Compare"), _("Segment"), _("Cases"), _("Median h"), _("P90 h"), _("Case return rate")
    for by, label in queries.SEGMENTED_BY.items():
        for line in queries.segment_lines(process, by, wanted):
            log = line.segment.log
            yield (
                str(label), line.name, line.segment.cases, log.case_hours.median,
                log.case_hours.p90, log.returns.case_rate,
            )  # fmt: skip


def _conformance(process: Process, wanted: CaseFilter) -> Iterator[Iterable[Any]]:
    yield _("Departure"), _("Step"), _("Cases"), _("Share"), _("Department"), _("Median apart h")
    found = queries.conformance_view(process, wanted)
    for line in found.lines if found else ():
        one = line["line"]
        yield one.kind, line["step"], one.cases, one.share, line["where"], one.hours_apart


def _flow(process: Process, wanted: CaseFilter) -> Iterator[Iterable[Any]]:
    yield _("From"), _("Arrivals"), _("Completions"), _("In progress")
    found = studies.flows(process, wanted)
    for point in found.points if found else ():
        day = (date(1970, 1, 1) + timedelta(days=point.day)).isoformat()
        yield day, point.arrivals, point.completions, point.in_progress


def _cases(process: Process, wanted: CaseFilter) -> Iterator[Iterable[Any]]:
    yield _("Case"), _("Submitted"), _("Executions"), _("Cycle time h"), _("Finished")
    for line in queries.slowest_cases(process, wanted=wanted, limit=_MOST_CASES):
        yield line.name, line.begin.isoformat(" "), line.events, line.hours, int(not line.is_open)


_FURTHER: Final = {
    "cases": _cases,
    "handover": _handover, "segments": _segments, "conformance": _conformance, "flow": _flow,
}  # fmt: skip
_TABLES: Final = {"steps": _steps, "edges": _edges, "variants": _variants, "waiting": _waiting}
