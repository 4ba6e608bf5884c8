"""Every line of the trail is read in words; the code stays at hand."""

import re
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

import opsloop
from opsloop.audit.actions import record
from opsloop.audit.queries import changes_of
from opsloop.audit.sentences import sentence, sentences
from opsloop.loop.states import Event
from opsloop.metrics.register import sources
from opsloop.org.clock import now
from opsloop.org.permissions import Role
from tests.org.conftest import company  # noqa: F401 - fixture

PACKAGE = Path(opsloop.__path__[0])
# Spelt like an action, but the name of a file.
OTHER = {"facts.parquet"}


def codes_in_the_code() -> set[str]:
    """Every `room.verb` a module of that room names, sources of metrics and kinds of notices apart."""
    found = {f"loop.{event}" for event in Event}
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        if path.name != "trail.py" and "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(rf'(?<!kind=)"({room}\.[a-z_]+)"', text))
    return found - set(sources()) - OTHER


def test_every_action_of_the_code_has_its_words_and_no_other_has(db):
    """A new action needs a line in `trail.py` of its room."""
    assert codes_in_the_code() == set(sentences())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_two_actions_of_a_room_read_alike(language):
    with translation.override(language):
        read = [(code.partition(".")[0], str(text)) for code, text in sentences().items()]
    assert len(set(read)) == len(read)


def test_an_action_of_an_earlier_release_shows_its_code():
    assert sentence("loop.gone") == "loop.gone"


def test_the_page_shows_the_words_and_filters_by_action(company, client):  # noqa: F811
    auditor = company.somebody(Role.AUDITOR)
    with transaction.atomic():
        record(by=auditor, now=now(), action="org.edit_person", subject=auditor)
        record(by=auditor, now=now(), action="org.issue_link", subject=auditor)
    client.force_login(auditor)
    page = client.get(reverse("audit:list"), {"action": "org.edit_person"}).text
    assert '<span title="org.edit_person">修改人员信息</span>' in page
    assert '<span title="org.issue_link">' not in page


def test_a_change_names_the_field_and_the_choice_as_the_pages_do(cast):
    with transaction.atomic():
        line = record(
            by=None, now=now(), action="org.edit_person", subject=cast.employee,
            changes={"name": ["孙", "孙专员"], "is_active": [True, False], "token": [None, "x"]},
        )  # fmt: skip
    found = {
        change.field: (change.label, change.before, change.after) for change in changes_of(line)
    }
    assert found["name"] == ("名称", "孙", "孙专员")
    assert found["is_active"][1:] == ("是", "否")
    assert found["token"] == ("token", "", "x")
