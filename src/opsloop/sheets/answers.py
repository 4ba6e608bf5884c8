"""How the grid's requests are answered: JSON, and every refusal as a sentence with its status."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsloop.exchange.problems import RefusedFile
from opsloop.org.models import Person
from opsloop.sheets import queries
from opsloop.sheets.forms import CELL_LIMIT, BadBody, TooMuch, Unreadables
from opsloop.sheets.paste import refused
from opsloop.sheets.queries import NoSuchForm, OpenForm
from opsloop.sheets.register import CellRefused, Conflicting
from opsloop.sheets.wire import Json

P = ParamSpec("P")
Answering = Callable[Concatenate[HttpRequest, OpenForm, P], Json]


def problem(status: HTTPStatus, sentence: str) -> JsonResponse:
    """A problem document of RFC 9457."""
    body = {"type": "about:blank", "title": sentence, "status": status.value}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def person_of(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def grid(
    method: str, *, edits: bool = False
) -> Callable[[Answering[P]], Callable[..., HttpResponse]]:
    """A view of the grid: it gets the opened form and returns what becomes the JSON answer.

    The scope is asked before the method's own matters, the right to edit before the body is read.
    """

    def decorate(view: Answering[P]) -> Callable[..., HttpResponse]:
        @require_http_methods([method])
        @wraps(view)
        def answer(request: HttpRequest, key: str, subject: str, **arguments: Any) -> HttpResponse:
            try:
                opened = queries.open_form(person_of(request), key, subject)
                return _answered(request, opened, view, arguments, edits=edits)
            except NoSuchForm:
                text = _("There is no such form, or it lies outside your departments.")
                return problem(HTTPStatus.NOT_FOUND, text)

        return answer

    return decorate


def _answered(
    request: HttpRequest, opened: OpenForm, view: Callable[..., Json], arguments: Json, *, edits: bool
) -> HttpResponse:  # fmt: skip
    try:
        if edits:
            opened.require_edit()
        return JsonResponse(view(request, opened, **arguments))
    except PermissionDenied:
        return problem(HTTPStatus.FORBIDDEN, _("You may read this form, but not change it."))
    except (TooMuch, RequestDataTooBig):
        text = _("That is too much at once: at most %(limit)s cells.") % {
            "limit": f"{CELL_LIMIT:,}"
        }
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
    except BadBody:
        return problem(HTTPStatus.BAD_REQUEST, _("The request cannot be understood."))
    except Unreadables as error:
        return _unprocessable(error.problems)
    except RefusedFile as error:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, refused(error))
    except CellRefused as error:
        one = {"row": error.row, "column": error.column, "value": "", "text": str(error.text)}
        return _unprocessable([one])
    except Conflicting as error:
        body = {
            "conflicts": queries.conflicts(opened, error.conflicts),
            "rows": queries.rows_of(opened, {one.row for one in error.conflicts}),
        }
        return JsonResponse(body, status=HTTPStatus.CONFLICT)


def _unprocessable(problems: Sequence[Mapping[str, Any]]) -> JsonResponse:
    return JsonResponse({"problems": list(problems)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
