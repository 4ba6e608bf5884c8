"""The example cost form, read as it is, says everything that is wrong with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.costs.remarks import check
from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.exchange.columns import FilledSheet, SheetRow
from tests.filled_forms import example, facts, with_cells

LINE = {
    "category": "原材料成本", "item": "A材料采购", "base": Decimal(500_000),
    "actual": Decimal(650_000), "accountable_department": "采购部",
}  # fmt: skip
STATED = {
    "nature": "直接", "base_kind": "budget", "base_price": Decimal(5), "base_quantity": Decimal(7),
    "controllable": "controllable", "expected_effect": "单价回到5元", "actual_effect": "待跟踪",
}  # fmt: skip


def form(*rows, **header):
    lines = tuple(
        SheetRow(str(number), {**LINE, **row}) for number, row in enumerate(rows, start=1)
    )
    return FilledSheet(COST_ANALYSIS, {"period": "2024-06", "reviewer": "王会计", **header}, lines)


def said(code, *rows):
    return [fact[1:] for fact in facts(check(form(*rows))) if fact[0] == code]


def test_the_example_form_says_everything_that_is_wrong_with_it():
    assert facts(check(example(COST_ANALYSIS))) == [
        ("X-18", "1", "reason", "660,000.00", "650,000.00"),
        ("X-23", "1", "accountable_department", "", "采购部"),
        ("X-23", "1", "countermeasure", "", "引入2家替代供应商，签订锁价协议"),
        ("X-26", "2", "rate", "−4.2%", "+15.0%"),
        ("X-25", "3", "category", "管理费用", "办公费用"),
        ("X-25", "3", "item", "销售费用", "办公费用"),
        ("X-27", "4", "base", "", ""),
        ("X-33", "1", "owner", "", "*经理"),
        ("X-33", "2", "owner", "", "*主管"),
        ("X-33", "3", "owner", "", "*主任"),
        ("X-33", "4", "owner", "", "*主任"),
        ("X-24", "", "", "", ""),
    ]


def test_the_residual_is_named_and_explained():
    (remark, *_) = check(example(COST_ANALYSIS))
    assert (
        "−10,000.00" in remark.text
        and "价格 +20.0%、数量 +10.0%" in remark.text
        and "+32.0%" in remark.text
        and "相加" in remark.text
    )


def test_a_reason_that_multiplies_out_needs_no_word():
    assert said("X-18", {"reason": "价格上涨20%，采购量增加10%", "actual": Decimal(660_000)}) == []
    assert said("X-18", {"reason": "价格上涨25%"}) == [
        ("1", "reason", "625,000.00", "650,000.00")
    ]  # fmt: skip


def test_growth_is_not_overspending():
    """T-05: commission 200 000 on +20 % sales flexes to 240 000; 230 000 is 10 000 favourable."""
    (remark,) = (r for r in check(example(COST_ANALYSIS)) if r.code == "X-26")
    assert "240,000.00" in remark.text and "−10,000.00" in remark.text and "有利" in remark.text
    drivers = {"base_driver": Decimal(100), "actual_driver": Decimal(130)}
    assert said("X-26", drivers) == [("1", "rate", "0.0%", "+30.0%")]
    assert said("X-26", {"reason": "销售额超额20%", "behaviour": "fixed"}) == []


def test_a_fall_after_a_rise_needs_a_quantity_to_be_true():
    """X-19: −15 % after +20 % is ×1.02; +5 % needs +2.9 % quantity, stated are +10 %: +12.2 %."""
    row = {
        "reason": "市场价格上涨20%，采购量增加10%", "actual_effect": "8月A材料单价下降15%，差异率30%→5%",
    }  # fmt: skip
    assert said("X-19", row) == [("1", "actual_effect", "+12.2%", "+5.0%")]
    (remark,) = (r for r in check(form(row)) if r.code == "X-19")
    assert "1.02" in remark.text and "+2.9%" in remark.text
    assert said("X-19", row | {"actual_effect": "8月A材料单价下降15%，差异率30%→12.2%"}) == []
    assert said("X-19", row | {"reason": "采购量增加10%"}) == []


def test_a_promise_without_base_is_seen_from_the_budget():
    """X-20: 8 % off 650 000 is 598 000, still 19.6 % over June's budget."""
    row = {"expected_effect": "7月31日前完成3家比价，预计8月采购成本降低8%"}
    assert said("X-20", row) == [("1", "expected_effect", "+19.6%", "8%")]
    (remark,) = (r for r in check(form(row)) if r.code == "X-20")
    assert "598,000.00" in remark.text
    assert said("X-20", {"expected_effect": "废品率降低8%"}) == []
    assert said("X-20", row | {"base": Decimal(0)}) == []


def test_a_category_beside_its_only_item_is_counted_twice():
    assert said("X-21", {"item": ""}, {}) == [("1", "item", "", "")]
    assert said("X-21", {"item": "合计"}) == [("1", "item", "", "合计")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"variance": Decimal(150_001)}, [("C-06", "1", "variance", "+150,000.00", "+150,001.00")]),
        ({"variance": Decimal(150_000), "rate": Decimal("0.3")}, []),
        ({"rate": Decimal("0.25")}, [("C-07", "1", "rate", "+30.0%", "+25.0%")]),
        ({"actual": Decimal(666_500), "rate": Decimal("0.33")}, []),  # 33.3 %, written rounded
        ({"actual": Decimal(666_500), "rate": Decimal("0.335")},
         [("C-07", "1", "rate", "+33.3%", "+33.5%")]),
        ({"base": Decimal(0), "rate": Decimal("0.3")}, []),
    ],
)  # fmt: skip
def test_the_arithmetic_of_a_line(row, expected):
    assert [fact for fact in facts(check(form(row))) if fact[0].startswith("C-")] == expected


def test_units_of_the_text_are_turned_into_those_of_the_table():
    assert said("X-28", {"reason": "预算50万元"}) == [("1", "reason", "500,000.00", "50万元")]


def test_exactly_ten_percent_is_not_over_the_threshold():
    assert said("X-27", {"actual": Decimal(550_000)}) == [("1", "rate", "+10.0%", "+10.0%")]
    assert said("X-27", {"reason": "夏季空调", "base_kind": "prior_year"}) == []


def test_a_class_of_nobody_is_to_be_mapped():
    assert said("X-25", {"category": "杂费"}) == [("1", "category", "", "杂费")]


def test_an_account_with_two_homes_in_one_form():
    rows = [
        {"category": "制造费用", "item": "设备水电费"}, {"category": "管理费用", "item": "办公水电费"},
        {"category": "制造费用", "item": "车间水电费", "base": Decimal(1)},
    ]  # fmt: skip
    assert said("X-25", *rows) == [("2", "item", "制造费用", "管理费用")]


def test_every_remark_of_a_class_speaks_chinese_and_names_nothing_empty():
    rows = [
        {"category": "杂费"}, {"category": "办公费"}, {"reason": "新客户开发"},
        {"reason": "新客户开发", "accountable_department": ""},
        {"category": "", "item": "办公水电费"}, {"item": "设备水电费"},
        {"category": "人工成本", "item": "车间水电费", "base": Decimal(1)},
    ]  # fmt: skip
    texts = [remark.text for remark in check(form(*rows)) if remark.code == "X-25"]
    assert len(texts) == 5
    assert not [text for text in texts if "“”" in text or any("a" <= sign <= "z" for sign in text)]


def test_a_kept_form_is_asked_only_for_what_it_declares():
    kept = form({})
    rows = tuple(replace(row, version="v1") for row in kept.rows)
    (remark,) = (r for r in check(replace(kept, rows=rows)) if r.code == "X-24")
    assert "可控" in remark.text and "预期效果" not in remark.text


def test_a_line_without_amounts_is_only_read():
    assert said("X-18", {"reason": "价格上涨20%", "base": None}) == []


def test_a_due_day_nobody_works():
    assert said("X-32", {"due_on": date(2024, 6, 30)}) == [
        ("1", "due_on", "2024-06-28 / 2024-07-01", "2024-06-30")
    ]  # fmt: skip


def test_a_consistent_form_says_nothing():
    assert check(form({**STATED, "reason": "锁价到期，单价上涨30%", "owner": "王伟",
                       "due_on": date(2024, 7, 31)})) == ()  # fmt: skip
    assert check(replace(form(), rows=())) == ()


@given(st.integers(-50, 100), st.integers(-50, 100), st.integers(1, 10**6))
def test_claims_that_multiply_to_the_amount_are_never_questioned(price, quantity, base):
    """Σ of a form is exact whatever the changes: the product of both claims leaves no residual."""
    actual = Decimal(base) * (100 + price) * (100 + quantity)
    words = f"价格变动{price:+d}%，采购量变动{quantity:+d}%"
    row = {"base": Decimal(base) * 10_000, "actual": actual, "reason": words}
    assert said("X-18", row) == []


def test_cells_may_be_changed_without_touching_the_rest():
    changed = with_cells(example(COST_ANALYSIS), {("1", "actual"): Decimal(660_000)})
    assert ("X-18", "1") not in [(r.code, r.row) for r in check(changed)]
