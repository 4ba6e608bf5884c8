"""One cell, one value, or one reason why not."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import SENTENCES, Fault
from opsloop.exchange.returned.numbering import counts_its_rows, without_number
from opsloop.exchange.returned.typed_cell import CellReader
from tests.exchange.returned.forms import FORM

D = Decimal
CASES = [
    # column, heading, text, value
    ("task", "", " 市场\r\n调研 ", "市场\n调研"),
    ("task", "", "无", None),
    ("task", "", "—", None),
    ("task", "", "待定", "待定"),
    ("task", "", "无(客观业绩增长)", "无(客观业绩增长)"),
    ("owner", "", "*经理", "*经理"),
    ("count", "", "１２", D(12)),
    ("count", "", "12个", D(12)),
    ("count", "数量(件)", "12件", D(12)),
    ("count", "", "个", "not_a_number"),
    ("count", "", "", None),
    ("count", "", "1e17", "out_of_range"),
    ("budget", "", "+150,000", D(150_000)),
    ("budget", "", "￥1,234.50", D("1234.50")),
    ("budget", "", "(1,234)", D(-1234)),
    ("budget", "", "50万", D(500_000)),
    ("budget", "预算(万元)", "50", D(500_000)),
    ("budget", "预算(万元)", "50万", D(500_000)),
    ("budget", "预算（万元）", "500元", D(500)),
    ("budget", "", "30%", "not_a_number"),
    ("budget", "", "1.234", "too_precise"),
    ("budget", "", "2000万亿", "out_of_range"),
    ("budget", "", "五十", "not_a_number"),
    ("budget", "", "无", None),
    ("share", "", "+30%", D("0.3")),
    ("share", "", "30", D("0.3")),
    ("share", "", "5‰", D("0.005")),
    ("share", "", "-", None),
    ("share", "", "x", "not_a_number"),
    ("effort", "", "24", D(24)),
    ("effort", "", "10分钟", D("0.166667")),
    ("effort", "耗时(分钟)", "90", D("1.5")),
    ("effort", "", "1天2小时", D(26)),
    ("effort", "", "1.2.3小时", "not_a_duration"),
    ("effort", "", "-2", "not_a_duration"),
    ("effort", "", "两天", "not_a_duration"),
    ("effort", "", "无", None),
    ("due_on", "", "2024.6.30", date(2024, 6, 30)),
    ("due_on", "", "6月10日", date(2024, 6, 10)),
    ("due_on", "", "45473", date(2024, 6, 30)),
    ("due_on", "", "-", None),
    ("due_on", "", "下周", "not_a_date"),
    ("seen_at", "", "2024-06-30 08:05", datetime(2024, 6, 30, 8, 5)),
    ("state", "", "已完成", "done"),
    ("state", "", "Open", "open"),
    ("state", "", "/", None),
    ("state", "", "快了", "unknown_choice"),
    ("urgent", "", "是", True),
    ("urgent", "", "false", False),
    ("urgent", "", "不适用", None),
    ("urgent", "", "也许", "not_a_boolean"),
]


@pytest.mark.parametrize(("key", "heading", "text", "value"), CASES)
def test_a_cell_is_read(key, heading, text, value):
    reader = CellReader(FORM.column(key), heading, dates=DateReading(default_year=2024))
    found = reader.read(text)
    if isinstance(found, Fault):
        assert found.code == value
        assert SENTENCES[found.code] % {"value": text, **found.params}
    else:
        assert found == value


@pytest.mark.parametrize("text", ["无", "-", "N/A", "——"])
def test_a_text_typed_on_purpose_in_our_own_workbook_stays(text):
    assert CellReader(FORM.column("task"), ours=True).read(text) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1.填写申请表", "填写申请表"),
        ("2、部门经理审批", "部门经理审批"),
        ("（3）采购部审核", "采购部审核"),
        ("第4步：复核", "复核"),
        ("10） 审批", "审批"),
        ("3.5寸盘归档", "3.5寸盘归档"),
        ("2024年计划", "2024年计划"),
        ("1.", "1."),
    ],
)
def test_the_number_before_a_step_is_taken_off(text, name):
    assert without_number(text) == name


def test_our_own_number_is_taken_off_once():
    assert without_number("1.3.5寸盘", ours=True) == "3.5寸盘"
    assert without_number("1.", ours=True) == ""
    assert without_number("2.1.审核", ours=True, levels=True) == "审核"


def test_the_number_of_a_rows_own_place_is_taken_off_once():
    assert without_number("2.2.5寸盘", place=2) == "2.5寸盘"
    assert without_number("3.5寸盘", place=2) == "3.5寸盘"
    assert counts_its_rows(["1.a", "2．b", "c"])
    assert not counts_its_rows(["1.5寸盘"])
    assert not counts_its_rows(["1.5寸盘", "3.5寸盘"])
