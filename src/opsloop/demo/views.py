"""Enter the demo company as one of its people; no passwords exist there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from opsloop.demo import samples
from opsloop.demo.queries import NotDemo, persona, personas_by_role
from opsloop.org import clock

View = Callable[..., HttpResponse]


def demo_only(view: View) -> View:
    """Outside demo mode, or on a database that is not a demo one, the address does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        try:
            return view(request, *args, **kwargs)
        except NotDemo as refusal:
            raise Http404 from refusal

    return guarded


@demo_only
@require_GET
def personas(request: HttpRequest) -> HttpResponse:
    """The people to choose from, with what each can do."""
    following = request.GET.get("next", "")
    return render(
        request, "demo/personas.html", {"personas": personas_by_role(), "next": following}
    )


@demo_only
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in as the persona chosen."""
    chosen = persona(request.POST.get("username", ""))
    login(request, chosen, backend="django.contrib.auth.backends.ModelBackend")
    following = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()})
    return redirect(following if safe and following else "web:home")


@demo_only
@require_GET
def sample_file(request: HttpRequest, name: str) -> HttpResponse:
    """A raw export to bring in by hand."""
    del request
    sample = samples.FILES.get(name)
    if sample is None:
        raise Http404
    content = sample.content(clock.today())
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
