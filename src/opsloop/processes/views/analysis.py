"""What the log says: map, variants, cases, bottleneck, handovers, segments, flow."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from opsloop.processes import figures, files, pictures, queries, studies
from opsloop.processes.views.common import looked, page, person_of, process_of

SHOWN_VARIANTS = 30


@require_safe
def process_map(request: HttpRequest, pk: int) -> HttpResponse:
    process, sliders = process_of(request, pk), pictures.Sliders.parse(request.GET)
    chosen = looked(request, process)
    found = figures.findings(process, chosen.wanted)
    if found is None:
        return page(request, "map", process, found=None)
    return page(
        request, "map", process, found=found, sliders=sliders, chosen=chosen,
        picture=pictures.process_map(found, sliders, chosen),
        picked=queries.picked(found, chosen),
    )  # fmt: skip


@require_safe
def variants(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = figures.findings(process, chosen.wanted)
    lines = queries.variants(found, limit=SHOWN_VARIANTS) if found else []
    ticked = [line for line in lines if line.address in request.GET.getlist("v")]
    return page(
        request, "variants", process, found=found, lines=lines, ticked=ticked, chosen=chosen,
        only=chosen.with_variants(line.address for line in ticked),
        compared=queries.compared_variants(process, found, ticked, chosen.wanted) if found else (),
    )  # fmt: skip


@require_safe
def bottleneck(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = figures.findings(process, chosen.wanted)
    if found is None:
        return page(request, "bottleneck", process, found=None)
    if not ("now" in request.GET or figures.waits_are_near(process, chosen.wanted)):
        return page(
            request, "bottleneck_soon", process, found=found, chosen=chosen, tab="bottleneck",
            address=chosen.address(now=1), waited=queries.longest_waits(found),
        )  # fmt: skip
    first = queries.headline_number(found)
    return page(
        request, "bottleneck", process, found=found, sentence=pictures.sentence(found),
        picture=pictures.cause_bars(found) if found.causes else None, chosen=chosen,
        loads=queries.loads(found), slowest="" if first is None else chosen.address(with_=first),
        batches=pictures.batch_sentences(found),
    )  # fmt: skip


@require_safe
def cases(request: HttpRequest, pk: int) -> HttpResponse:
    process, text = process_of(request, pk), request.GET.get("q", "").strip()[:80]
    chosen = looked(request, process)
    return page(
        request, "cases", process, text=text, chosen=chosen,
        lines=queries.slowest_cases(process, text=text, wanted=chosen.wanted),
    )  # fmt: skip


@require_safe
def case(request: HttpRequest, pk: int, case: int) -> HttpResponse:
    process = process_of(request, pk)
    may = queries.sees_people(process, person_of(request))
    found = queries.case(process, case, people=may)
    if found is None:
        raise Http404
    return page(request, "case", process, case=found, tab="cases")


@require_safe
def case_file(request: HttpRequest, pk: int, case: int) -> HttpResponse:
    process = process_of(request, pk)
    may = queries.sees_people(process, person_of(request))
    found = queries.case(process, case, people=may)
    if found is None:
        raise Http404
    return files.case_file(process, found)


@require_safe
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = queries.handover_view(process, chosen.wanted, people=chosen.people)
    return page(request, "handover", process, found=found, chosen=chosen)


@require_safe
def segments(request: HttpRequest, pk: int) -> HttpResponse:
    process, by = process_of(request, pk), request.GET.get("by", "department")
    by = by if by in queries.SEGMENTED_BY else "department"
    chosen = looked(request, process)
    lines = queries.segment_lines(process, by, chosen.wanted)
    return page(
        request, "segments", process, by=by, choices=queries.SEGMENTED_BY.items(), chosen=chosen,
        lines=lines, height=90 + 40 * min(len(lines), pictures.MOST_SEGMENTS),
        picture=pictures.segment_bars([(line.name, line.segment) for line in lines]),
    )  # fmt: skip


@require_safe
def flow(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = studies.flows(process, chosen.wanted)
    picture = pictures.flow_lines(found) if found and found.points else None
    return page(request, "flow", process, found=found, picture=picture, chosen=chosen)


@require_safe
def data_file(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    process = process_of(request, pk)
    return files.data(process, what, looked(request, process))
