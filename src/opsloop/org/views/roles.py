"""Who holds which role, granting and revoking."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from opsloop.org import actions, queries
from opsloop.org.clock import now
from opsloop.org.forms import RoleForm
from opsloop.org.models import RoleAssignment
from opsloop.org.permissions import Permission
from opsloop.org.requests import person_of
from opsloop.org.views.departments import _rights
from opsloop.org.views.helpers import accepted, tried


def listing(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    context = {
        "roles": queries.roles_overview(),
        "form": RoleForm(),
        "may_grant": person.may(Permission.ROLE_GRANT),
        "may_appoint": queries.open_appointments(person),
        "help": "org",
        "tab": "roles",
    }
    return render(request, "org/roles.html", context | _rights(request))


@require_POST
def grant(request: HttpRequest) -> HttpResponse:
    by = person_of(request)
    form = RoleForm(request.POST)
    if not accepted(
        request, form, lambda: actions.grant_role(**form.cleaned_data, by=by, now=now())
    ):
        problems = form.non_field_errors() or [_("Choose a person and a role.")]
        messages.error(request, str(problems[0]))
    return redirect("org:roles")


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    assignment = get_object_or_404(RoleAssignment, pk=pk)
    tried(request, lambda: actions.revoke_role(assignment, by=by, now=now()))
    return redirect("org:roles")
