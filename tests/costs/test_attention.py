"""What a month says needs attention first."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from opsloop.costs import actions, attention, queries
from opsloop.costs.keys import LineKey
from opsloop.loop.models import Deviation
from opsloop.org.clock import today
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER

MATERIAL = LineKey("原材料成本", "A材料采购", "采购部")
EXTRA = "2024-06,办公费用,咨询费,行政部,8000,记-9,乙公司\n"
LATER = date(2024, 8, 1)


def found(period, person, day=LATER):
    marks = queries.month(period, person).marks
    return [(one.kind, one.subject) for one in attention.findings(marks, person, day)]


def say(period, key, reason, cast):
    actions.write_note(
        period=period, line=key, reason=reason, controllable="", lasting="",
        department=cast.company, by=None, now=NOW,
    )  # fmt: skip


def test_lines_beyond_the_threshold_without_a_reason_come_largest_first(month, cast):
    period = month()
    say(period, LineKey("制造费用", "设备水电费", "生产部"), "高温，用电量增加", cast)
    told = [subject for kind, subject in found(period, cast.executive) if kind == "silent"]
    assert told == [
        "原材料成本 · A材料采购 · 采购部", "人工成本 · 销售人员绩效 · 销售部",
        "办公费用 · 招待费 · 行政部",
    ]  # fmt: skip
    shown = queries.month(period, cast.executive, queries.View(show="silent"))
    assert {row.key.item for row in shown.rows} == {"A材料采购", "销售人员绩效", "招待费"}
    assert shown.counts["silent"] == 3


def test_c55_a_reason_the_numbers_contradict_stands_above_a_missing_one(month, cast):
    period = month()
    say(period, MATERIAL, "市场价格上涨20%，采购量增加10%", cast)
    one = attention.findings(
        queries.month(period, cast.executive).marks, cast.executive, LATER
    )[0]  # fmt: skip
    assert (one.kind, one.subject) == ("doubted", MATERIAL.label)
    assert "660,000.00" in one.text
    assert "−10,000.00" in one.text
    assert one.url == attention.line_url(period, MATERIAL)
    shown = queries.month(period, cast.executive, queries.View(show="doubted"))
    assert [row.key for row in shown.rows] == [MATERIAL]


def test_c37_spending_without_a_budget_is_named(month, cast):
    period = month(LEDGER + EXTRA, BUDGET)
    kinds = dict(found(period, cast.executive))
    assert kinds["unbudgeted"] == "办公费用 · 咨询费 · 行政部"


def test_many_of_a_kind_are_named_by_their_largest_and_one_link(month, cast):
    many = "".join(
        f"2024-06,办公费用,杂项{at},行政部,{at}00,记-{at},乙公司\n" for at in range(1, 9)
    )
    period = month(LEDGER + many, BUDGET)
    told = [subject for kind, subject in found(period, cast.executive) if kind == "unbudgeted"]
    assert len(told) == attention.NAMED + 1
    assert told[0] == "办公费用 · 杂项8 · 行政部"


def test_a_department_that_has_not_delivered_is_named_until_it_has(books, month, cast):
    actions.assign_duty(
        ledger=books.ledger, department=cast.purchasing, person=cast.operations_manager,
        source="采购台账", by=cast.finance_reviewer, now=NOW,
    )  # fmt: skip
    actions.keep(now=datetime(2024, 7, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai")))
    period = month()
    assert ("uncollected", "采购部") in found(period, cast.executive)
    actions.keep(now=datetime(2024, 7, 2, 8, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert "uncollected" not in dict(found(period, cast.executive))


def test_after_the_review_deviations_wait_for_their_owner(month, cast):
    period = month()
    assert dict(found(period, cast.executive))["unreviewed"] == "2024-06"
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    told = found(period, cast.executive, today())
    assert "unreviewed" not in dict(told)
    waiting = Deviation.objects.unscoped("a test looks").filter(state="pending_confirmation")
    assert {subject for kind, subject in told if kind == "unconfirmed"} == {
        one.dimension_label for one in waiting
    }
    assert waiting
