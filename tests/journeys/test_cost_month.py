"""A month of costs from its collection to a restatement: a dear material is followed down to its
postings, countered and proved with the ledgers after it; what nobody could help is archived without
countermeasure, by approval.
"""

import pytest
from django.urls import reverse

from opsloop.costs import actions
from opsloop.org import clock
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.conftest import Travel
from tests.journeys.ledgers import (
    DEAR,
    DOCUMENTS,
    FAIR,
    LEDGER_HEADER,
    PLAN,
    budget,
    ledger,
)
from tests.journeys.steps import (
    Desk,
    Visits,
    bring_in,
    carry_out,
    create_dataset,
    fill,
    find_cause,
    press,
    save,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

MATERIAL, DUTY = "A材料采购", "进口关税"
REASON = "客观业绩增长，进口量增加30%"
DUTY_PAID = '2024-05,2024-05-28,记-091,制造费用,进口关税,采购部,"65,000.00",,海关\n'
DUTY_PLANNED = '2024-05,制造费用,进口关税,采购部,"50,000",\n'
LATE = f'{LEDGER_HEADER}\n2024-05,2024-05-31,记-099,制造费用,进口关税,采购部,"1,000.00",,海关\n'


def books_of(manager: Visit, cast: Cast) -> tuple[int, int]:
    """The plan of the year and the months before; May has yet to be delivered."""
    books = (
        create_dataset(manager, "成本台账", "ledger", cast.company.pk),
        create_dataset(manager, "2024年预算", "budget", cast.company.pk),
    )
    bring_in(manager, books[1], "预算.csv", budget(1, 12) + DUTY_PLANNED.encode())
    before = ledger(m2024_02=DEAR, m2024_03=DEAR, m2024_04=DEAR)
    bring_in(manager, books[0], "台账2-4月.csv", before)
    return books


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
    bring_in(manager, books, "台账5月.csv", ledger(m2024_05=DEAR) + DUTY_PAID.encode("gb18030"))
    actions.keep(now=clock.now())
    delivered = finance.go(reverse("costs:collection")).inner_text("main table >> nth=0")
    assert "已提交" in delivered
    assert "2024-06-03" in delivered
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


def deviation_of(window: Visit, month: int, item: str) -> Desk:
    """From the item's line in the form to its deviation."""
    page = window.go(reverse("costs:detail", args=[month]))
    press(page, f"#cost-form tr:has-text('{item}') a[href*='/loop/']")
    return Desk(window, int(page.url.rstrip("/").rpartition("/")[2]))


def drill_down(head: Visit, month: int) -> None:
    """From the form to the line, its postings, the row of the file, and its price."""
    page = head.go(reverse("costs:detail", args=[month]))
    press(page, f"#cost-form a:has-text('{MATERIAL}')")
    assert f"{DOCUMENTS} 笔" in page.inner_text("main")
    head.axe()
    head.shot("cost-line")
    press(page, "main p a[href*='/facts/'] >> nth=0")
    assert page.locator("main tbody tr").count() == DOCUMENTS
    head.axe()
    assert page.locator("main tbody a").count() == 0, "the ledger itself is the company's"
    page = head.go(reverse("costs:detail", args=[month]))
    press(page, ".ol-actions a[href$='/effects/']")
    split = page.locator(f"main tr:has-text('{MATERIAL}')").inner_text()
    assert "500.00" in split, "the price of the budget"
    head.axe()
    head.shot("cost-effects")


def trace(finance: Visit, month: int) -> None:
    """Who may read the ledger goes on to the row of the file."""
    page = finance.go(reverse("costs:detail", args=[month]))
    press(page, f"#cost-form tr:has-text('{MATERIAL}') td.num a >> nth=1")
    press(page, "main tbody a >> nth=0")
    assert "记-001" in page.inner_text("main"), "the row as the file has it"


def explain(head: Visit, month: int) -> None:
    """The reason is written beside the line and agrees with its numbers."""
    page = head.go(reverse("costs:detail", args=[month]))
    press(page, f"#cost-form a:has-text('{DUTY}')")
    save(page, reason=REASON, controllable="no", lasting="permanent")
    assert REASON in page.input_value("[name=reason]")
    assert "未解释" not in page.inner_text(".ol-aside")


def leave_alone(head: Desk, approver: Desk, finance: Desk) -> None:
    """What nobody can control is archived without countermeasure once somebody else agreed."""
    head.next("confirm")
    head.do("uncontrollable", comment=REASON)
    head.do("evidence", comment="海关税款缴款书 2024-05")
    approver.do("approve-uncontrollable")
    finance.do("archive", comment="业绩增长所致，不设措施")
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


def prove(approver: Desk, finance: Desk, books: int) -> None:
    """The ledgers of the months after come in; the same number is computed again."""
    content = ledger(m2024_06=DEAR, m2024_07=FAIR)
    bring_in(approver.window, books, "台账6-7月.csv", content)
    approver.next("evaluate")
    assert "有效" in approver.open().inner_text("#verification h2 + *")
    approver.window.axe()
    finance.next("accept", comment="单价已回到预算")
    assert "已归档" in finance.open().inner_text(".ol-subtitle")


def read_afterwards(finance: Visit, month: int) -> None:
    """The printed form and the report tell all of it; the quarter sums it up."""
    form = finance.go(reverse("costs:detail", args=[month]))
    press(form, ".ol-actions a[href$='/print/']")
    printed = form.inner_text("main")
    for told in (f"无（{REASON}）", PLAN.what, PLAN.root, "孙专员"):
        assert told in printed
    finance.axe()
    finance.shot("cost-printed")
    report = finance.go(reverse("costs:report", args=[month]))
    assert report.locator("main table >> nth=0").locator("thead th").count() == 11
    finance.axe()
    seen = finance.go(f"{reverse('costs:overview')}?period=2024-Q2")
    assert "季度复盘" in seen.inner_text("main")
    finance.axe()
    finance.shot("cost-overview")


def test_a_month_is_collected_reviewed_countered_proved_locked_and_restated(
    visit: Visits, cast: Cast, travel: Travel
):
    travel("2024-06-03")
    manager, head = visit(cast.operations_manager), visit(cast.department_head)
    finance, employee = visit(cast.finance_reviewer), visit(cast.employee)
    books = books_of(manager, cast)
    collect(finance, manager, cast, books[0])
    month = review(finance, manager, books)
    drill_down(head, month)
    trace(finance, month)
    explain(head, month)
    given = deviation_of(head, month, DUTY).deviation
    leave_alone(*(Desk(window, given) for window in (head, manager, finance)))
    owner = deviation_of(head, month, MATERIAL)
    approver, executor, accountant = (
        Desk(window, owner.deviation) for window in (manager, employee, finance)
    )
    find_cause(owner, PLAN)
    carry_out(owner, approver, executor, cast.employee, PLAN)
    travel("2024-06-20")
    owner.do("evidence", comment="框架协议 ZG-2024-06")
    restate(finance, manager, month, books[0])
    travel("2024-08-02")
    prove(approver, accountant, books[0])
    read_afterwards(finance, month)
