"""The example KPI form, read as it is, says everything that is wrong with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.kpis.remarks import Plan, check
from opsloop.kpis.sheet import KPI_MONITOR
from tests.filled_forms import example, facts

ROW = {
    "level": "公司级", "name": "产量", "definition": "入库数量", "source": "MES",
    "frequency": "每日", "responsible": "生产部李明", "unit": "台", "direction": "higher",
    "target": Decimal(100), "warning_value": Decimal(90), "actual": Decimal(100),
}  # fmt: skip
NAMES = ("产量", "净利润", "市场占有率", "设备利用率", "人均产值")
QUARTERS = dict(
    zip(("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"),
        map(Decimal, (40_000, 45_000, 50_000, 55_000)), strict=True)
)  # fmt: skip
WRONG = Plan("营业收入", Decimal(20_000), QUARTERS)  # 万元: 2 亿 and 4 + 4.5 + 5 + 5.5 亿


def form(*rows, **header):
    """A form of five KPIs, the first ones changed as asked."""
    rows = (*rows, *({} for _ in range(5 - len(rows))))
    filled = tuple(
        SheetRow(str(n), {**ROW, "name": NAMES[n - 1], **row}) for n, row in enumerate(rows, 1)
    )
    return FilledSheet(KPI_MONITOR, header, filled)


def said(code, *rows):
    return [fact[1:] for fact in facts(check(form(*rows))) if fact[0] == code]


BARE = ("3", "4", "7", "8", "9", "10", "11", "12")  # no direction


def test_the_example_form_says_everything_that_is_wrong_with_it():
    rows = []
    for number in map(str, range(1, 14)):
        rows.append(("X-04", number, "definition", "", ""))
        if number == "2":
            rows.append(("K-07", number, "warning_value", "", ""))
        if number in BARE:
            rows.append(("X-05", number, "direction", "", ""))
    assert facts(check(example(KPI_MONITOR))) == [
        *rows,
        ("X-06", "10", "name", "营业收入", "销售额"),
        ("X-06", "2", "definition", "", "市场部*专员"),
        ("X-03", "", "level", "4", "部门级(生产部)"),
        ("X-03", "", "level", "4", "部门级(销售部)"),
        ("X-33", "1", "responsible", "", "财务部*专员"),
        ("X-33", "2", "responsible", "", "市场部*专员"),
        ("X-33", "6", "responsible", "", "质检部*专员"),
    ]


def test_quarters_larger_than_the_year_are_suspected_of_their_unit():
    """X-01: short by 1 000 万, 5 %, once the unit is mended; nothing is mended by itself."""
    (remark,) = (r for r in check(example(KPI_MONITOR), plans=[WRONG]) if r.code == "X-01")
    assert facts((remark,)) == [("X-01", "", "target", "190,000", "20,000")]
    assert "10倍" in remark.text and "1,000（5.0%）" in remark.text
    assert all(quarter in remark.text for quarter in QUARTERS)


def test_the_target_of_a_quarter_stands_in_the_breakdown_too():
    """X-02: 5 000 万元 in the form, 5 亿元 in the breakdown."""
    found = facts(check(example(KPI_MONITOR, period="2024-Q3"), plans=[WRONG]))
    assert ("X-02", "1", "target", "50,000", "5,000") in found
    other = replace(WRONG, parts={**QUARTERS, "2024-Q3": Decimal(6000)})
    assert ("X-02", "1", "target", "6,000", "5,000") in facts(
        check(example(KPI_MONITOR, period="2024-Q3"), plans=[other])
    )
    same = replace(WRONG, target=Decimal(5000), parts={"2024-Q3": Decimal(5000)})
    codes = [r.code for r in check(example(KPI_MONITOR, period="2024-Q3"), plans=[same])]
    assert not {"X-01", "X-02"} & set(codes)


def test_a_gap_that_is_no_matter_of_units_says_only_so():
    plan = Plan("产量", Decimal(100), {"2024-H1": Decimal(30), "2024-H2": Decimal(30)})
    (remark,) = check(form(), plans=[plan])
    assert (remark.computed, remark.written) == ("60", "100")
    assert "倍" not in remark.text


@pytest.mark.parametrize(
    ("row", "code", "expected"),
    [
        # The rule of the text on monthly data, on weekly data, and without any data.
        ({"frequency": "每月5日前", "rule": "连续两周低于预警值→启动销售复盘"}, "X-04",
         [("1", "rule", "每月5日前", "连续两周")]),
        ({"frequency": "每周", "rule": "连续两周低于预警值"}, "X-04", []),
        ({"frequency": None, "rule": "连续2个月低于预警值"}, "X-04",
         [("1", "frequency", "", ""), ("1", "rule", "未填", "连续2个月")]),
        ({"unit": None}, "X-28", [("1", "unit", "", "")]),
        ({"name": "员工流失率", "direction": None}, "X-05", [("1", "direction", "越低越好", "")]),
        ({"name": "员工流失率"}, "X-05", [("1", "direction", "越低越好", "越高越好")]),
        ({"warning_value": Decimal(110)}, "X-05", [("1", "warning_value", "", "110")]),
        ({"direction": "lower", "warning_value": Decimal(110)}, "X-05", []),
        ({"direction": "band"}, "X-05", [("1", "target_high", "", "")]),
        ({"direction": "band", "target_high": Decimal(120)}, "X-05", []),
        ({"warning_value": None}, "K-07", [("1", "warning_value", "", "")]),
        ({"name": "净利润"}, "X-02", [("2", "target", "100", "100")]),
        ({"attainment_rate": Decimal("1.004"), "difference": Decimal(0), "light": "green"},
         "K-12", []),
        ({"attainment_rate": Decimal("0.9"), "difference": Decimal(-10), "light": "red"}, "K-12",
         [("1", "attainment_rate", "100.0%", "90.0%"), ("1", "difference", "0", "−10"),
          ("1", "light", "绿", "红")]),
        ({"actual": Decimal(95)}, "K-13", [("1", "reason", "", "")]),
        ({"actual": Decimal(80), "reason": "停电"}, "K-13",
         [("1", "countermeasure_owner", "", "")]),
        ({"actual": Decimal(80), "reason": "停电", "countermeasure_owner": "李明"}, "K-13", []),
        ({"actual": Decimal(111)}, "K-33", [("1", "reason", "111.0%", "")]),
        ({"actual": Decimal(0), "target": Decimal(0)}, "K-33", []),
        ({"due_on": date(2024, 6, 30)}, "X-32",
         [("1", "due_on", "2024-06-28 / 2024-07-01", "2024-06-30")]),
    ],
)  # fmt: skip
def test_what_a_row_says_against_itself(row, code, expected):
    assert said(code, row) == expected


def test_nine_kpis_are_too_many():
    rows = tuple(SheetRow(str(n), {**ROW, "name": f"指标{n}"}) for n in range(9))
    assert facts(check(FilledSheet(KPI_MONITOR, {}, rows))) == [
        ("X-03", "", "level", "9", "公司级")
    ]


def test_a_consistent_form_says_nothing():
    assert facts(check(form())) == []
    assert facts(check(replace(form(), rows=()))) == []
