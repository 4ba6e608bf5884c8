"""Welcome by a one-time link, my account, what a person may change about it."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from opsloop.org import actions, queries
from opsloop.org.clock import now
from opsloop.org.forms import LeaveForm, WelcomeForm
from opsloop.org.requests import person_of
from opsloop.org.views.helpers import accepted


def me(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    context = {
        "person": person,
        "places": person.memberships.select_related("department").order_by("-is_main", "id"),
        "assignments": person.assignments,
        "leaves": person.leaves.order_by("-first_on")[:20],
        "leave_form": LeaveForm(),
        "has_second_factor": is_mfa_enabled(person),
        "help": "org",
    }
    return render(request, "org/me.html", context)


@sensitive_post_parameters("password", "again")
@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a one-time link: set a password, then sign in with it."""
    purpose = queries.purpose_of(token, now())
    if purpose is None:
        return render(request, "org/link_invalid.html", status=404)
    form = WelcomeForm(request.POST or None, is_first=purpose == "first_administrator")
    if accepted(request, form, lambda: actions.redeem_link(token, **form.cleaned_data, now=now())):
        messages.info(request, _("Now sign in with your password."))
        return redirect("account_login")
    return render(request, "org/welcome.html", {"form": form, "purpose": purpose})
