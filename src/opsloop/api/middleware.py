"""The door of the API: who is calling, whether they may write, and never the same thing twice."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from ninja.utils import check_csrf

from opsloop.api.actions import admit, token_for
from opsloop.api.models import IdempotentReply, TokenScope
from opsloop.api.problems import CONTENT_TYPE, problem
from opsloop.api.root import ROOT
from opsloop.org import clock
from opsloop.org.models import Person

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
KEPT: Final = timedelta(days=7)
KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location")
LONGEST_KEY: Final = 120


class ApiMiddleware:
    """Stands before the access table, so that a token's person is asked like any other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT):
            return self.get_response(request)
        refused = _identify(request)
        if refused is not None:
            return refused
        key = request.headers.get("Idempotency-Key", "")
        repeatable = request.method == "POST" and request.content_type == "application/json"
        answer = self._once(request, key) if key and repeatable else self.get_response(request)
        answer["Cache-Control"] = "private, no-store"
        return _as_problem(answer)

    def _once(self, request: HttpRequest, key: str) -> HttpResponse:
        """Answer a known key as before; else act and keep the reply in one transaction.

        A twin that arrives meanwhile waits for the key's row and is answered from it.
        """
        if len(key) > LONGEST_KEY or not key.isprintable():
            return problem(HTTPStatus.BAD_REQUEST)
        person, now = request.user, clock.now()
        assert isinstance(person, Person)
        said = f"{request.method} {request.get_full_path()}\n".encode() + request.body
        digest = hashlib.sha256(said).hexdigest()
        try:
            with transaction.atomic():
                IdempotentReply.objects.filter(person=person, at__lt=now - KEPT).delete()
                reply = IdempotentReply.objects.create(
                    person=person, key=key, request_digest=digest, at=now
                )
                answer = _as_problem(self.get_response(request))
                if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    transaction.set_rollback(True)
                    return answer
                _keep(reply, answer)
                return answer
        except IntegrityError:
            return _again(person, key, digest)


def _identify(request: HttpRequest) -> HttpResponse | None:
    """Set `request.user` from a token, or check that a signed-in page may write; else refuse."""
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        token = token_for(secret.strip(), clock.now()) if scheme.lower() == "bearer" else None
        if token is None:
            return problem(HTTPStatus.UNAUTHORIZED)
        wait = admit(token, clock.now())
        if wait:
            return _slow_down(wait)
        request.user = token.person
        if request.method not in SAFE and token.scope != TokenScope.WRITE:
            return problem(HTTPStatus.FORBIDDEN)
        return None
    if not request.user.is_authenticated:
        return problem(HTTPStatus.UNAUTHORIZED)
    # A browser sends its cookies to whoever asks: a write from a page must carry its form token.
    if request.method not in SAFE and check_csrf(request) is not None:
        return problem(HTTPStatus.FORBIDDEN)
    return None


def _slow_down(seconds: int) -> HttpResponse:
    refused = problem(HTTPStatus.TOO_MANY_REQUESTS)
    refused["Retry-After"] = str(seconds)
    return refused


def _keep(reply: IdempotentReply, answer: HttpResponse) -> None:
    reply.status = answer.status_code
    reply.headers = {name: answer[name] for name in KEPT_HEADERS if answer.has_header(name)}
    reply.body = answer.content.decode()
    reply.save(update_fields=["status", "headers", "body"])


def _again(person: Person, key: str, digest: str) -> HttpResponse:
    """The kept reply; a key used for another request is a mistake of the caller."""
    reply = IdempotentReply.objects.filter(person=person, key=key).first()
    if reply is None or reply.status is None:
        return problem(HTTPStatus.CONFLICT)
    if reply.request_digest != digest:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=[{"field": "Idempotency-Key"}])
    answer = HttpResponse(reply.body, status=reply.status, headers=reply.headers)
    answer["Idempotency-Replayed"] = "true"
    return answer


def _as_problem(answer: HttpResponse) -> HttpResponse:
    """An error page of the site becomes a problem document; the incident number stays its header."""
    is_error = answer.status_code >= HTTPStatus.BAD_REQUEST
    if is_error and answer.get("Content-Type", "").split(";")[0] != CONTENT_TYPE:
        return problem(answer.status_code)
    return answer
