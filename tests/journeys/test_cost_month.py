"""A month of costs from its collection to a restatement; a deviation nobody could help is archived
without countermeasure, by approval.
"""

import pytest
from django.urls import reverse

from opsloop.costs import actions
from opsloop.loop.models import Deviation
from opsloop.org import clock
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.conftest import Travel
from tests.journeys.ledgers import DEAR, LEDGER_HEADER, budget, ledger
from tests.journeys.steps import Desk, Visits, bring_in, create_dataset, fill, press, save

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

REASON = "客观业绩增长，市场价格上涨30%"
LATE = (
    f'{LEDGER_HEADER}\n2024-05,2024-05-31,记-099,原材料成本,A材料采购,采购部,"1,000.00",,丁公司\n'
)


def collect(finance: Visit, manager: Visit, cast: Cast, books: int) -> None:
    """Finance says who delivers; the task opens, stands on the desk, closes by the import."""
    page = finance.go(reverse("costs:collection"))
    fill(
        page, ledger=books, department=cast.purchasing.pk, person=cast.operations_manager.pk,
        source="采购台账",
    )  # fmt: skip
    press(page, "form[action$='/assign/'] button")
    actions.keep(now=clock.now())
    desk = manager.go(reverse("loop:desk"))
    assert "提交 2024-05 成本数据" in desk.inner_text("main")
    press(desk, f"a[href$='dataset={books}']")
    bring_in(manager, books, "台账5月.csv", ledger(m2024_05=DEAR))
    actions.keep(now=clock.now())
    shown = finance.go(reverse("costs:collection"))
    assert "已提交" in shown.inner_text("main table >> nth=0")
    finance.axe()
    finance.shot("cost-collection")


def review(finance: Visit, manager: Visit, books: tuple[int, int]) -> int:
    page = manager.go(reverse("costs:create"))
    save(page, month="2024-05", ledger=books[0], budget=books[1])
    month = int(page.url.rstrip("/").rpartition("/")[2])
    page = finance.go(reverse("costs:detail", args=[month]))
    press(page, "form[action$='/review/'] button")
    assert "已审核" in page.inner_text(".ol-subtitle")
    return month


def look_into(head: Visit, month: int) -> None:
    """From the form to the line, its price and quantity, its postings; the reason is checked."""
    page = head.go(reverse("costs:detail", args=[month]))
    press(page, "#cost-form a[href*='/line/']")
    assert "14 笔" in page.inner_text("main")
    assert page.locator("main table >> nth=0").inner_text().count("采购") <= 1
    save(page, reason=REASON, controllable="no", lasting="permanent")
    assert REASON in page.input_value("[name=reason]")
    head.axe()
    head.shot("cost-line")
    split = head.go(reverse("costs:effects", args=[month])).inner_text("main")
    assert "价差" in split
    head.axe()
    head.shot("cost-effects")


def leave_alone(head: Desk, approver: Desk, finance: Desk) -> None:
    """What nobody can control is archived without countermeasure once somebody else agreed."""
    head.next("confirm")
    head.do("uncontrollable", comment=REASON)
    head.do("evidence", comment="供应商调价函 2024-05")
    approver.do("approve-uncontrollable")
    finance.do("archive", comment="行情上涨，不设措施")
    page = finance.open()
    assert "已归档" in page.inner_text(".ol-subtitle")


def restate(finance: Visit, manager: Visit, month: int, books: int) -> None:
    """The month is locked; a late invoice waits beside it until finance restates the month."""
    url = reverse("costs:detail", args=[month])
    press(finance.go(url), "form[action$='/lock/'] button")
    before = finance.page.inner_text("#cost-form tfoot")
    bring_in(manager, books, "补记.csv", LATE.encode("gb18030"))
    page = finance.go(url)
    assert page.inner_text("#cost-form tfoot") == before, "a locked month stands still"
    assert "审核之后数据有变化" in page.inner_text("main")
    page.fill("form[action$='/restate/'] [name=comment]", "发票晚到")
    press(page, "form[action$='/restate/'] button")
    assert page.inner_text("#cost-form tfoot") != before
    assert "发票晚到" in page.inner_text("main"), "the totals before are kept"
    finance.axe()
    finance.shot("cost-restated")


def test_a_month_is_collected_reviewed_explained_locked_and_restated(
    visit: Visits, cast: Cast, travel: Travel
):
    travel("2024-06-03")
    manager, head = visit(cast.operations_manager), visit(cast.department_head)
    finance = visit(cast.finance_reviewer)
    books = (
        create_dataset(manager, "成本台账", "ledger", cast.company.pk),
        create_dataset(manager, "2024年预算", "budget", cast.company.pk),
    )
    bring_in(manager, books[1], "预算.csv", budget(1, 12))
    collect(finance, manager, cast, books[0])
    month = review(finance, manager, books)
    look_into(head, month)
    deviation = Deviation.objects.unscoped("a test looks").get().pk
    leave_alone(*(Desk(window, deviation) for window in (head, manager, finance)))
    form = finance.go(reverse("costs:print", args=[month])).inner_text("main")
    assert f"无（{REASON}）" in form
    restate(finance, manager, month, books[0])
    seen = finance.go(f"{reverse('costs:overview')}?period=2024-Q2")
    assert "季度复盘" in seen.inner_text("main")
    finance.axe()
    finance.shot("cost-overview")
    report = finance.go(reverse("costs:report", args=[month]))
    assert report.locator("main table >> nth=0").locator("thead th").count() == 11
    finance.axe()
