"""The cost journey: ledger and budget in, finance review, deviation, cause, countermeasure, new
ledgers in, verdict; once with a countermeasure that worked and once with one that did not.
"""

from dataclasses import dataclass

import pytest
from django.urls import reverse

from opsloop.loop.models import Deviation
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.conftest import Travel
from tests.journeys.inspection import inspect_around
from tests.journeys.ledgers import DEAR, FAIR, PLAN, budget, ledger
from tests.journeys.steps import (
    Desk,
    Visits,
    bring_in,
    create_dataset,
    find_cause,
    press,
    save,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Story:
    """The people's windows, the ledger's number and the deviation that came out of the review."""

    manager: Desk
    head: Desk
    employee: Desk
    finance: Desk
    ledger: int
    month: int


@pytest.fixture
def story(visit: Visits, cast: Cast, travel: Travel) -> Story:
    """Told up to the countermeasure that is done: 20 June 2024."""
    travel("2024-06-05")
    windows = {
        name: visit(getattr(cast, name))
        for name in ("operations_manager", "department_head", "employee", "finance_reviewer")
    }
    manager, finance = windows["operations_manager"], windows["finance_reviewer"]
    books = import_books(manager, cast)
    month = define_month(manager, *books)
    deviation = review_month(finance, month)
    desks = {name: Desk(window, deviation) for name, window in windows.items()}
    head, approver = desks["department_head"], desks["operations_manager"]
    executor = desks["employee"]
    find_cause(head, PLAN)
    head.window.shot("cost-causes")
    head.next(
        "propose", what=PLAN.what, owner=cast.employee.pk, promised_on=PLAN.promised_on,
        expected_to=PLAN.expected_to, expected_by=PLAN.expected_by, verification_method=PLAN.method,
    )  # fmt: skip
    approve_knowing_the_proof(approver)
    executor.next("start")
    travel("2024-06-20")
    executor.next("finish", comment="框架协议已签")
    assert executor.stage() == "待验证"
    head.do("evidence", comment="整改单已发采购组，编号 ZG-2024-06")
    return Story(approver, head, executor, desks["finance_reviewer"], books[0], month)


def import_books(manager: Visit, cast: Cast) -> tuple[int, int]:
    books = (
        create_dataset(manager, "成本台账", "ledger", cast.company.pk),
        create_dataset(manager, "2024年预算", "budget", cast.company.pk),
    )
    first = ledger(m2024_02=DEAR, m2024_03=DEAR, m2024_04=DEAR, m2024_05=DEAR)
    bring_in(manager, books[0], "台账2-5月.csv", first)
    bring_in(manager, books[1], "预算.csv", budget(2, 7))
    return books


def define_month(manager: Visit, ledger_pk: int, budget_pk: int) -> int:
    page = manager.go(reverse("costs:create"))
    save(page, month="2024-05", ledger=ledger_pk, budget=budget_pk)
    assert page.locator("form[action$='/review/']").count() == 0, "who imports does not review"
    return int(page.url.rstrip("/").rpartition("/")[2])


def review_month(finance: Visit, month: int) -> int:
    """Finance approves the figures somebody else brought in; returns the deviation found."""
    page = finance.go(reverse("costs:detail", args=[month]))
    assert page.locator("#cost-form tbody tr").count() == 2
    finance.axe()
    press(page, "form[action$='/review/'] button")
    finance.shot("cost-month-reviewed")
    assert "已审核" in page.inner_text(".ol-subtitle")
    found = Deviation.objects.unscoped("a test looks").get()
    press(page, f"a[href='{reverse('loop:detail', args=[found.pk])}'] >> nth=0")
    return found.pk


def approve_knowing_the_proof(approver: Desk) -> None:
    """Before the button is pressed the page says how many records the proof will need (V-04)."""
    page = approver.open()
    press(page, ".lp-next a.btn-primary")
    needed = page.locator(".lp-form .ol-info b").inner_text()
    assert any(figure.isdecimal() for figure in needed), needed
    approver.window.axe()
    approver.window.shot("cost-approve")
    save(page)
    assert approver.stage() == "整改中"


def later_ledgers(story: Story, travel: Travel, content: bytes, outcome: str) -> None:
    """The months after it come in, and the same number is computed again."""
    travel("2024-08-02")
    bring_in(story.manager.window, story.ledger, "台账6-7月.csv", content)
    story.manager.next("evaluate")
    page = story.manager.open()
    assert outcome in page.inner_text("#verification h2 + *")
    story.manager.window.axe()
    story.manager.window.shot(f"cost-verdict-{outcome}")


def test_a_dear_material_becomes_cheaper_and_a_lesson(story: Story, travel: Travel):
    later_ledgers(story, travel, ledger(m2024_06=DEAR, m2024_07=FAIR), "有效")
    story.finance.next("accept", comment="单价已回到预算")
    page = story.finance.open()
    assert page.locator(".lp-steps .lp-done").count() == 7
    assert "已归档" in page.inner_text(".ol-subtitle")
    assert "阈值（第 1 版）" in page.inner_text("main")
    story.finance.window.shot("cost-archived")
    month = story.finance.window.go(reverse("costs:detail", args=[story.month])).inner_text("main")
    for told in (PLAN.what, "采购部", "孙专员"):
        assert told in month, "the printed form reads the loop"
    story.finance.window.shot("cost-month-at-the-end")
    lessons = story.employee.window.go(f"{reverse('loop:lessons')}?text=比价")
    assert PLAN.root in lessons.inner_text("main article")
    story.employee.window.axe()
    found = story.employee.window.go(f"{reverse('web:search')}?q=比价")
    assert found.locator("main a[href*='/loop/lessons/']").count() == 1
    window = story.finance.window
    problems = inspect_around(window, reverse("costs:detail", args=[story.month]))
    problems += inspect_around(window, reverse("loop:detail", args=[story.finance.deviation]))
    assert problems == []


def test_a_material_that_stays_dear_is_opened_again(story: Story, travel: Travel):
    later_ledgers(story, travel, ledger(m2024_06=DEAR, m2024_07=DEAR), "无效")
    story.finance.next("accept", comment="价格没有变化")
    assert story.finance.stage() == "原因分析"
    deviation = Deviation.objects.unscoped("a test looks").get()
    assert deviation.reopen_count == 1
    assert "重新打开 1 次" in story.finance.page.inner_text(".ol-subtitle")
    story.finance.window.shot("cost-reopened")
    lessons = story.employee.window.go(f"{reverse('loop:lessons')}?text=比价")
    assert lessons.locator("main article").count() == 0, "no lesson without an effect"
