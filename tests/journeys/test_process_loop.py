"""The process journey: a raw approval log in, the form filled, a deviation, its cause, its
countermeasure, a second log in, the verdict; once effective and once not.
"""

from dataclasses import dataclass

import pytest
from django.urls import reverse

from opsloop.loop.models import Deviation
from opsloop.processes.models import Process
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.approval_logs import log
from tests.journeys.conftest import Travel
from tests.journeys.inspection import inspect, inspect_around
from tests.journeys.steps import (
    Desk,
    Improvement,
    Visits,
    bring_in,
    carry_out,
    create_dataset,
    find_cause,
    press,
    save,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

STEPS = ("提交申请", "财务复核", "总经理审批")
PLAN = Improvement(
    symptom="每六张采购申请就有一张被财务退回",
    root="预算科目没有写进申请表单",
    category="method",
    what="申请表单增加必填的预算科目，缺项不能提交",
    expected_to="4",
    expected_by="2024-07",
    promised_on="2024-06-14",
    method="按7月提交的申请计算退回率，与改进前比较",
)


@dataclass(frozen=True)
class Story:
    """The windows, the log's number, and the deviation found in it."""

    head: Desk
    manager: Desk
    employee: Desk
    log: int


@pytest.fixture
def story(visit: Visits, cast: Cast, travel: Travel) -> Story:
    """Told up to the countermeasure that is done: 14 June 2024."""
    travel("2024-06-05")
    head = visit(cast.department_head)
    dataset = create_dataset(head, "采购审批日志", "event_log", cast.purchasing.pk)
    months = log(m2024_02=19, m2024_03=18, m2024_04=19, m2024_05=26)
    bring_in(head, dataset, "OA采购审批2-5月.csv", months)
    process = describe_process(head, cast, dataset)
    deviation = find_deviation(head, process)
    owner = Desk(head, deviation)
    manager = Desk(visit(cast.operations_manager), deviation)
    employee = Desk(visit(cast.employee), deviation)
    find_cause(owner, PLAN)
    travel("2024-06-14")
    carry_out(owner, manager, employee, cast.employee, PLAN)
    assert employee.stage() == "待验证"
    return Story(owner, manager, employee, dataset)


def describe_process(head: Visit, cast: Cast, dataset: int) -> int:
    """The title block with its limit: no more than 17 % of the cases may be sent back."""
    page = head.go(reverse("processes:create"))
    save(
        page, name="采购申请审批流程", department=cast.purchasing.pk,
        owner=cast.department_head.pk, start_event="提交采购申请", end_event="总经理批准",
        dataset=dataset, first_activity=STEPS[0], last_activity=STEPS[-1], return_limit="0.17",
    )  # fmt: skip
    process = Process.objects.unscoped("a test looks").get()
    press(page, f"form[action='{reverse('processes:fill', args=[process.pk])}'] button")
    form = page.inner_text("main table")
    assert all(step in form for step in STEPS)
    head.axe()
    head.shot("process-form")
    return process.pk


def find_deviation(head: Visit, process: int) -> int:
    """Only May passes the limit; the months before stay within it."""
    page = head.page
    press(page, f"form[action='{reverse('processes:detect', args=[process])}'] button")
    found = Deviation.objects.unscoped("a test looks").get()
    assert found.period == "2024-05"
    page = head.go(reverse("loop:desk"))
    press(page, f"main a[href*='{reverse('loop:detail', args=[found.pk])}'] >> nth=0")
    head.axe()
    head.shot("process-deviation")
    return found.pk


def second_log(story: Story, travel: Travel, content: bytes, outcome: str) -> None:
    """The log of the months after it comes in, and the same number is computed again."""
    travel("2024-08-02")
    bring_in(story.head.window, story.log, "OA采购审批6-7月.csv", content)
    story.manager.next("evaluate")
    page = story.manager.open()
    assert outcome in page.inner_text("#verification h2 + *")
    story.manager.window.axe()
    story.manager.window.shot(f"process-verdict-{outcome}")


def test_fewer_cases_come_back_and_it_is_archived_as_a_lesson(story: Story, travel: Travel):
    second_log(story, travel, log(m2024_06=15, m2024_07=4), "有效")
    story.manager.next("accept")
    assert "已归档" in story.manager.open().inner_text(".ol-subtitle")
    lessons = story.employee.window.go(f"{reverse('loop:lessons')}?text=预算科目")
    assert PLAN.what in lessons.inner_text("main article")
    story.employee.window.shot("process-lesson")
    process = Process.objects.unscoped("a test looks").get()
    window = story.head.window
    problems = inspect_around(window, reverse("processes:detail", args=[process.pk]))
    assert problems + inspect(window, reverse("loop:dashboard")) == []


def test_cases_that_keep_coming_back_open_it_again(story: Story, travel: Travel):
    second_log(story, travel, log(m2024_06=19, m2024_07=20), "无效")
    story.manager.next("accept")
    assert story.manager.stage() == "原因分析"
    assert Deviation.objects.unscoped("a test looks").get().reopen_count == 1
    story.manager.window.shot("process-reopened")
