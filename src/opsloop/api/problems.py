"""Errors as RFC 9457 problem details, whatever part of the product raised them."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from importlib import import_module
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from opsloop.ui.rest import PreconditionFailed, PreconditionRequired

CONTENT_TYPE: Final = "application/problem+json"
TITLES: Final[Mapping[int, Any]] = {
    400: _("The request cannot be understood"),
    401: _("Sign in or send a valid token"),
    403: _("Not permitted"),
    404: _("Nothing here, or outside your departments"),
    405: _("This address does not take this method"),
    409: _("The record does not allow this as it stands"),
    412: _("The record changed meanwhile: read it again"),
    413: _("The request is too large"),
    422: _("Some fields cannot be used"),
    428: _("Send If-Match with the entity tag you read"),
    429: _("Too many requests with this token: wait a moment"),
    500: _("Something went wrong; nothing was changed"),
}
# Rooms say no in their own words; each of these is a conflict with the state of a record.
REFUSALS: Final = (
    "opsloop.metrics.refusals.Refused",
    "opsloop.datasets.refusals.Refused",
    "opsloop.datasets.actions.NotPossible",
    "opsloop.datasets.actions.HasBadRows",
    "opsloop.loop.errors.LoopError",
)
STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (Http404, 404),
    (PermissionDenied, 403),
    (PreconditionRequired, 428),
)


def problem(
    status: int, *, detail: str = "", errors: Sequence[Mapping[str, Any]] = (), **more: Any
) -> JsonResponse:
    """A problem document: `title` and `status`, the reason in `detail`, fields in `errors`.

    `more` are members of one kind of problem, such as the two values of a conflict.
    """
    default = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": "about:blank", "title": str(TITLES.get(status, default)), "status": status,
    }  # fmt: skip
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    body |= more
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="OpsLoop"'
    return response


def handle(api: NinjaAPI) -> None:
    """Teach `api` to answer every named error as a problem."""
    for kind, status in STATUSES:
        api.add_exception_handler(kind, _answers(status))
    for path in REFUSALS:
        module, _dot, name = path.rpartition(".")
        api.add_exception_handler(getattr(import_module(module), name), _refused)
    api.add_exception_handler(PreconditionFailed, _too_late)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)


def _answers(status: int) -> Any:
    def answer(request: HttpRequest, error: Exception) -> HttpResponse:
        del request, error
        return problem(status)

    return answer


def _too_late(request: HttpRequest, error: Any) -> HttpResponse:
    """Both values: what was sent, and the record as it is now with its entity tag."""
    answer = problem(
        HTTPStatus.PRECONDITION_FAILED, yours=_sent(request), current=error.stored,
        current_tag=error.tag,
    )  # fmt: skip
    answer["ETag"] = error.tag
    return answer


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """A refusal in the room's words; a lost race also with both values."""
    both = {"yours": _sent(request), "current": error.theirs} if hasattr(error, "theirs") else {}
    return problem(HTTPStatus.CONFLICT, detail=str(getattr(error, "text", error)), **both)


def _sent(request: HttpRequest) -> Any:
    """The body of a write that was understood before it was refused; None when it had none."""
    return json.loads(request.body) if request.body else None


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """Which field and why; the value itself is not echoed."""
    del request
    errors = [
        {"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in error.errors
    ]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    del request
    return problem(error.status_code)
