"""What a new install asks of its administrators, step by step."""

import pytest

from opsloop.org import actions
from opsloop.org.models import RoleAssignment
from opsloop.org.permissions import Role
from opsloop.web.first_steps import first_steps

pytestmark = pytest.mark.django_db


def test_each_step_is_done_by_what_was_done_and_not_by_a_tick(cast, now):
    def done() -> list[bool]:
        return [step.is_done for step in first_steps(cast.system_admin)]

    assert done() == [False, True, True, True, False]
    actions.set_up_organisation(name="华岳精密", by=cast.system_admin, now=now)
    assert done() == [True, True, True, True, False]
    RoleAssignment.objects.filter(role=Role.AUDITOR).delete()
    assert done() == [True, True, False, True, False]


def test_a_step_is_a_link_only_for_who_may_take_it(cast):
    def links(person) -> list[bool]:
        return [bool(step.url) for step in first_steps(person)]

    assert links(cast.system_admin) == [True, True, True, False, False]
    assert links(cast.security_admin) == [False, False, True, True, False]
    assert first_steps(cast.employee) == first_steps(cast.auditor) == ()


def test_the_first_page_of_an_administrator_lists_the_steps(cast, client_for):
    assert "系统初始化" in client_for(cast.system_admin).get("/").text
    assert "系统初始化" not in client_for(cast.auditor).get("/").text
