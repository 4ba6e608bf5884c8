"""The example process form, read as it is, says everything that is wrong with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from opsloop.processes.remarks import check
from opsloop.processes.sheet import PROCESS_REVIEW
from tests.filled_forms import example, facts, with_cells


def test_the_example_form_says_everything_that_is_wrong_with_it():
    assert facts(check(example(PROCESS_REVIEW))) == [
        ("S1", "", "hours", "97.0 小时", ""),
        ("S2", "", "hours", "", ""),
        ("S5", "", "departments", "采购部", "采购部、财务部"),
        ("S3", "5", "name", "总经理审批", "完成采购入库"),
        ("X-30", "3", "outputs", "", "审核结果"),
        ("X-30", "4", "outputs", "", "复核意见"),
        ("S4", "", "", "", ""),
    ]


def test_the_total_of_a_report_is_compared_with_the_steps():
    """S1 and X-29: the steps make 97 h, the report says 96 h."""
    (first, *_) = check(example(PROCESS_REVIEW, stated_hours=Decimal(96)))
    assert facts((first,)) == [("S1", "", "hours", "97.0 小时", "96.0 小时")]
    assert first.tone == "warn"
    assert "97.0 小时" in first.text and "96.0 小时" in first.text


def test_a_step_without_hours_makes_the_total_too_low():
    form = with_cells(example(PROCESS_REVIEW), {("2", "hours"): None})
    assert [r.text for r in check(form) if r.code == "S1" and r.tone == "warn"] == [
        "部分步骤未填耗时，合计偏低。"
    ]


def test_a_consistent_form_has_nothing_to_say():
    form = example(
        PROCESS_REVIEW, stated_hours=Decimal(97), hours_basis="自然时间", departments="采购部",
        end_event="总经理审批",
    )  # fmt: skip
    asked = dict.fromkeys(
        ("form_or_system", "return_rate", "reentry_count", "symptom", "ecrs", "root_cause",
         "countermeasure", "verification"), "OA",
    )  # fmt: skip
    inputs = {("4", "inputs"): "审核结果", ("5", "inputs"): "审批意见、复核意见"}
    form = with_cells(form, inputs | {("1", key): text for key, text in asked.items()})
    found = check(replace(form, header={**form.header, "departments": "采购部"}))
    assert [remark.code for remark in found] == ["S2"]


def test_a_due_day_nobody_works_is_offered_both_neighbours():
    form = with_cells(example(PROCESS_REVIEW), {("1", "due_on"): date(2024, 6, 10)})
    assert ("X-32", "1", "due_on", "2024-06-07 / 2024-06-11", "2024-06-10") in facts(check(form))


def test_of_a_year_without_published_holidays_nothing_is_guessed():
    form = with_cells(example(PROCESS_REVIEW), {("1", "due_on"): date(2035, 6, 9)})
    (remark,) = (remark for remark in check(form) if remark.code == "X-32")
    assert (remark.tone, remark.computed) == ("info", "")


def test_an_empty_form_says_nothing():
    assert check(replace(example(PROCESS_REVIEW), rows=())) == ()


def test_the_records_of_the_tool_know_who_answers():
    form = example(PROCESS_REVIEW)
    kept = replace(form, rows=tuple(replace(row, version="v1") for row in form.rows))
    assert "S5" not in {remark.code for remark in check(kept)}
