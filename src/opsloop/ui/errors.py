"""The pages for what went wrong. Each carries an incident number that stands in the log too."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def _page(request: HttpRequest, status: HTTPStatus, title: Any, text: Any) -> HttpResponse:
    incident = getattr(request, "incident", "")
    # A fragment's error goes into the page's own message area, so it must not be a whole page.
    name = "ui/_error.html" if request.headers.get("HX-Request") else "ui/error.html"
    context = {"title": title, "text": text, "incident": incident, "status": status.value}
    return render(request, name, context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    text = _("The address or the form holds something this page cannot use.")
    return _page(request, HTTPStatus.BAD_REQUEST, _("Request not understood"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    text = _("Your roles do not include this function. Ask the security administrator for it.")
    return _page(request, HTTPStatus.FORBIDDEN, _("Not permitted"), text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    text = _("There is nothing at this address, or it lies outside your departments.")
    return _page(request, HTTPStatus.NOT_FOUND, _("Not found"), text)


def wrong_method(request: HttpRequest) -> HttpResponse:
    """An address that only takes forms was opened as a page: after signing in again, or going back."""
    text = _("This address only takes a form. Go back, or begin again from the start page.")
    return _page(request, HTTPStatus.METHOD_NOT_ALLOWED, _("Not a page"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    """Nothing was saved half-way: every request's change is one transaction."""
    text = _("The request failed and nothing was changed. Please report the incident number.")
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong"), text)


_EXPIRED = gettext_lazy("The page was open too long. Go back, reload it and send the form again.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason
    return _page(request, HTTPStatus.FORBIDDEN, _("Form expired"), _EXPIRED)
