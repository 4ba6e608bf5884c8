"""The demo company as a whole: its story comes out, and it never touches another company's data."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from opsloop.audit.queries import verify_chain
from opsloop.costs import queries
from opsloop.costs.models import AnnualBudget, CollectionTask, Restatement
from opsloop.demo import load, story
from opsloop.loop.models import Deviation, Lesson
from opsloop.org.models import Organisation, Person

NOW = datetime(2024, 12, 3, 4, 0, tzinfo=UTC)


def test_six_months_leave_proven_failed_and_open_deviations(db, settings):
    """Loaded once, then everything the demo promises is looked at."""
    settings.DEMO = True
    assert load.ensure(NOW)
    assert not load.ensure(NOW)
    assert Organisation.current().is_demo
    told = {
        (
            deviation.tool,
            deviation.dimension_label.rsplit(" · ", 2)[-2 if deviation.tool == "costs" else -1],
        ): deviation
        for deviation in Deviation.objects.unscoped("a test looks").order_by("-id")
    }
    material = told["costs", "A材料采购"]
    assert (material.state, material.verdict and material.verdict.outcome) == (
        "archived", "effective",
    )  # fmt: skip
    assert told["costs", "销售人员绩效"].no_countermeasure is not None
    returns = told["processes", "采购申请审批流程"]
    assert (returns.state, returns.verdict and returns.verdict.outcome) == (
        "archived", "effective",
    )  # fmt: skip
    assert told["processes", "总经理审批"].reopen_count == 1
    assert told["costs", "招待费"].state == "pending_verification"
    assert Lesson.objects.unscoped("a test looks").count() == 4
    assert verify_chain().whole
    the_books_are_believable()
    enters_as_each_persona()


def the_books_are_believable() -> None:
    """Collected late once, explained, one reason against its numbers, a lock restated, a plan revised."""
    finance = Person.objects.get(username="caiwu")
    months = list(queries.periods(finance).order_by("period_no"))
    assert [month.state for month in months] == ["locked"] * 5 + ["collecting"]
    marked = queries.month(months[4], finance, queries.View(show="flagged")).rows
    doubted = {row.key.item for row in marked if row.check and not row.check.agrees}
    assert doubted == {"A材料采购"}
    assert all(row.reason for row in marked)
    assert queries.month(months[3], finance).timing
    restated = Restatement.objects.get()
    assert restated.actual_after - restated.actual_before == Decimal("2860.00")
    plans = AnnualBudget.objects.unscoped("a test looks").order_by("revision")
    assert [(plan.revision, plan.state) for plan in plans] == [(0, "revised"), (1, "in_force")]
    tasks = CollectionTask.objects.unscoped("a test looks")
    late = tasks.filter(done_at__date__gt=F("due_on"), state="delivered")
    assert [task.duty.department.name for task in late] == ["销售部"]


def enters_as_each_persona() -> None:
    client = Client()
    page = client.get(reverse("demo:personas"))
    assert page.status_code == 200
    for persona in page.context["personas"]:
        entered = client.post(reverse("demo:enter"), {"username": persona.username})
        assert entered.status_code == 302
        assert client.session["_auth_user_id"] == str(
            Person.objects.get(username=persona.username).pk
        )
    assert client.post(reverse("demo:enter"), {"username": "waibu"}).status_code == 404
    file = client.get(reverse("demo:file", args=["purchasing-log"]))
    assert file["Content-Disposition"].startswith("attachment")


def test_a_database_with_people_of_its_own_is_refused(cast):
    with pytest.raises(load.NotEmpty):
        load.ensure(NOW)
    assert Person.objects.count() == len(cast.people)


def test_a_failure_half_way_leaves_the_database_empty(db, monkeypatch):
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(story, "begin", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        load.ensure(NOW)
    assert not Person.objects.exists()
    assert not Organisation.current().is_demo


def test_outside_demo_mode_there_is_no_door_without_a_password(cast, client, settings):
    settings.DEMO = False
    assert client.get(reverse("demo:personas")).status_code == 404
    assert client.post(reverse("demo:enter"), {"username": "head"}).status_code == 404


def test_demo_mode_on_a_real_database_offers_nobody(cast, client, settings):
    settings.DEMO = True
    assert client.get(reverse("demo:personas")).status_code == 404
    assert client.post(reverse("demo:enter"), {"username": "yunying"}).status_code == 404
