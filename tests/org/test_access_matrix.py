"""Every address × every role: who gets in, who gets 403, and whose objects are 404.

The addresses are enumerated from the address list itself. One with arguments needs a sample object:
see `tests/samples.py`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from opsloop.metrics import register
from opsloop.org.middleware import access_table
from opsloop.org.models import Person
from opsloop.org.permissions import ADMINISTRATORS, GRANTS, Permission, Role
from tests.samples import Arguments, Realm, arguments_in, make_realm, sub_department

OPEN = {Permission.PUBLIC, Permission.SIGNED_IN}
# Signing out would end the test's own session; the others need a password or codes of one's own
# and are walked through in test_accounts.py.
APART = {
    "account_logout", "account_reauthenticate", "mfa_reauthenticate",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_download_recovery_codes",
    "mfa_view_recovery_codes",
}  # fmt: skip
# Addresses the libraries ask for by name but which do not exist here. (The demo's exist only in
# demo mode.)
CLOSED = {"account_signup", "account_set_password", "api:v1:api-root"}
# Role assignments are the security administrator's over the whole company,
# and templates, help, checks of forms and the demo's own files belong to no department.
UNSCOPED = {
    "org:welcome", "org:role_revoke", "web:help", "datasets:template", "demo:file",
    "sheets:template", "sheets:check", "costs:budgets_file",
    "costs:collection_file",
}  # fmt: skip
SERVED = {
    HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.BAD_REQUEST, HTTPStatus.NO_CONTENT,
}  # fmt: skip
BAD_BODY = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
# What a sign-in or a look at a page may write.
TRACES = {"sessions.session", "usersessions.usersession", "axes.accessattempt", "axes.accesslog"}


@dataclass(frozen=True)
class Address:
    name: str
    has_arguments: bool


def addresses() -> list[Address]:
    return sorted(_walk(get_resolver().url_patterns, ""), key=lambda found: found.name)


def _walk(
    patterns: list[URLPattern | URLResolver], space: str, outer: bool = False
) -> Iterator[Address]:
    for pattern in patterns:
        arguments = outer or "<" in str(pattern.pattern) or "(" in str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, inner, arguments)
        else:
            yield Address(f"{space}{pattern.name}", arguments)


ADDRESSES = addresses()
ROOMS = {address.name.split(":")[0] for address in ADDRESSES}


@pytest.fixture(autouse=True)
def _test_metrics(settings) -> Iterator[None]:
    """One real metric whose figures the samples need not import."""
    settings.METRIC_SOURCES = ["tests.loop.figures"]
    register.sources.cache_clear()
    yield
    register.sources.cache_clear()


@pytest.fixture
def realm(db: None) -> Realm:
    return make_realm()


@pytest.fixture
def inside(realm: Realm) -> Arguments:
    return arguments_in(realm, realm.inside, ROOMS)


def url_of(address: Address, arguments: Arguments) -> str:
    if not address.has_arguments:
        return reverse(address.name)
    assert address.name in arguments, f"give {address.name} a sample object in tests/samples.py"
    return reverse(address.name, kwargs=arguments[address.name])


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def may_open(role: Role, needed: Permission) -> bool:
    return needed in OPEN or needed in GRANTS[role]


def digest() -> str:
    """One digest over every row of the product's own tables."""
    text = hashlib.sha256()
    for model in sorted(apps.get_models(), key=lambda found: found._meta.label_lower):
        if model._meta.label_lower not in TRACES:
            rows = model._base_manager.order_by("pk")
            text.update(serializers.serialize("json", rows).encode())
    return text.hexdigest()


def test_every_address_declares_who_may_open_it():
    declared, existing = set(access_table()), {address.name for address in ADDRESSES}
    assert existing - declared == set(), "addresses without an ACCESS entry"
    assert declared - existing == set(), "ACCESS entries without an address"


def test_no_address_is_open_to_everybody_by_accident():
    """Whoever makes an address public changes this list too, and says why there."""
    public = {name for name, needed in access_table().items() if needed is Permission.PUBLIC}
    allowed = {
        "account_login", "account_logout", "account_signup", "mfa_authenticate",  # signing in
        "org:welcome",  # carries its own one-time token
        "processes:speak",  # a short link of the front line, anonymous by intent, limited by hour
        "web:language", "web:health", "web:ready", "web:csp_report",
    }  # fmt: skip
    assert {name for name in public if not name.startswith(("demo:", "api:"))} <= allowed


def test_a_role_opens_what_it_was_granted_and_nothing_else(realm, inside):
    clients = {role: signed_in(realm.people[role]) for role in Role}
    for role, address in product(Role, ADDRESSES):
        if address.name in APART:
            continue
        client = clients[role]
        needed = access_table()[address.name]
        status = client.get(url_of(address, inside)).status_code
        if may_open(role, needed):
            assert status in SERVED, f"{role} at {address.name}: {status}"
            if not address.has_arguments:
                closed = address.name in CLOSED or address.name.startswith("demo:")
                assert closed or status != HTTPStatus.NOT_FOUND, address.name
        else:
            assert status == HTTPStatus.FORBIDDEN, f"{role} at {address.name}: {status}"


def test_a_denied_request_leaves_the_database_as_it_was(realm, inside):
    clients = {role: signed_in(realm.people[role]) for role in Role}
    before = digest()
    for role, address in product(Role, ADDRESSES):
        if address.name in APART or may_open(role, access_table()[address.name]):
            continue
        client = clients[role]
        for send in (client.post, client.put, client.delete):
            assert send(url_of(address, inside)).status_code == HTTPStatus.FORBIDDEN, address.name
    assert digest() == before


def test_objects_outside_the_scope_do_not_exist(realm):
    outside = arguments_in(realm, realm.outside, ROOMS)
    clients = {role: signed_in(realm.people[role]) for role in Role if role not in ADMINISTRATORS}
    before = digest()
    for (role, client), address in product(clients.items(), ADDRESSES):
        if not address.has_arguments or address.name in UNSCOPED:
            continue
        if may_open(role, access_table()[address.name]):
            for send in (client.get, client.post):
                status = send(url_of(address, outside)).status_code
                allowed = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
                if address.name.startswith("api:") and send == client.post:
                    allowed |= BAD_BODY  # a body that is no JSON is refused before the object
                assert status in allowed, f"{role} {send.__name__} {address.name}: {status}"
    assert digest() == before


def test_nobody_gets_in_without_signing_in(realm, inside):
    client = Client()
    before = digest()
    for address in ADDRESSES:
        url, needed = url_of(address, inside), access_table()[address.name]
        if needed is Permission.PUBLIC:
            continue
        for send in (client.get, client.post):
            answer = send(url)
            if address.name.startswith("api:"):
                assert answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FOUND}
                continue
            assert answer.status_code == HTTPStatus.FOUND, address.name
            assert answer["Location"].startswith(reverse("account_login")), address.name
    assert digest() == before


def test_an_undeclared_address_is_refused(realm, monkeypatch):
    boss = signed_in(realm.people[Role.EXECUTIVE])
    assert boss.get(reverse("org:departments")).status_code == HTTPStatus.OK
    without = {k: v for k, v in access_table().items() if k != "org:departments"}
    monkeypatch.setattr("opsloop.org.middleware.access_table", lambda: without)
    assert boss.get(reverse("org:departments")).status_code == HTTPStatus.FORBIDDEN


def test_what_happens_in_one_department_shows_on_no_page_of_another(realm, inside):
    """O-04: every page of a department head of `inside`, before and after `outside` fills up.

    The names of departments are the company's: they stand there from the beginning.
    """
    sub_department(realm.outside)
    reader = realm.people[Role.DEPARTMENT_HEAD]
    client = signed_in(reader)
    opened = {
        address.name: url_of(address, inside)
        for address in ADDRESSES
        if address.name not in APART and reader.may(access_table()[address.name])
    }
    before = {name: stable(client.get(url)) for name, url in opened.items()}
    arguments_in(realm, realm.outside, ROOMS)
    changed = [name for name, url in opened.items() if stable(client.get(url)) != before[name]]
    assert changed == []


def stable(page: Any) -> str:
    """A page without what differs on each view: tokens, nonces, incident numbers, last seen."""
    if not page["Content-Type"].startswith("text/"):
        return str(page.status_code)
    text = re.sub(
        r'(csrfmiddlewaretoken" value=|X-CSRFToken": |nonce=)"[^"]*"', "", page.getvalue().decode()
    )
    text = re.sub(r"<code>[0-9a-f]{8}</code>", "", text)
    return re.sub(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?", "", text)
