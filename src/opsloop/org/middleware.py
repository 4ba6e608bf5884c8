"""Deny by default: every address names its permission, and this is the one place that asks for it."""

import logging
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from opsloop.org.models import Organisation, Person, names_masked
from opsloop.org.permissions import Permission

log = logging.getLogger(__name__)


@cache
def access_table() -> dict[str, Permission]:
    """View name → permission, from the address list (imported by name: it lies above this room)."""
    table: dict[str, Permission] = import_module(settings.ROOT_URLCONF).access_table()
    return table


class AccessMiddleware:
    """Sign-in unless public, then the permission of the address; whose object it is, views ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = request.user.is_authenticated
        token = names_masked.set(signed_in and Organisation.current().mask_names)
        try:
            return self.get_response(request)
        finally:
            names_masked.reset(token)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """None lets the view answer; raises `PermissionDenied` for a missing function."""
        del view, args, kwargs
        name = request.resolver_match.view_name if request.resolver_match else ""
        needed = access_table().get(name)
        if needed is None:
            log.error("address without an access entry: %s", name or request.path)
            raise PermissionDenied("undeclared address")
        if needed is Permission.PUBLIC:
            request.is_public_address = True  # type: ignore[attr-defined]  # ours, read by the log
            return None
        if not isinstance(request.user, Person):
            return sign_in_first(request)
        if not request.user.may(needed):
            log.warning("refused: %s lacks %s for %s", request.user.pk, needed, name)
            raise PermissionDenied(f"needs {needed}")
        return None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a fragment moves its whole page there, a program gets a problem."""
    if request.headers.get("HX-Request"):
        page = request.headers.get("HX-Current-URL", "")
        refused = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        refused["HX-Redirect"] = reverse(settings.LOGIN_URL) if not page else _login_from(page)
        return refused
    if not request.accepts("text/html"):
        problem: dict[str, Any] = {
            "type": "about:blank", "title": "Sign in first", "status": HTTPStatus.UNAUTHORIZED,
        }  # fmt: skip
        return JsonResponse(
            problem, status=HTTPStatus.UNAUTHORIZED, content_type="application/problem+json"
        )
    return redirect_to_login(request.get_full_path())


def _login_from(page: str) -> str:
    """The sign-in address that returns to the path of `page`, never to another host."""
    parts = urlsplit(page)
    return redirect_to_login(parts.path + (f"?{parts.query}" if parts.query else ""))["Location"]
