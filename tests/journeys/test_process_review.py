"""The review journey: what a log says page by page, what is decided from it, what came of it.

A quarter of 180 purchasing requests from two departments. The general manager signs at four in the
afternoon; from June on the purchasing department's requests at one. Nothing is random, so every
number on the pages can be worked out by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from opsloop.loop.models import Deviation
from opsloop.processes import reviews
from opsloop.processes.models import Process
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.conftest import Travel
from tests.journeys.steps import Desk, Visits, bring_in, create_dataset, press, save

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

HEADER = "流程编号,节点名称,处理人,处理部门,开始时间,完成时间,审批结果"
APPLY, CHECK, SIGN = "提交申请", "财务复核", "总经理审批"
RETURNED = {4: 2, 5: 2, 6: 14}  # of the 60 requests of each month
JULY = "2024-07-03"


def log() -> bytes:
    lines = [line for month in RETURNED for number in range(60) for line in _case(month, number)]
    return ("\ufeff" + "\r\n".join([HEADER, *lines, ""])).encode()


def _case(month: int, number: int) -> Iterator[str]:
    """Checked an hour after it was handed in; some go back once. Signed at four, or at one."""
    case, day = f"CG-{month:02}-{number:03}", f"2024-{month:02}-{1 + number % 28:02}"
    applicant = "孙专员,采购部" if number % 2 else "周销售,销售部"
    signed = 13 if month == 6 and number % 2 else 16
    yield f"{case},{APPLY},{applicant},{day} 09:00,{day} 09:10,提交"
    if number < RETURNED[month]:
        yield f"{case},{CHECK},李会计,财务部,{day} 10:00,{day} 10:30,退回"
        yield f"{case},{APPLY},{applicant},{day} 10:30,{day} 10:40,提交"
        yield f"{case},{CHECK},李会计,财务部,{day} 11:00,{day} 11:30,同意"
    else:
        yield f"{case},{CHECK},李会计,财务部,{day} 10:00,{day} 10:30,同意"
    done = f"{day} {signed}:{8 + number // 2 % 5:02}"
    yield f"{case},{SIGN},钱总,公司,{day} {signed}:00,{done},同意"


@dataclass(frozen=True)
class Review:
    """The owner's and the approver's windows on one process."""

    head: Visit
    manager: Visit
    process: int

    def open(self, name: str, **query: str) -> Page:
        return self.head.go(
            self.address(name) + "?" + "&".join(f"{k}={v}" for k, v in query.items())
        )

    def address(self, name: str, *more: int) -> str:
        return reverse(f"processes:{name}", args=[self.process, *more])


@pytest.fixture
def review(visit: Visits, cast: Cast, travel: Travel) -> Review:
    """The log is in, the process described and its form filled from the log."""
    travel(JULY)
    head, manager = visit(cast.department_head), visit(cast.operations_manager)
    dataset = create_dataset(head, "采购审批日志", "event_log", cast.purchasing.pk)
    bring_in(head, dataset, "OA采购审批4-6月.csv", log())
    page = head.go(reverse("processes:create"))
    save(
        page, name="采购申请审批流程", department=cast.purchasing.pk,
        owner=cast.department_head.pk, start_event="提交采购申请", end_event="总经理批准",
        hours_basis="natural", dataset=dataset, first_activity=APPLY, last_activity=SIGN,
        return_limit="0.2",
    )  # fmt: skip
    process = Process.objects.unscoped("a test looks").get()
    press(page, f"form[action='{reverse('processes:fill', args=[process.pk])}'] button")
    return Review(head, manager, process.pk)


def says(page: Page, *facts: str, at: str = "main") -> None:
    """Each of these stands on the page, line breaks aside."""
    text = " ".join(page.locator(at).first.inner_text().split())
    assert [fact for fact in facts if fact not in text] == [], text


def test_a_log_becomes_a_decision_a_pilot_and_a_review(review: Review):
    read_the_log(review)
    decide_and_explain(review)
    version = design(review)
    pilot(review, version)
    look_back(review)


def read_the_log(review: Review) -> None:
    """List, form, map, variants and bottleneck say the same 180 requests."""
    says(review.head.go(reverse("processes:list")), "采购申请审批流程", "60", "7.2 小时", "10.0%")
    says(review.open("detail"), "180", "7.2 小时", "10.0%", APPLY, CHECK, SIGN)
    page = review.open("map")
    press(page, f"main svg a[href*='pick=']:has-text('{CHECK}')")
    says(page, "198 次", "180 件", at="#picked")
    filter_map(review)
    page = review.open("variants", v="1")
    says(page, "162", "90.0%", "18", "10.0%", "100.0%")
    page = review.open("bottleneck")
    says(page, f"{SIGN}占全部等待时间的 85.0%", "882.0 小时", "156.0 小时", "有件可办未办 100.0%")


def filter_map(review: Review) -> None:
    """The way back from the check is picked with the keyboard; its cases alone are kept."""
    page = review.open("map", show="frequency")
    page.locator("main svg a[href*='path=1-0']").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    says(page, "18 次", "18 件", at="#picked")
    press(page, "#picked .pr-buttons a >> nth=0")
    says(page, "共 180 件，符合条件 18 件")
    says(page, CHECK, APPLY, at=".pr-filters")


def decide_and_explain(review: Review) -> None:
    """A candidate is accepted, and becomes a cause of June's returns on the fishbone."""
    page = review.open("detail")
    press(page, f"form[action='{review.address('detect')}'] button")
    found = Deviation.objects.unscoped("a test looks").get()
    assert found.period == "2024-06"
    Desk(review.head, found.pk).next("confirm")
    page = review.open("ecrs")
    card = page.locator("main article").filter(has_text=f"“{SIGN}”在岗等待的 100.0%")
    finding = card.locator("b").inner_text()
    card.locator("summary").click()
    card.locator("input[name=reason]").fill("钱总确认到点才签字")
    with page.expect_navigation():
        card.locator("button[name=accepted][value=on]").click()
    says(page, "钱总确认到点才签字")
    press(page, "main form[action$='/cause/'] button")
    assert page.url.endswith(review.address("fishbone"))
    says(page, finding)


def design(review: Review) -> int:
    """The check goes out of the draft: not without the owner's name; somebody else approves."""
    page = review.open("designs")
    press(page, f"form[action='{review.address('draft')}'] button")
    version = int(page.url.rstrip("/").rpartition("/")[2])
    press(
        page,
        f"main button[aria-label*='{CHECK}'][aria-label*='移除'], main tr:has-text('{CHECK}') button:has-text('×')",
    )
    says(page, "无证据")
    press(page, "form[action$='/do/submit/'] button")
    says(page, "草稿", "无证据")
    page.fill("form[action$='/do/sign/'] input[name=comment]", "改由系统校验预算")
    press(page, "form[action$='/do/sign/'] button")
    says(page, "改由系统校验预算")
    press(page, "form[action$='/do/submit/'] button")
    page = review.manager.go(review.address("design", version))
    page.fill("#comment", "先在采购部试行")
    press(page, "form[action$='/do/approve/'] button.btn-primary")
    says(page, "已批准", "先在采购部试行")
    return version


def pilot(review: Review, version: int) -> None:
    """Three hours less than before in the pilot unit, while nothing changed in the other."""
    page = review.open("pilots")
    page.select_option("[name=controls]", "销售部")
    save(
        page, version=version, unit="采购部", start_on="2024-06-01", target_hours="5",
    )  # fmt: skip
    says(page, "证明效果")
    press(page, "main button[value=start]")
    says(page, "n = 60 → 30", "7.2 小时", "4.2 小时", "−3.0 小时", "有效")
    review.head.axe()
    review.head.shot("process-pilot")


def look_back(review: Review) -> None:
    """The quarter's review makes itself overnight and is closed with a conclusion."""
    night = datetime.fromisoformat(f"{JULY}T02:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert reviews.create_due(now=night) == 1
    page = review.open("reviews")
    says(page, "2024-Q2", "7.2 小时", "10.0%", "90.0%", "待回顾")
    page.fill("main input[name=conclusion]", "签字改为随到随签")
    press(page, "main form[action$='/close/'] button")
    says(page, "已完成", "签字改为随到随签", "赵主管")
    review.head.axe()
