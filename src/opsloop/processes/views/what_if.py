"""What if? A scenario simulated beside the process as it is."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from opsloop.processes import exports, what_if
from opsloop.processes.models import Process
from opsloop.processes.views.common import page, process_of


def _asked(
    request: HttpRequest, process: Process
) -> tuple[what_if.WhatIfForm | None, what_if.Answer | None]:
    model = what_if.simulator(process)
    if model is None:
        return None, None
    form = what_if.WhatIfForm(request.GET, process=process, model=model)
    return form, what_if.answer(process, model, form.scenario()) if form.is_valid() else None


@require_safe
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    form, answer = _asked(request, process)
    return page(
        request, "what_if", process, form=form, answer=answer, query=request.GET.urlencode(),
        told=form.model.validation if form else None,
    )  # fmt: skip


@require_safe
def scenario_file(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    form, answer = _asked(request, process)
    if form is None:
        raise Http404
    rows = what_if.runs(form.model.validation, answer)
    return exports.table(f"{process.name}-what-if", rows)
