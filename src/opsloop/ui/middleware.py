"""What every request gets: an incident number, the chosen language, the fixed headers."""

import logging
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from opsloop.ui.errors import wrong_method

access = logging.getLogger("opsloop.access")
GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class IncidentMiddleware:
    """Number the request, so that an error page and its log line name each other."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.incident = secrets.token_hex(4)  # type: ignore[attr-defined]  # ours, read by errors and logs
        began = time.perf_counter()
        response = _readable(request, self.get_response(request))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        # A page holds one person's view: no shared cache may keep it. Static files say their own.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        milliseconds = round((time.perf_counter() - began) * 1000)
        access.info(
            "request",
            extra={"request": request, "status_code": response.status_code, "ms": milliseconds},
        )
        return response


def _readable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A page in place of the empty answer Django gives to a method an address does not take."""
    is_empty = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content
    if not is_empty or "text/html" not in request.headers.get("Accept", ""):
        return response
    page = wrong_method(request)
    page.headers["Allow"] = response.headers["Allow"]
    return page


class LanguageMiddleware:
    """The language of the cookie, else the site's own: the browser's wish does not decide.

    Django's LocaleMiddleware follows Accept-Language, which on many company machines is English by
    accident; the forms here are Chinese documents.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wished = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = wished if wished in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response
