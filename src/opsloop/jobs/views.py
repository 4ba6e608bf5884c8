"""Background work in the browser: how far it is, stop it, try it again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.jobs import actions, queries
from opsloop.jobs.models import Job
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.ui.paging import keyset_page


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def _job(request: HttpRequest, pk: int) -> Job:
    return get_object_or_404(Job.objects.visible_to(_person(request)), pk=pk)


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    page = keyset_page(queries.recent(_person(request)), request.GET.get("after"))
    return render(request, "jobs/list.html", {"page": page, "help": "jobs"})


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    crumbs = [(_("Background work"), reverse("jobs:list")), (job.title, "")]
    context = {"job": job, "crumbs": crumbs, "help": "jobs"}
    return render(request, "jobs/detail.html", context)


@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment that asks again every second until the job has ended."""
    return render(request, "jobs/_progress.html", {"job": _job(request, pk)})


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        actions.cancel(job=job, by=_person(request), now=clock.now())
    except actions.NotPossible:
        messages.info(request, _("This work has already ended."))
    return redirect("jobs:detail", pk=pk)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        actions.retry(job=job, by=_person(request), now=clock.now())
    except actions.NotPossible:
        messages.info(request, _("Only work that failed or was cancelled can be tried again."))
    return redirect("jobs:detail", pk=pk)
