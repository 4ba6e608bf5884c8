"""What the pages of this room share."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from opsloop.org.hooks import Moved
from opsloop.org.refusals import Refused

SHOWN_MOVES = 20


def accepted(request: HttpRequest, form: BaseForm, change: Callable[[], Any]) -> bool:
    """Carry out the change of a valid posted form; a refusal becomes the form's error."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        result = change()
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    except ValidationError as invalid:  # a password the validators do not take
        form.add_error("password", invalid)
        return False
    messages.success(request, _("Saved."))
    tell_moves(request, _moves(result))
    return True


def tried(request: HttpRequest, change: Callable[[], Any]) -> None:
    """Carry out a change that has no form; a refusal becomes a message."""
    try:
        result = change()
    except Refused as refused:
        messages.error(request, str(refused))
        return
    messages.success(request, _("Saved."))
    tell_moves(request, _moves(result))


def tell_moves(request: HttpRequest, moves: Sequence[Moved]) -> None:
    """List what is due on another day after a calendar changed."""
    if not moves:
        return
    title = ngettext("%(count)d due date moved:", "%(count)d due dates moved:", len(moves))
    lines = [f"{move.label}: {move.before} → {move.after}" for move in moves[:SHOWN_MOVES]]
    more = ["…"] if len(moves) > SHOWN_MOVES else []
    messages.info(request, title % {"count": len(moves)} + " " + "; ".join([*lines, *more]))


def _moves(result: Any) -> list[Moved]:
    if isinstance(result, tuple):
        result = result[-1]
    return result if isinstance(result, list) else []
