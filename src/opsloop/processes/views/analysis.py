"""What the log says: map, variants, cases, bottleneck, handovers, segments, conformance, flow."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from opsloop.processes import figures, files, pictures, queries, studies
from opsloop.processes.filters import Chosen
from opsloop.processes.views.common import page, process_of

SHOWN_VARIANTS = 30


@require_safe
def process_map(request: HttpRequest, pk: int) -> HttpResponse:
    process, sliders = process_of(request, pk), pictures.Sliders.parse(request.GET)
    found = figures.findings(process)
    if found is None:
        return page(request, "map", process, found=None)
    chosen = Chosen.parse(request.GET, found.steps)
    log = studies.narrowed(process, chosen.wanted) if chosen.chips else found.log
    shown = replace(found, log=log) if log else found
    return page(
        request, "map", process, found=shown, sliders=sliders, chosen=chosen, all_cases=found.log.cases,
        picture=pictures.process_map(shown, sliders, chosen),
        picked=queries.picked(shown, chosen),
    )  # fmt: skip


@require_safe
def variants(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    found = figures.findings(process)
    lines = queries.variants(found, limit=SHOWN_VARIANTS) if found else []
    chosen = [line for line in lines if str(line.number) in request.GET.getlist("v")]
    return page(
        request, "variants", process, found=found, lines=lines, ticked=chosen,
        compared=queries.compared_variants(process, found, chosen) if found and chosen else (),
    )  # fmt: skip


@require_safe
def bottleneck(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    found = figures.findings(process)
    if found is None:
        return page(request, "bottleneck", process, found=None)
    return page(
        request, "bottleneck", process, found=found, sentence=pictures.sentence(found),
        picture=pictures.cause_bars(found) if found.causes else None,
        loads=queries.loads(found), headline=queries.headline_number(found),
    )  # fmt: skip


@require_safe
def cases(request: HttpRequest, pk: int) -> HttpResponse:
    process, text = process_of(request, pk), request.GET.get("q", "").strip()[:80]
    found = figures.findings(process)
    chosen = Chosen.parse(request.GET, found.steps if found else ())
    return page(
        request, "cases", process, text=text, chosen=chosen,
        lines=queries.slowest_cases(process, text=text, wanted=chosen.wanted),
    )  # fmt: skip


@require_safe
def case(request: HttpRequest, pk: int, case: int) -> HttpResponse:
    process = process_of(request, pk)
    found = queries.case(process, case)
    if found is None:
        raise Http404
    return page(request, "case", process, case=found, tab="cases")


@require_safe
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    return page(request, "handover", process, found=queries.handover_view(process))


@require_safe
def segments(request: HttpRequest, pk: int) -> HttpResponse:
    process, by = process_of(request, pk), request.GET.get("by", "department")
    by = by if by in queries.SEGMENTED_BY else "department"
    return page(
        request, "segments", process, by=by, choices=queries.SEGMENTED_BY.items(),
        lines=queries.segment_lines(process, by),
    )  # fmt: skip


@require_safe
def conformance(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    return page(request, "conformance", process, found=queries.conformance_view(process))


@require_safe
def flow(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    found = studies.flows(process)
    picture = pictures.flow_lines(found) if found and found.points else None
    return page(request, "flow", process, found=found, picture=picture)


@require_safe
def data_file(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    return files.data(process_of(request, pk), what)
