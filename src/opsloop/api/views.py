"""The pages about the API: its description, and one's own tokens."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from ninja.responses import NinjaJSONEncoder

from opsloop.api import actions, reference, root
from opsloop.api.forms import TokenForm
from opsloop.api.models import ApiToken, TokenScope
from opsloop.org import clock
from opsloop.org.models import Person


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every address of the API in words."""
    context = {"sections": reference.sections(), "help": "api"}
    return render(request, "api/reference.html", context)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    del request
    return JsonResponse(root.document(), encoder=NinjaJSONEncoder)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; a new one is shown here this one time."""
    person, now = _person(request), clock.now()
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        _token, secret = actions.create_token(
            name=given["name"], scope=TokenScope(given["scope"]), days=given["days"],
            by=person, now=now,
        )  # fmt: skip
        form = TokenForm()
    context = {
        "lines": [(token, token.is_valid(now)) for token in ApiToken.objects.visible_to(person)],
        "form": form,
        "secret": secret,
        "crumbs": [(_("Interface for programs"), reverse("api:reference")), (_("Tokens"), "")],
        "help": "api",
    }
    return render(request, "api/tokens.html", context)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(_person(request)), pk=pk)
    actions.revoke_token(token=token, by=_person(request), now=clock.now())
    messages.success(request, _("The token opens nothing any more."))
    return redirect("api:tokens")
