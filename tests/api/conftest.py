import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from opsloop.api import actions
from opsloop.api.models import ApiToken, TokenScope
from opsloop.org import clock
from opsloop.org.models import Person
from tests.metrics.conftest import _test_sources, approval, return_rate  # noqa: F401 - fixtures


class Program:
    """A program that calls the API with a token."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        self.token = token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = "" if body is None else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1{path}", content, "application/json", headers={**given, **named}
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)


@pytest.fixture
def program(db: None) -> Callable[..., Program]:
    """`program(person, scope="write")` → a program with that person's rights."""

    def make(person: Person | None, scope: str = "write") -> Program:
        if person is None:
            return Program("")
        _token, secret = actions.create_token(
            name="ERP", scope=TokenScope(scope), days=30, by=person, now=clock.now()
        )
        return Program(secret)

    return make


def latest_token() -> ApiToken:
    return ApiToken.objects.order_by("-id")[0]
