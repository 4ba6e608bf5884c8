"""The signed-in person of a request, typed."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from opsloop.org.models import Person


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; the access middleware has let nobody else through."""
    if not isinstance(request.user, Person):
        raise PermissionDenied("sign in first")
    return request.user
