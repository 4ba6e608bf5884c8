"""The process form as a grid over the real room: pasted from a spreadsheet, edited by two people."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from opsloop.processes.models import Process, Step
from tests.browser import Visit
from tests.conftest import Cast
from tests.journeys.clipboards import PROCESS_FORM, paste
from tests.journeys.steps import Visits, save

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

NAMES = ["填写申请表", "部门经理审批", "采购部审核", "财务部复核", "总经理审批"]


@pytest.fixture
def process(visit: Visits, cast: Cast) -> int:
    """A process with an empty step table, made on its page by the head of purchasing."""
    window = visit(cast.department_head)
    page = window.go(reverse("processes:create"))
    save(
        page, name="采购审批", department=cast.purchasing.pk, owner=cast.department_head.pk,
        start_event="提交采购申请", end_event="完成采购入库",
    )  # fmt: skip
    return Process.objects.unscoped("a test looks").get().pk


def open_sheet(window: Visit, process: int) -> Page:
    page = window.go(reverse("sheets:form", args=["process_review", process]))
    page.wait_for_selector("[data-grid][data-ready]")
    return page


def steps() -> list[tuple[str, str, int | None]]:
    found = Step.objects.unscoped("a test looks").order_by("position")
    rows = found.values_list("name", "role", "minutes")
    return [(name, role, minutes) for name, role, minutes in rows]


def cell(page: Page, place: int, key: str):
    return page.locator(f".tabulator-row[data-row] >> nth={place}").locator(
        f"[tabulator-field='c:{key}']"
    )


def saved(page: Page) -> None:
    expect(page.locator(".gr-status[data-state=saved] [role=status] .icon")).to_be_visible()


def forget_refusals(*windows: Visit) -> None:
    """The browser writes every refused request to its console; those of a test are wanted."""
    for window in windows:
        window.complaints[:] = [line for line in window.complaints if "Failed to load" not in line]


def paste_form(page: Page) -> None:
    page.locator(".gr-empty").click()
    paste(page, PROCESS_FORM)
    page.locator("dialog.gr-dialog .btn-primary").click()
    expect(page.locator(".tabulator-row[data-row]")).to_have_count(5)


def test_the_printed_form_is_pasted_with_a_preview_and_is_one_undo(
    visit: Visits, cast: Cast, process: int
):
    window = visit(cast.department_head)
    page = open_sheet(window, process)
    window.axe()
    page.locator(".gr-empty").click()
    paste(page, PROCESS_FORM)
    dialog = page.locator("dialog.gr-dialog")
    expect(dialog).to_contain_text("按表头对应各列")
    expect(dialog).to_contain_text("新增 5 行")
    expect(dialog.locator(".gr-wrong")).to_contain_text("两天半")
    window.axe()
    window.shot("sheet-paste")
    dialog.locator(".btn-primary").click()
    expect(page.locator(".tabulator-row[data-row]")).to_have_count(5)
    assert steps() == [
        ("填写申请表", "申请人", 60), ("部门经理审批", "部门经理", 1440), ("采购部审核", "部门经理", 720),
        ("财务部复核", "财务经理", 720), ("总经理审批", "总经理", None),
    ]  # fmt: skip
    expect(page.locator(".gr-header")).to_contain_text("2024-05-20")
    window.shot("sheet-grid")

    cell(page, 4, "hours").click()
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    saved(page)
    assert steps()[4][2] == 48 * 60
    page.keyboard.press("Control+z")
    expect(cell(page, 4, "hours").locator(".gr-value")).to_have_text("")
    page.keyboard.press("Control+z")
    expect(page.locator(".tabulator-row[data-row]")).to_have_count(0)
    assert steps() == []
    page.keyboard.press("Control+y")
    expect(page.locator(".tabulator-row[data-row]")).to_have_count(5)
    assert [name for name, _role, _minutes in steps()] == NAMES


def test_two_people_change_one_cell_and_the_second_decides(visit: Visits, cast: Cast, process: int):
    window, other = visit(cast.department_head), visit(cast.operations_manager)
    page = open_sheet(window, process)
    paste_form(page)
    there = open_sheet(other, process)
    cell(there, 1, "role").click()
    there.keyboard.type("运营经理")
    there.keyboard.press("Enter")
    saved(there)
    cell(page, 1, "role").click()
    page.keyboard.type("采购经理")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog.gr-dialog")
    expect(dialog).to_contain_text("运营经理")
    expect(dialog).to_contain_text("陈运营")
    assert steps()[1][1] == "运营经理"
    window.axe()
    window.shot("sheet-conflict")
    dialog.locator("input[value=mine]").check()
    dialog.locator(".btn-primary").click()
    expect(cell(page, 1, "role").locator(".gr-value")).to_have_text("采购经理")
    saved(page)
    assert steps()[1][1] == "采购经理"

    forget_refusals(window, other)


def test_a_word_is_replaced_in_every_cell(visit: Visits, cast: Cast, process: int):
    page = open_sheet(visit(cast.department_head), process)
    paste_form(page)
    cell(page, 0, "name").click()
    page.keyboard.press("Control+f")
    page.keyboard.type("审批")
    page.get_by_label("替换为").fill("核准")
    page.get_by_role("button", name="全部替换").click()
    expect(cell(page, 1, "name").locator(".gr-value")).to_have_text("部门经理核准")
    saved(page)
    assert steps()[4][0] == "总经理核准"


def test_on_a_phone_a_step_is_a_card_and_edited_in_its_own_sheet(
    visit: Visits, cast: Cast, process: int
):
    window = visit(cast.department_head, width=390)
    page = open_sheet(window, process)
    page.get_by_role("button", name="插入行").click()
    page.get_by_label("流程步骤").fill("填写申请表")
    page.get_by_label("耗时").fill("半天左右")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("dialog.gr-sheet .ol-field-error")).to_be_visible()
    expect(page.get_by_label("流程步骤")).to_have_value("填写申请表")
    page.get_by_label("耗时").fill("30分钟")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".gr-card")).to_have_count(1)
    window.axe()
    window.shot("sheet-card")
    assert steps() == [("填写申请表", "", 30)]
    forget_refusals(window)
