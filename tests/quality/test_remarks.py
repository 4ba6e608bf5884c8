"""The example inspection form, read as it is, says everything that is wrong with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from opsloop.analysis.severity import Severity
from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.quality.remarks import check, computed_severity, reading_of
from opsloop.quality.sheet import SERVICE_INSPECTION
from opsloop.quality.standards import library
from tests.filled_forms import example, facts

CASE = {
    "inspected_on": date(2024, 6, 5), "touchpoint": "客服响应", "method": "mystery_shopper",
    "problem": "客服等待35秒才接听", "severity": "moderate", "responsible": "客服部王芳",
    "rectification": "增加高峰期人员", "due_on": date(2024, 6, 7), "status": "done",
    "recheck_result": "6月12日抽查60次，均在30秒内接听", "ticket": "20240605-001",
    "standard": "30秒内接听", "measured": Decimal(35), "limit": Decimal(30),
    "comparator": "at_most", "unit": "秒", "inspector": "李明", "actual_finish": date(2024, 6, 7),
    "recheck_by": "赵强", "rechecked_on": date(2024, 6, 12), "recheck_count": Decimal(60),
}  # fmt: skip


def form(*rows):
    cases = tuple(SheetRow(str(n), {**CASE, **row}) for n, row in enumerate(rows, start=1))
    return FilledSheet(SERVICE_INSPECTION, {}, cases)


def said(code, *rows):
    return [fact[1:] for fact in facts(check(form(*rows), standards=())) if fact[0] == code]


def test_the_example_form_says_everything_that_is_wrong_with_it():
    assert facts(check(example(SERVICE_INSPECTION))) == [
        ("X-08", "1", "severity", "严重", "一般"),
        ("X-13", "1", "due_on", "2024-06-08 / 2024-06-11", "2024-06-10"),
        ("X-13", "1", "recheck_result", "", "2024-06-10"),
        ("X-13", "1", "recheck_result", "< 95.0%", "n = 1"),
        ("X-17", "1", "due_on", "2024-06-07 / 2024-06-11", "2024-06-10"),
        ("X-17", "1", "recheck_result", "", "2024-06-10"),
        ("X-10", "2", "severity", "≥ 93.6 小时", "超过72小时"),
        ("X-16", "2", "time_basis", "", "72 小时"),
        ("X-16", "2", "question_class", "24 小时 / 72 小时", ""),
        ("X-11", "2", "rectification", "问责、绩效扣减、培训、客户致歉", "已完成"),
        ("X-11", "2", "recheck_result", "", "客户确认解决问题"),
        ("X-17", "2", "inspected_on", "", "2024-06-08"),
        ("X-17", "2", "due_on", "2024-06-07 / 2024-06-11", "2024-06-09"),
        ("X-33", "2", "problem", "", "工单“5”"),
        ("X-13", "3", "recheck_result", "< 95.0%", "n = 1"),
        ("X-17", "3", "inspected_on", "", "2024-06-10"),
        ("X-12", "4", "severity", "问责、客户致歉、上门致歉、客户损失、管理层审批", "重大"),
        ("X-12", "4", "method", "", ""),
        ("X-12", "4", "responsible", "", "客服部*经理"),
        ("X-17", "4", "inspected_on", "", "2024-06-15"),
        ("X-33", "1", "responsible", "", "客服部*专员"),
        ("X-33", "2", "responsible", "", "售后部*主管"),
        ("X-33", "3", "responsible", "", "物流部*司机"),
        ("X-33", "4", "responsible", "", "客服部*经理"),
        ("X-15", "", "touchpoint", "2 / 7", ""),
        ("X-14", "", "", "", ""),
    ]


def test_forty_seconds_are_a_third_beyond_thirty():
    (remark, *_) = check(example(SERVICE_INSPECTION))
    assert "33.3%" in remark.text and "40 秒" in remark.text


@pytest.mark.parametrize(
    ("problem", "grade"),
    [
        ("客服等待33秒才接听", Severity.MINOR),
        ("客服等待33.1秒才接听", Severity.MODERATE),
        ("客服等待29秒才接听", Severity.NONE),
        ("超过40秒才接听", Severity.MAJOR),  # whatever it was, it was major
        ("超过31秒才接听", None),
    ],
)
def test_the_grade_of_a_sentence(problem, grade):
    row = SheetRow("1", {"touchpoint": "客服响应", "problem": problem})
    reading = reading_of(row, library())
    assert reading is not None
    assert computed_severity(reading) is grade


@pytest.mark.parametrize(
    ("touchpoint", "problem", "key"),
    [
        ("售后工单处理", "工单超过72小时未给出解决方案", "complex_plan"),
        ("售后工单处理", "30小时未解决", "simple_solution"),
        ("售后工单处理", "6小时才响应", "ticket_response"),
        ("在线咨询", "5分钟后才回复", "online_reply"),
        ("售后服务", "本月满意度4.1分", "satisfaction"),
        ("售后服务", "本月问题解决率92%", "resolution_rate"),
    ],
)
def test_the_standard_a_sentence_speaks_of(touchpoint, problem, key):
    reading = reading_of(SheetRow("1", {"touchpoint": touchpoint, "problem": problem}), library())
    assert reading is not None
    assert reading.standard.key == key


@pytest.mark.parametrize(
    ("cells", "grade", "values"),
    [
        ({}, Severity.MAJOR, "≥ 39 秒"),
        ({}, Severity.MODERATE, "> 33 秒"),
        ({}, Severity.CRITICAL, ""),
        ({"limit": Decimal("4.5"), "comparator": "at_least", "unit": "分"}, Severity.MAJOR,
         "≤ 3.15 分"),
        ({"limit": Decimal(95), "comparator": "at_least", "unit": "%"}, Severity.MAJOR, "≤ 93.5 %"),
    ],
)  # fmt: skip
def test_the_values_that_give_a_grade(cells, grade, values):
    reading = reading_of(SheetRow("1", {**CASE, **cells}), ())
    assert reading is not None
    assert reading.needed(grade) == values


def test_what_no_standard_speaks_of_has_no_grade():
    row = SheetRow("1", {"touchpoint": "产品交付服务", "problem": "未讲解注意事项"})
    assert reading_of(row, library()) is None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"measured": Decimal(40)}, [("1", "severity", "严重", "一般")]),
        ({"measured": Decimal(31)}, [("1", "severity", "轻微", "一般")]),
        ({"measured": Decimal(31), "impact": "客户投诉"}, []),
        ({"measured": Decimal(3), "limit": Decimal("4.5"), "comparator": "at_least", "unit": "分"},
         [("1", "severity", "严重", "一般")]),
        ({"measured": Decimal("93.4"), "limit": Decimal(95), "comparator": "at_least", "unit": "%"},
         [("1", "severity", "严重", "一般")]),
    ],
)  # fmt: skip
def test_measured_values_of_their_own_columns(cells, expected):
    assert said("X-08", cells) == expected


def test_a_value_where_two_bands_meet_is_explained():
    assert said("X-09", {"measured": Decimal(33), "severity": "minor"}) == [
        ("1", "severity", "轻微", "轻微")
    ]  # fmt: skip


def test_a_limit_in_hours_asks_for_its_clock_and_class():
    cells = {"limit": None, "touchpoint": "售后工单", "problem": "超过72小时未给出方案"}
    settled = {"time_basis": "natural", "question_class": "complex"}
    codes = [fact[0] for fact in facts(check(form(cells | settled)))]
    assert "X-16" not in codes and "X-10" in codes
    open_ = {"severity": None} | cells | settled
    assert "X-10" not in [fact[0] for fact in facts(check(form(open_)))]


def test_duties_are_held_against_the_words_and_their_columns():
    cells = {"severity": "major", "measured": Decimal(45), "training": "6月20日已培训"}
    missing = [("1", "rectification", "问责、绩效扣减、客户致歉", "进行中")]
    assert said("X-11", cells | {"status": "in_progress"}) == missing


def test_a_critical_case_with_everything_recorded_says_nothing():
    evidence = "问责并扣减绩效，专项培训，上门道歉；客户流失损失5万元，总经理审批"
    cells = {"severity": "critical", "impact": evidence, "measured": Decimal(45)}
    assert said("X-12", cells) == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"due_on": date(2024, 6, 13)},
         [("1", "due_on", "2024-06-08 / 2024-06-11", "2024-06-13")]),
        ({"due_on": date(2024, 6, 8)}, []),
        ({"due_on": None}, []),
        ({"recheck_count": None, "recheck_result": "抽查3次，均合格"},
         [("1", "recheck_result", "< 63.2%", "n = 3")]),
        ({"recheck_count": Decimal(29)}, []),
    ],
)  # fmt: skip
def test_time_limits_and_recheck_samples(cells, expected):
    assert said("X-13", cells) == expected


def test_a_consistent_form_says_nothing():
    assert facts(check(form({}), standards=())) == []
    assert facts(check(replace(form(), rows=()))) == []
