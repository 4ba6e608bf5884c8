"""A new install: the one-time link makes the first administrator, who sets the company up."""

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse
from django.utils import timezone

from opsloop.org import actions
from opsloop.org.models import Department, Person, RoleAssignment
from opsloop.org.permissions import Role
from tests.browser import Visit
from tests.journeys.steps import press, save

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PASSWORD = "铁观音-春茶-2024"


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_the_first_administrator_opens_the_link_and_sets_the_company_up(visit, _fast_hashes):
    link = reverse("org:welcome", args=[actions.first_administrator_link(timezone.now())])
    window: Visit = visit(None)
    page = window.go(link)
    window.axe()
    window.shot("first-administrator-link")
    save(page, username="root", name="王管理", password=PASSWORD, again=PASSWORD)
    save(page, login="root", password=PASSWORD)
    assert page.locator("#side").is_visible(), "signed in"
    window.shot("first-administrator-home")

    add_department(window)
    safe = add_person(window)
    appoint_once(window, safe)
    switch_on_the_second_step(window)

    stranger = visit(None)
    stranger.page.goto(stranger.base + link)
    assert stranger.page.locator("[name=password]").count() == 0, "the link works once"
    # Chromium writes the 404 of that page to its console: expected, and the only one.
    assert len(stranger.complaints) == 1
    stranger.complaints.clear()


def add_department(window: Visit) -> None:
    top = Department.objects.get()
    assert top.name == "公司"
    page = window.go(reverse("org:department_create"))
    save(page, name="采购部", code="purchasing", parent=top.pk)
    assert "采购部" in window.go(reverse("org:departments")).inner_text("main")
    window.shot("first-administrator-departments")


def add_person(window: Visit) -> Person:
    buying = Department.objects.get(code="purchasing")
    page = window.go(reverse("org:person_create"))
    save(page, username="safe", name="安全员", department=buying.pk)
    window.axe()
    return Person.objects.get(username="safe")


def appoint_once(window: Visit, safe: Person) -> None:
    """The first security administrator is the system administrator's to appoint; later ones not."""
    page = window.go(reverse("org:roles"))
    save(page, person=safe.pk, role=Role.SECURITY_ADMIN)
    assert RoleAssignment.objects.filter(person=safe, role=Role.SECURITY_ADMIN).count() == 1
    offered = page.locator("main form p").all_inner_texts()
    assert not any("安全管理员" in text for text in offered), "appointed once"
    window.shot("first-administrator-roles")


def switch_on_the_second_step(window: Visit) -> None:
    page = window.go(reverse("mfa_index"))
    press(page, f"a[href='{reverse('mfa_activate_totp')}']")
    if reverse("account_reauthenticate") in page.url:
        save(page, password=PASSWORD)
    window.axe()
    window.shot("first-administrator-second-step")
    save(page, code=code_for(page.locator("main code").inner_text()))
    assert page.locator("main li code").count() == 10
    window.axe()
