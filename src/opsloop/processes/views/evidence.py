"""Document sampling and the front line's voice."""

import hashlib
import io

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.processes import actions, queries
from opsloop.processes.forms import (
    FindingForm,
    OpinionForm,
    SampleForm,
    SpeakForm,
    ToCauseForm,
)
from opsloop.processes.models import SampledDocument, SamplingPlan, VoiceLink
from opsloop.processes.views.common import editable, page, person_of, process_of


@require_http_methods(["GET", "POST"])
def samples(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    form = SampleForm(request.POST or None, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            plan = actions.draw_sample(
                process=editable(request, pk), by=person_of(request), now=clock.now(),
                **form.cleaned_data,
            )  # fmt: skip
            return redirect("processes:sample", pk=pk, plan=plan.pk)
        except actions.NothingToDraw:
            form.add_error(None, _("The log has no document in this window."))
    return page(request, "samples", process, form=form, plans=queries.samplings(process))


@require_safe
def sample(request: HttpRequest, pk: int, plan: int) -> HttpResponse:
    process = process_of(request, pk)
    held = get_object_or_404(SamplingPlan.objects.visible_to(person_of(request)), pk=plan)
    if held.process_id != process.pk:
        raise Http404
    return page(
        request, "sample", process, found=queries.sampled(held), choices=FindingForm.CHOICES,
        tab="samples",
    )  # fmt: skip


@require_POST
def sample_note(request: HttpRequest, pk: int, plan: int, document: int) -> HttpResponse:
    process, form = editable(request, pk), FindingForm(request.POST)
    rows = SampledDocument.objects.visible_to(person_of(request)).filter(
        plan=plan, plan__process=process
    )
    held = get_object_or_404(rows.select_related("plan__process__department"), pk=document)
    if form.is_valid():
        actions.note_finding(
            document=held, by=person_of(request), now=clock.now(), **form.cleaned_data
        )
    return redirect(reverse("processes:sample", args=[pk, plan]) + f"#d{document}")


@require_http_methods(["GET", "POST"])
def voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Opinions by step beside the measured numbers; interviews and minutes are noted here."""
    process, person = process_of(request, pk), person_of(request)
    form = OpinionForm(request.POST or None, steps=process.as_is.steps.all())
    if request.method == "POST" and form.is_valid():
        editable(request, pk)
        actions.note_opinion(by=person, now=clock.now(), person=None, **form.cleaned_data)
        return redirect("processes:voice", pk=pk)
    return page(
        request, "voice", process, form=form, lines=queries.voices(process),
        to_cause=ToCauseForm(deviations=queries.analysable(process, person)),
    )  # fmt: skip


@require_POST
def voice_open(request: HttpRequest, pk: int) -> HttpResponse:
    process = editable(request, pk)
    steps = list(process.as_is.steps.select_related("version__process__department"))
    actions.open_voice(steps=steps, by=person_of(request), now=clock.now())
    return redirect("processes:voice", pk=pk)


@require_POST
def voice_close(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    rows = VoiceLink.objects.visible_to(person_of(request)).filter(
        step__version__process=editable(request, pk)
    )
    held = get_object_or_404(rows, pk=link)
    actions.close_voice(link=held, by=person_of(request), now=clock.now())
    return redirect("processes:voice", pk=pk)


@require_safe
def voice_code(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """The link as a QR code, drawn as SVG."""
    rows = VoiceLink.objects.visible_to(person_of(request)).filter(
        step__version__process=process_of(request, pk)
    )
    held = get_object_or_404(rows, pk=link)
    address = request.build_absolute_uri(reverse("processes:speak", args=[held.token]))
    file = io.BytesIO()
    segno.make(address, error="m").save(file, kind="svg", scale=5, border=2)
    return HttpResponse(file.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
def speak(request: HttpRequest, token: str) -> HttpResponse:
    """Anybody with the link: no sign-in; a name only when one is signed in and wants it."""
    links = VoiceLink.objects.unscoped("the token is the right to speak").filter(is_open=True)
    link = get_object_or_404(
        links.select_related("step__version__process__department"), token=token
    )
    person = request.user if isinstance(request.user, Person) else None
    form = SpeakForm(request.POST or None, person=person)
    said = False
    if form.is_valid():
        try:
            _hear(link, form, person, request)
            said = True
        except actions.TooManyOpinions:
            form.add_error(
                None, _("Thank you, that is enough for this hour. Please come back later.")
            )
    return render(
        request, "processes/speak.html", {"link": link, "form": form, "said": said},
        status=429 if form.non_field_errors() else 200,
    )  # fmt: skip


def _hear(link: VoiceLink, form: SpeakForm, person: Person | None, request: HttpRequest) -> None:
    named = person if form.cleaned_data["with_name"] else None
    sender = hashlib.sha256(request.META.get("REMOTE_ADDR", "").encode()).hexdigest()
    actions.speak(
        link=link, pain=form.cleaned_data["pain"], text=form.cleaned_data["text"], person=named,
        sender=sender, by=person, now=clock.now(),
    )  # fmt: skip
