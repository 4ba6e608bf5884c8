"""The cost form as a grid: a block from a spreadsheet finds its rows by their names; the other forms
are pasted into the page that checks them.
"""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from opsloop.costs.actions import define_period
from opsloop.costs.models import LineNote
from tests.browser import Visit
from tests.conftest import NOW, Cast
from tests.costs.conftest import BUDGET, LEDGER, make_books
from tests.journeys.clipboards import COST_FORM, paste
from tests.journeys.steps import Visits, press

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
EXAMPLES = Path(__file__).parents[1] / "example_forms"
REASONS = {row[0]: row[3] for row in COST_FORM[1:] if row[0] != "咨询费"}


@pytest.fixture
def sheet(visit: Visits, cast: Cast) -> tuple[Visit, Page]:
    """The form of June 2024 with the source's four lines, opened by finance."""
    books = make_books(cast.company)
    books.post(LEDGER)
    books.plan(BUDGET)
    month = define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    window = visit(cast.finance_reviewer)
    page = window.go(reverse("sheets:form", args=["cost_analysis", month.pk]))
    page.wait_for_selector("[data-grid][data-ready]")
    return window, page


def reasons() -> dict[str, str]:
    return {note.item: note.reason for note in LineNote.objects.all() if note.reason}


def test_a_pasted_cost_form_finds_its_lines_by_name_and_is_one_undo(sheet: tuple[Visit, Page]):
    window, page = sheet
    page.locator(".tabulator-row[data-row] >> nth=0").locator(
        "[tabulator-field='c:reason']"
    ).click()
    paste(page, COST_FORM)
    dialog = page.locator("dialog.gr-dialog")
    expect(dialog).to_contain_text("按表头对应各列")
    expect(dialog).to_contain_text("备注")
    expect(dialog.locator(".gr-wrong").first).to_contain_text("表单中没有这一行，也不能新增")
    expect(dialog.locator(".gr-new")).to_have_count(len(REASONS))
    expect(dialog).to_contain_text("管理费用 · 咨询费")
    expect(dialog).not_to_contain_text("新增 1 行")
    window.axe()
    window.shot("cost-sheet-paste")
    dialog.locator(".btn-primary").click()
    expect(page.locator(".gr-status[data-state=saved] [role=status] .icon")).to_be_visible()
    assert reasons() == REASONS
    for place in range(4):
        row = page.locator(f".tabulator-row[data-row] >> nth={place}")
        item = row.locator("[tabulator-field='c:item']").inner_text().strip()
        expect(row.locator("[tabulator-field='c:reason']")).to_contain_text(REASONS.get(item, ""))
    window.shot("cost-sheet-pasted")

    with page.expect_response("**/changes"):
        page.keyboard.press("Control+z")
    expect(page.get_by_text(REASONS["A材料采购"])).to_have_count(0)
    assert reasons() == {}
    with page.expect_response("**/changes"):
        page.keyboard.press("Control+y")
    expect(page.get_by_text(REASONS["A材料采购"])).to_have_count(1)
    assert reasons() == REASONS


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("task_tracking", "新产品X上市项目"),
        ("service_inspection", "X-08"),
        ("kpi_monitor", "产品合格率"),
    ],
)
def test_a_form_without_records_is_pasted_and_checked(visit: Visits, cast: Cast, form, said):
    window = visit(cast.employee)
    page = window.go(reverse("sheets:check", args=[form]))
    rows = (EXAMPLES / f"{form}.csv").read_text(encoding="utf-8").splitlines()
    page.fill("textarea[name=pasted]", "\n".join(row.replace(",", "\t") for row in rows))
    press(page, "main form button.btn-primary")
    assert said in page.inner_text("main")
    assert page.locator(".sh-paper >> nth=-1").locator("tbody tr").count() >= 4
    assert page.locator(".sh-said").count() > 0
    window.axe()
    window.shot(f"checked-{form}")
