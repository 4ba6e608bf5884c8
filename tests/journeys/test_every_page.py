"""Every page of the site as every role sees it: no violation, no error, nothing sticking out.

A page whose content reads the same for several roles is looked at once.
"""

import hashlib
import re
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from opsloop.metrics import register
from opsloop.org.permissions import Role
from tests.journeys.inspection import inspect
from tests.journeys.steps import Visits
from tests.org.test_access_matrix import ADDRESSES, ROOMS, url_of
from tests.samples import Realm, arguments_in, make_realm

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

# Tokens of a form differ from one request to the next.
_PASSING = re.compile(r'(csrfmiddlewaretoken" value|nonce|src|href)="[^"]*"|\d\d:\d\d(:\d\d)?')


@pytest.fixture(autouse=True)
def _all_metrics(settings) -> Iterator[None]:
    """The product's metrics and the one the samples measure with."""
    settings.METRIC_SOURCES = [*configured.METRIC_SOURCES, "tests.loop.figures"]
    register.sources.cache_clear()
    yield
    register.sources.cache_clear()


@pytest.fixture
def realm(transactional_db: None) -> Realm:
    return make_realm()


def pages_of(client: Client, paths: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(address, digest of its content) of every whole page this client can open."""
    for path in paths.values():
        answer = client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.getvalue().decode()
        if "<!doctype html>" in text:
            content = text[text.find("<main") :]
            yield path, hashlib.sha256(_PASSING.sub("", content).encode()).hexdigest()


def test_every_page_of_every_role_is_sound(visit: Visits, realm: Realm, client_for):
    arguments = arguments_in(realm, realm.inside, ROOMS)
    paths = {address.name: url_of(address, arguments) for address in ADDRESSES}
    seen: set[tuple[str, str]] = set()
    problems: list[str] = []
    for role in Role:
        person = realm.people[role]
        fresh = set(pages_of(client_for(person), paths)) - seen
        seen |= fresh
        if fresh:
            window = visit(person)
            for path, _digest in sorted(fresh):
                problems += [f"{role}: {text}" for text in inspect(window, path)]
    assert problems == [], "\n".join(problems)
    assert len(seen) > len(Role)


def test_the_pages_of_a_stranger_are_sound(visit: Visits):
    window = visit(None)
    assert inspect(window, reverse("account_login")) == []
