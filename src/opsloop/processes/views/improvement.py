"""From findings to the loop: ECRS worksheet, fishbone, approval limit."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.loop.errors import Refused
from opsloop.org import clock
from opsloop.processes import actions, exports, figures, fishbone, queries, studies
from opsloop.processes.forms import DecisionForm, LimitForm, ToCauseForm
from opsloop.processes.models import EcrsProposal, Opinion, Process
from opsloop.processes.views.common import editable, number, page, person_of, process_of


@require_safe
def ecrs(request: HttpRequest, pk: int) -> HttpResponse:
    process, person = process_of(request, pk), person_of(request)
    return page(
        request, "ecrs", process, sheet=queries.worksheet(process), decision=DecisionForm(),
        to_cause=ToCauseForm(deviations=queries.analysable(process, person)),
    )  # fmt: skip


@require_POST
def ecrs_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or reject the candidate named by its key; it must still be one."""
    process, form = editable(request, pk), DecisionForm(request.POST)
    lines = {line.key: line for line in queries.worksheet(process).lines}
    line = lines.get(request.POST.get("key", ""))
    if line is None or not form.is_valid():
        messages.error(request, _("Give a reason."))
    else:
        actions.decide_proposal(
            process=process, letter=line.candidate.letter, trigger=line.candidate.kind,
            steps=line.candidate.steps, values=line.candidate.values, n=line.candidate.n,
            text=line.text, by=person_of(request), now=clock.now(), **form.cleaned_data,
        )  # fmt: skip
    return redirect("processes:ecrs", pk=pk)


@require_POST
def to_cause(request: HttpRequest, pk: int, kind: str, item: int) -> HttpResponse:
    """An accepted proposal, or an opinion, becomes a cause in a deviation's fishbone."""
    process, person = editable(request, pk), person_of(request)
    form = ToCauseForm(request.POST, deviations=queries.analysable(process, person))
    back = "processes:ecrs" if kind == "proposal" else "processes:voice"
    if not form.is_valid():
        messages.error(request, _("No deviation of this process is at cause analysis."))
        return redirect(back, pk=pk)
    try:
        _write(kind, process.pk, item, form, request)
        return redirect("processes:fishbone", pk=pk)
    except (Refused, PermissionDenied) as error:
        messages.error(request, str(error) or _("You may not write causes there."))
        return redirect(back, pk=pk)


def _write(kind: str, process: int, item: int, form: ToCauseForm, request: HttpRequest) -> None:
    person, now = person_of(request), clock.now()
    if kind == "proposal":
        rows = EcrsProposal.objects.visible_to(person).filter(process=process, accepted=True)
        proposal = get_object_or_404(rows, pk=item)
        actions.proposal_to_cause(proposal=proposal, by=person, now=now, **form.where())
    else:
        spoken = Opinion.objects.visible_to(person).filter(step__version__process=process)
        opinion = get_object_or_404(spoken, pk=item)
        actions.opinion_to_cause(opinion=opinion, by=person, now=now, **form.where())


@require_safe
def export(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    return exports.of_process(process_of(request, pk), what, person_of(request))


@require_safe
def fishbone_page(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    rows = queries.deviations_of(process, person_of(request))
    wanted = number(request.GET.get("deviation"))
    chosen = next((row for row in rows if row.pk == wanted), rows[0] if rows else None)
    fish = queries.fish(chosen) if chosen else None
    return page(
        request, "fishbone", process, rows=rows, fish=fish,
        picture=fishbone.draw(fish) if fish else None,
    )  # fmt: skip


@require_safe
def limit(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    found = figures.findings(process)
    if found is None:
        return page(request, "limit", process, found=None)
    form, step, yuan, result = _limit(request, process, found)
    return page(
        request, "limit", process, found=found, form=form, step=step, yuan=yuan,
        effect=result.result[0] if result else None,
        exposure=result.result[0].exposure_fen / 100 if result else None,
        picture=queries.limit_curve(result) if result and result.result[1] else None,
        query=request.GET.urlencode(),
    )  # fmt: skip


@require_safe
def limit_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The curve of the limit as CSV."""
    process = process_of(request, pk)
    found = figures.findings(process)
    if found is None:
        raise Http404
    _form, step, _yuan, result = _limit(request, process, found)
    points = result.result[1] if result else ()
    return exports.table(f"{process.name}-{step}", exports.limit_points(points))


def _limit(
    request: HttpRequest, process: Process, found: figures.Findings
) -> tuple[LimitForm, str, Decimal, studies.Named | None]:
    """The form, the step and the limit in yuan asked for, and what they give."""
    form = LimitForm(request.GET or None, steps=found.steps, usual=queries.usual_limit(found))
    step, yuan = form.chosen()
    result = studies.limit(process, step, int(yuan * Decimal(100))) if step else None
    return form, step, yuan, result
