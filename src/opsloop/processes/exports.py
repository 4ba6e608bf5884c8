"""Tables to take away from the pages of improvement: what their charts and lists are made of."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.exchange.workbook_out import guarded
from opsloop.org.models import Person
from opsloop.processes import queries, reviews
from opsloop.processes.models import Process
from opsloop.processes.queries.improvement import Why

Rows = Iterator[Iterable[Any]]


def table(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """Rows as CSV that a spreadsheet opens rightly; no cell can be a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    # The mark tells Excel that the text is UTF-8.
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.csv")
    return response


def of_process(process: Process, what: str, person: Person) -> HttpResponse:
    """A table of a process by its name. Raises Http404 for no such table."""
    if what not in _TABLES:
        raise Http404
    return table(f"{process.name}-{what}", _TABLES[what](process, person))


def priorities(person: Person, weights: Mapping[str, float]) -> Rows:
    """The list, what is most worth improving first."""
    yield (
        _("Process name"), _("Accountable department"), _("Priority"), _("Time"), _("Returns"),
        _("Complaints"), _("Cases a month"), _("Cycle median h"), _("P90 h"),
        _("Case return rate"), _("Open deviations"), _("Last review"),
    )  # fmt: skip
    for line in queries.lines(person, weights):
        parts = dict(line.score.parts)
        cycle = line.cycle
        yield (
            line.process.name, str(line.process.department), line.score.points,
            parts.get("time"), parts.get("errors"), parts.get("complaints"), line.cases_a_month,
            cycle and cycle.median, cycle and cycle.p90, line.return_rate, line.open_deviations,
            line.last_review,
        )  # fmt: skip


def limit_points(points: Iterable[tuple[int, float]]) -> Rows:
    """The curve of the approval limit: yuan, and the share of cases (0–1) up to it."""
    yield _("Limit (yuan)"), _("Cases that skip the step")
    for fen, share in points:
        yield fen / 100, share


def _ecrs(process: Process, _person: Person) -> Rows:
    yield _("Kind of change"), _("Proposal"), _("Observations"), _("Decision"), _("Reason")
    sheet = queries.worksheet(process)
    for line in sheet.lines:
        yield line.candidate.letter, line.text, line.candidate.n, *_decided(line.decision)
    for one in sheet.decided:
        yield one.letter, one.text, one.n, *_decided(one)


def _decided(decision: Any) -> tuple[str, str]:
    if decision is None:
        return "", ""
    return (_("Accepted") if decision.accepted else _("Rejected")), decision.reason


def _samples(process: Process, _person: Person) -> Rows:
    yield (
        _("What is looked for"), _("Documents from"), _("Documents to"), _("Seed"),
        _("Document number"), _("Result"), _("Note"),
    )  # fmt: skip
    for one in queries.samplings(process):
        plan = one.plan
        for document in one.documents:
            yield (
                plan.question, plan.first_on, plan.last_on, plan.seed, document.number,
                document.get_finding_display(), document.note,
            )  # fmt: skip


def _voices(process: Process, _person: Person) -> Rows:
    """What was said; of an anonymous word nothing tells whose it is, not even the hour."""
    yield (
        _("Process step"), _("Source"), _("Kind of trouble"), _("What happens"), _("Said by"),
        _("Said on"),
    )  # fmt: skip
    for line in queries.voices(process):
        for one in line.opinions:
            yield (
                line.step.name, one.get_source_display(), one.get_pain_display(), one.text,
                str(one.person or ""), one.said_at.date(),
            )  # fmt: skip


def _causes(process: Process, person: Person) -> Rows:
    yield (
        _("Deviation"), _("Category"), _("Level"), _("Cause"), _("Root cause"), _("Evidence"),
        _("Evidence level"),
    )  # fmt: skip
    for deviation in queries.deviations_of(process, person):
        for label, whys in queries.fish(deviation).bones:
            for why in whys:
                yield from _chain(
                    f"{deviation.dimension_label} · {deviation.period}", label, why, 1
                )


def _chain(deviation: str, bone: str, why: Why, level: int) -> Rows:
    cause = why.cause
    yield (
        deviation, bone, level, cause.text, int(cause.is_root), cause.evidence,
        cause.get_evidence_level_display(),
    )  # fmt: skip
    for below in why.below:
        yield from _chain(deviation, bone, below, level + 1)


def _reviews(process: Process, _person: Person) -> Rows:
    yield (
        _("Quarter"),
        _("Key figure"),
        _("This quarter"),
        _("Compared with"),
        _("Period"),
        _("Drift"),
    )
    for review in process.reviews.all():
        for one in reviews.drifts(review):
            yield review.period, one.name, one.now, one.base, one.period, int(one.drifted)
        mix = reviews.mix(review)
        if mix is not None:
            yield review.period, "variant_mix", mix.moved, None, mix.period, int(mix.drifted)


_TABLES: Final = {
    "ecrs": _ecrs, "samples": _samples, "voices": _voices, "causes": _causes, "reviews": _reviews,
}  # fmt: skip
