"""People: list, detail, edit, places, one-time links, locking."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from opsloop.org import actions, queries
from opsloop.org.clock import now
from opsloop.org.forms import LeaveForm, NewPersonForm, PersonForm, PlaceForm
from opsloop.org.models import Leave, Membership, Person
from opsloop.org.permissions import Permission
from opsloop.org.refusals import Refused
from opsloop.org.requests import person_of
from opsloop.org.views.departments import _rights
from opsloop.org.views.helpers import accepted, tried
from opsloop.ui.paging import keyset_page


def listing(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:60]
    found = queries.people_visible_to(person_of(request), text=text)
    page = keyset_page(found, request.GET.get("after"), order="name")
    context = {"page": page, "text": text, "help": "org", "tab": "people"}
    return render(request, "org/people.html", context | _rights(request))


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    reader = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(reader), pk=pk)
    context = {
        "person": person,
        "places": person.memberships.select_related("department").order_by("-is_main", "id"),
        "leaves": person.leaves.order_by("-first_on")[:20],
        "leave_form": LeaveForm(),
        "place_form": PlaceForm(),
        "may_enter_leave": reader == person
        or reader.may(Permission.CALENDAR_EDIT, person.main_department),
        "help": "org",
    }
    return render(request, "org/person.html", context | _rights(request))


def create(request: HttpRequest) -> HttpResponse:
    by = person_of(request)
    form = NewPersonForm(
        request.POST or None, initial={"department": request.GET.get("department")}
    )
    if accepted(
        request, form, lambda: actions.create_person(**form.cleaned_data, by=by, now=now())
    ):
        person = Person.objects.get(username=form.cleaned_data["username"])
        return redirect("org:person", person.pk)
    return render(
        request, "org/form.html", {"form": form, "title": _("New person"), "back": "org:people"}
    )


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    fields = ("username", "name", "employee_no", "email", "mobile", "superior")
    form = PersonForm(
        request.POST or None, initial={name: getattr(person, name) for name in fields}
    )
    if accepted(
        request, form, lambda: actions.edit_person(person, **form.cleaned_data, by=by, now=now())
    ):
        return redirect("org:person", person.pk)
    return render(request, "org/form.html", {"form": form, "title": person, "back": "org:people"})


@require_POST
def place(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    form = PlaceForm(request.POST)
    if not accepted(
        request, form, lambda: actions.place_person(person, **form.cleaned_data, by=by, now=now())
    ):
        messages.error(request, _("Choose a department."))
    return redirect("org:person", person.pk)


@require_POST
def remove_place(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    visible = Person.objects.visible_to(by)
    held = get_object_or_404(Membership.objects.filter(person__in=visible), pk=pk)
    tried(request, lambda: actions.remove_place(held, by=by, now=now()))
    return redirect("org:person", held.person_id)


@never_cache
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the one-time link, this once."""
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    try:
        token = actions.issue_link(person, by=by, now=now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("org:person", person.pk)
    url = request.build_absolute_uri(reverse("org:welcome", args=[token]))
    return render(request, "org/link.html", {"person": person, "url": url})


@require_POST
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    tried(request, lambda: actions.lock_person(person, by=by, now=now()))
    return redirect("org:person", person.pk)


@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    tried(request, lambda: actions.unlock_person(person, by=by, now=now()))
    return redirect("org:person", person.pk)


@require_POST
def add_leave(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    person = get_object_or_404(Person.objects.visible_to(by), pk=pk)
    form = LeaveForm(request.POST)
    if not accepted(
        request, form, lambda: actions.add_leave(person, **form.cleaned_data, by=by, now=now())
    ):
        messages.error(request, _("The last day comes before the first, or a day is missing."))
    return redirect("org:person", person.pk)


@require_POST
def remove_leave(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    visible = Person.objects.visible_to(by)
    held = get_object_or_404(Leave.objects.filter(person__in=visible), pk=pk)
    tried(request, lambda: actions.remove_leave(held, by=by, now=now()))
    return redirect("org:person", held.person_id)
