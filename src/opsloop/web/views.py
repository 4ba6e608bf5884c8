"""Home, search, help, health: pages that belong to no single room."""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.web import help as room_help
from opsloop.web.first_steps import first_steps
from opsloop.web.search import search as search_rooms

reports = logging.getLogger("opsloop.csp")
REPORT_LIMIT_BYTES = 8192
REPORTS_A_MINUTE = 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """A person's day is the desk; who has none (an administrator) gets the welcome page."""
    person = request.user
    assert isinstance(person, Person)
    try:
        if person.may(Permission.DESK_VIEW):
            return redirect(reverse("loop:desk"))
    except NoReverseMatch:
        pass
    return render(request, "web/welcome.html", {"steps": first_steps(person)})


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Person)
    text = request.GET.get("q", "")
    groups = search_rooms(request.user, text)
    total = sum(len(group.hits) for group in groups)
    context = {"groups": groups, "total": total, "search_text": text}
    return render(request, "web/search.html", context)


@require_GET
def help_page(request: HttpRequest, room: str) -> HttpResponse:
    text = room_help.help_text(room)
    if text is None:
        raise Http404
    name = "web/_help.html" if request.headers.get("HX-Request") else "web/help.html"
    # Rendered from our own files by a parser that passes no HTML through.
    return render(request, name, {"text": mark_safe(text), "room": room})  # noqa: S308


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    del request
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and is migrated, so that a balancer may send people here."""
    del request
    try:
        executor = MigrationExecutor(connection)
        waiting = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if waiting:
        return JsonResponse({"status": "not migrated"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what a browser refused to run here; a flood of reports is counted, not written."""
    if int(request.headers.get("Content-Length") or 0) > REPORT_LIMIT_BYTES:
        raise BadRequest
    cache.add("csp-reports", 0, timeout=60)
    if cache.incr("csp-reports") <= REPORTS_A_MINUTE:
        reports.warning("policy violation", extra={"report": _report(request.body)})
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _report(body: bytes) -> dict[str, str]:
    try:
        held: Any = json.loads(body)["csp-report"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest from error
    if not isinstance(held, dict):
        raise BadRequest
    fields = ("document-uri", "violated-directive", "blocked-uri", "source-file", "line-number")
    return {name: str(held[name])[:300] for name in fields if name in held}


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language in a cookie and return to the page it was chosen on."""
    wished = request.POST.get("language", "")
    if wished not in dict(settings.LANGUAGES):
        raise BadRequest
    target = request.POST.get("next", "/")
    local = target.startswith("/") and not target.startswith(("//", "/\\"))
    response = redirect(target if local else "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, wished, max_age=365 * 86400, samesite="Lax",
        secure=settings.HTTPS, httponly=True,
    )  # fmt: skip
    return response
