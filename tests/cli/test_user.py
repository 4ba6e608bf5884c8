"""`opsloop user`: links, locks and the list, as a person at the machine types them."""

import json

import pytest
from click.testing import CliRunner

from opsloop.cli.user import user
from opsloop.org.models import OneTimeLink, Person
from opsloop.org.permissions import Role
from tests.org.conftest import give, person


@pytest.fixture
def wang(db: None) -> Person:
    return give(person("wang", name="王芳"), Role.EMPLOYEE)


def run(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(user, list(arguments))
    return answer.exit_code, answer.output


def test_a_link_is_printed_once(wang):
    code, text = run("link", "wang")
    assert code == 0
    assert text.startswith("http://127.0.0.1:8000/org/welcome/")
    code, text = run("link", "wang", "--json")
    assert json.loads(text)["username"] == "wang"
    assert OneTimeLink.objects.filter(used_at=None).count() == 1


def test_a_lock_and_its_release(wang):
    assert run("lock", "wang") == (0, "wang is locked.\n")
    assert run("link", "wang")[0] == 1
    assert json.loads(run("unlock", "wang", "--json")[1]) == {"username": "wang", "active": True}


def test_the_list_names_roles(wang):
    expected = {"username": "wang", "name": "王芳", "active": True, "roles": ["employee"]}
    assert json.loads(run("list", "--json")[1]) == [expected]
    assert "employee" in run("list")[1]


def test_a_refusal_is_one_sentence_and_exit_code_1(wang):
    assert run("lock", "nobody") == (1, "Error: there is no person 'nobody'\n")
    admin = give(person("root"), Role.SYSTEM_ADMIN)
    code, text = run("lock", admin.username)
    assert (code, text.count("\n")) == (1, 1)
