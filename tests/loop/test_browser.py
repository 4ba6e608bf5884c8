"""The loop's pages in Chromium: readable by everybody, in both sizes and themes."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.loop import actions
from tests.loop import figures


@pytest.mark.journey
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_no_page_of_the_loop_has_an_accessibility_violation(story, visit, width, theme):
    window = visit(story.cast.department_head, width=width, theme=theme)
    for name in ("desk", "list", "lessons", "dashboard"):  # empty first
        window.go(reverse(f"loop:{name}"))
        window.axe()
    judged = story.judged()
    waiting = story.raised(dimension="d2", dimension_label="报销流程 · 单据初审")
    planned = story.planning(story.confirmed(story.raised(dimension="d3")))
    measure = story.proposed(planned)
    for name in ("desk", "list", "dashboard"):
        window.go(reverse(f"loop:{name}"))
        window.axe()
    for deviation in (judged, waiting, planned):
        window.go(reverse("loop:detail", args=[deviation.pk]))
        window.axe()
    for kind, pk, verb in (
        ("deviation", waiting.pk, "confirm"),
        ("deviation", planned.pk, "propose"),
        ("countermeasure", measure.pk, "approve"),
    ):
        window.go(reverse("loop:act", args=[kind, pk, verb]))
        window.axe()


@pytest.mark.journey
def test_a_head_goes_from_the_desk_to_an_archived_deviation(story, visit):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    deviation = story.judged()
    window = visit(story.cast.department_head, width=390)
    page = window.go(reverse("loop:desk"))
    page.get_by_text("接受验证结论：有效").click()
    page.get_by_role("link", name="接受验证结论").click()
    page.get_by_role("button", name="接受验证结论").click()
    page.wait_for_url(f"**{reverse('loop:detail', args=[deviation.pk])}")
    assert page.locator(".lp-steps").inner_text()
    page.goto(window.base + reverse("loop:lessons"))
    assert page.get_by_text("报销标准没有写进表单").count() == 1


@pytest.mark.journey
def test_the_list_of_owners_follows_the_department_without_a_reload(story, visit):
    planned = story.planning()
    assert actions.current_plan(planned) is None
    window = visit(story.cast.employee)
    page = window.go(reverse("loop:act", args=["deviation", planned.pk, "propose"]))
    page.get_by_label("改进措施").fill("培训")
    page.get_by_label("责任部门").select_option(label="销售部")
    owners = page.get_by_label("责任人")
    owners.locator("option", has_text="周销售").wait_for(state="attached")
    assert page.get_by_label("改进措施").input_value() == "培训"
    assert Decimal(page.get_by_label("当前值 (%)").input_value()) == 15
    assert page.get_by_label("开始时间").input_value() >= date(2024, 6, 5).isoformat()
