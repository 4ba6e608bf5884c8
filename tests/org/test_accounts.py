"""Signing in: links instead of default passwords, throttling before hashing, sessions, second step."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from opsloop.audit.models import AuditEvent
from opsloop.org import actions
from opsloop.org.models import Department, Person, RoleAssignment
from opsloop.org.permissions import Role
from tests.org.conftest import NOW, give, person

GOOD = "铁观音-春茶-2024"
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def _fast_and_fresh(settings, monkeypatch):
    """The real hasher with few rounds; no attempts remembered from another test."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)
    monkeypatch.setattr("opsloop.org.clock.now", lambda: NOW)
    for room in ("departments", "people", "roles", "calendars", "accounts"):
        monkeypatch.setattr(f"opsloop.org.views.{room}.now", lambda: NOW)
    cache.clear()


@pytest.fixture
def wang(company) -> Person:
    someone = person("wang", department=company.north, name="王芳")
    actions.redeem_link(actions.issue_link(someone, by=None, now=NOW), password=GOOD, now=NOW)
    return give(someone, Role.EMPLOYEE, company.north)


def sign_in(username: str, password: str = GOOD, client: Client | None = None) -> Client:
    client = client or Client()
    client.post(LOGIN, {"login": username, "password": password})
    return client


def found_in(page: Any, pattern: str) -> list[str]:
    return re.findall(pattern, page.content.decode())


def is_in(client: Client) -> bool:
    return client.get("/org/me/").status_code == HTTPStatus.OK


def test_the_first_administrator_sets_the_company_up(db):
    """Link → password → sign in → appoint the other two → they do their part, and only theirs."""
    client = Client()
    address = reverse("org:welcome", args=[actions.first_administrator_link(NOW)])
    assert client.get(address).status_code == HTTPStatus.OK
    client.post(address, {"username": "root", "name": "管理员", "password": GOOD, "again": GOOD})
    assert client.get(address).status_code == HTTPStatus.NOT_FOUND, "the link works once"
    sign_in("root", client=client)
    assert is_in(client)

    top = Department.objects.get()
    for username, role in (("safe", "security_admin"), ("eye", "auditor"), ("boss", "executive")):
        answer = client.post(
            "/org/people/new/", {"username": username, "name": username, "department": top.pk}
        )
        assert answer.status_code == HTTPStatus.FOUND
        someone = Person.objects.get(username=username)
        status = client.post("/org/roles/grant/", {"person": someone.pk, "role": role}).status_code
        assert status == (HTTPStatus.FORBIDDEN if role == "executive" else HTTPStatus.FOUND)

    page = client.post(f"/org/people/{Person.objects.get(username='safe').pk}/link/")
    (link,) = found_in(page, r"/org/welcome/[\w-]+/")
    safe = Client()
    safe.post(link, {"password": GOOD, "again": GOOD})
    sign_in("safe", client=safe)
    boss = Person.objects.get(username="boss")
    answer = safe.post("/org/roles/grant/", {"person": boss.pk, "role": "executive"})
    assert answer.status_code == HTTPStatus.FOUND
    assert RoleAssignment.objects.filter(person=boss, role=Role.EXECUTIVE).exists()
    assert safe.get("/org/people/new/").status_code == HTTPStatus.FORBIDDEN
    assert client.get("/audit/").status_code == HTTPStatus.FORBIDDEN


def test_a_weak_or_mistyped_password_is_not_taken(company):
    someone = person("li", department=company.north)
    address = reverse("org:welcome", args=[actions.issue_link(someone, by=None, now=NOW)])
    for password, again in (("short", "short"), (GOOD, GOOD + "x"), ("password123", "password123")):
        answer = Client().post(address, {"password": password, "again": again})
        assert answer.status_code == HTTPStatus.OK, "the form comes back with its errors"
    someone.refresh_from_db()
    assert not someone.password


def test_signing_in_leads_back_to_the_page_asked_for(wang):
    client = Client()
    answer = client.get("/org/people/?q=wang")
    assert answer["Location"] == f"{LOGIN}?next=/org/people/%3Fq%3Dwang"
    answer = client.post(answer["Location"], {"login": "wang", "password": GOOD})
    assert answer["Location"] == "/org/people/?q=wang"
    assert AuditEvent.objects.filter(action="org.sign_in", actor=wang).count() == 1


def test_no_sign_in_leads_to_another_host(wang):
    answer = Client().post(
        f"{LOGIN}?next=https://evil.example/", {"login": "wang", "password": GOOD}
    )
    assert "evil" not in answer["Location"]


def test_a_fragment_and_a_program_are_told_properly(wang):
    fragment = Client().get(
        "/org/people/",
        headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/org/"},
    )
    assert fragment.status_code == HTTPStatus.UNAUTHORIZED
    assert fragment["HX-Redirect"] == f"{LOGIN}?next=/org/"
    bare = Client().get("/org/people/", headers={"HX-Request": "true"})
    assert bare["HX-Redirect"] == LOGIN
    program = Client().get("/org/people/", headers={"Accept": "application/json"})
    assert program.status_code == HTTPStatus.UNAUTHORIZED
    assert program["Content-Type"] == "application/problem+json"


def test_there_is_no_sign_up_and_no_reset_by_mail(wang):
    for path in ("signup/", "password/reset/", "password/set/", "email/", "login/code/"):
        assert sign_in("wang").get(f"/account/{path}").status_code == HTTPStatus.NOT_FOUND


def test_attempts_are_throttled_before_hashing(wang, settings, monkeypatch):
    """After the limit even the right password is not looked at."""
    settings.ACCOUNT_RATE_LIMITS = False
    hashed: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counting(self, password, salt, iterations=None):
        hashed.append(password)
        return encode(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    client = Client()
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(LOGIN, {"login": "wang", "password": f"wrong-{attempt}"})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    tries = len(hashed)
    answer = client.post(LOGIN, {"login": "wang", "password": GOOD})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "org/locked_out.html" in [template.name for template in answer.templates]
    assert len(hashed) == tries
    assert not is_in(client)
    assert AuditEvent.objects.filter(action="org.throttled").exists()


def test_a_locked_person_is_out_with_the_next_request(wang):
    client = sign_in("wang")
    assert is_in(client)
    actions.lock_person(wang, by=None, now=NOW)
    assert not is_in(client)
    assert not is_in(sign_in("wang"))


def test_other_sessions_end_when_asked(wang):
    here, there = sign_in("wang"), sign_in("wang")
    assert is_in(there)
    assert here.get("/account/sessions/").status_code == HTTPStatus.OK
    here.post("/account/sessions/")
    assert is_in(here)
    assert not is_in(there)


def test_a_changed_password_ends_other_sessions(wang):
    here, there = sign_in("wang"), sign_in("wang")
    new = "龙井-明前-2025"
    answer = here.post(
        "/account/password/", {"oldpassword": GOOD, "password1": new, "password2": new}
    )
    assert answer.status_code == HTTPStatus.FOUND
    assert not is_in(there)
    assert not is_in(sign_in("wang"))
    assert is_in(sign_in("wang", new))
    assert AuditEvent.objects.filter(action="org.change_password", actor=wang).exists()


def test_signing_out_needs_no_confirmation_page_twice(wang):
    client = sign_in("wang")
    assert client.get("/account/logout/").status_code == HTTPStatus.OK
    client.post("/account/logout/")
    assert not is_in(client)


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_the_second_step_is_asked_for_once_switched_on(wang, django_capture_on_commit_callbacks):
    client = sign_in("wang")
    asked = client.get("/account/2fa/activate/")["Location"]
    assert asked.startswith("/account/reauthenticate/")
    assert client.get(asked).status_code == HTTPStatus.OK
    client.post(asked, {"password": GOOD})
    (secret,) = found_in(client.get("/account/2fa/activate/"), r"<code>([A-Z2-7]{16,})</code>")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/2fa/activate/", {"code": code_for(secret)})
    assert answer["Location"] == "/account/2fa/recovery-codes/"
    codes = found_in(client.get(answer["Location"]), r"<li><code>([\w-]+)</code>")
    assert len(codes) == 10
    assert client.get("/account/2fa/recovery-codes/download/").status_code == HTTPStatus.OK
    assert client.get("/account/2fa/").status_code == HTTPStatus.OK

    fresh = Client()
    answer = fresh.post(LOGIN, {"login": "wang", "password": GOOD})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert not is_in(fresh)
    assert fresh.get("/account/2fa/authenticate/").status_code == HTTPStatus.OK
    fresh.post("/account/2fa/authenticate/", {"code": "000000"})
    assert not is_in(fresh)
    fresh.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert is_in(fresh)
    assert client.get("/account/2fa/deactivate/").status_code == HTTPStatus.OK
    client.post("/account/2fa/deactivate/")
    assert is_in(sign_in("wang"))
    assert set(AuditEvent.objects.filter(actor=wang).values_list("action", flat=True)) >= {
        "org.add_second_factor", "org.remove_second_factor"
    }  # fmt: skip


def test_names_are_masked_where_the_organisation_says_so(company, wang):
    boss = company.somebody(Role.EXECUTIVE)
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    assert "王芳" in client.get("/org/people/").content.decode()
    actions.set_up_organisation(mask_names=True, by=None, now=NOW)
    page = client.get("/org/people/").content.decode()
    assert "王芳" not in page
    assert "*芳" in page
