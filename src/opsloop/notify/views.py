from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from opsloop.notify import actions, queries
from opsloop.notify.forms import PreferenceForm
from opsloop.notify.models import Notice, Preference
from opsloop.org.clock import now
from opsloop.org.requests import person_of
from opsloop.ui.paging import keyset_page


def listing(request: HttpRequest) -> HttpResponse:
    page = keyset_page(queries.notices_of(person_of(request)), request.GET.get("after"))
    context = {"page": page, "unread": queries.unread_count(person_of(request)), "help": "notify"}
    return render(request, "notify/list.html", context)


@require_POST
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it read and go where it points; links are written by the product, within the site."""
    notice = get_object_or_404(Notice.objects.visible_to(person_of(request)), pk=pk)
    actions.mark_read(person_of(request), notice=notice, now=now())
    return redirect(notice.link or "notify:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    actions.mark_read(person_of(request), now=now())
    return redirect("notify:list")


def preference(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    stored = Preference.of(person)
    initial: dict[str, Any] = {
        name: getattr(stored, name) for name in ("email", "quiet_hours", "language")
    }
    form = PreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.choose(person, **form.cleaned_data, by=person, now=now())
        messages.success(request, _("Saved."))
        return redirect("notify:list")
    return render(request, "notify/preference.html", {"form": form, "has_address": person.email})
