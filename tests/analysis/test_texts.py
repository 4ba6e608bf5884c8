"""Days and quantities that people write into sentences."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.dates_in_text import dates_in_text
from opsloop.analysis.stated_quantity import quantities


@pytest.mark.parametrize(
    ("text", "day", "is_deadline"),
    [
        ("7月15日前完成市场调研报告", date(2024, 7, 15), True),
        ("6月10日抽查，25秒接听", date(2024, 6, 10), False),
        ("协调技术部支持，6月9日前给出方案", date(2024, 6, 9), True),
        ("计划 2024/7/31 之前完成", date(2024, 7, 31), True),
        ("2023年12月31日为止", date(2023, 12, 31), True),
        ("1月5日复查", date(2024, 1, 5), False),
    ],
)
def test_a_day_in_a_sentence(text, day, is_deadline):
    (found,) = dates_in_text(text, near=date(2024, 6, 5))
    assert (found.day, found.is_deadline) == (day, is_deadline)


def test_a_day_without_year_is_the_nearest_one():
    (found,) = dates_in_text("1月5日复查", near=date(2024, 12, 20))
    assert found.day == date(2025, 1, 5)


def test_what_is_no_day_is_passed_over():
    assert dates_in_text("2月30日前，13月1日，2024-02-30", near=date(2024, 2, 1)) == ()


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-150, 150))
def test_a_day_of_the_same_half_year_is_read_back(near, days):
    day = near + timedelta(days=days)
    assert [found.day for found in dates_in_text(f"{day.month}月{day.day}日前", near=near)] == [day]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("客服等待40秒才接听", [(40, "second", "exactly")]),
        ("工单“5”超过72小时未给出解决方案", [(259_200, "second", "above")]),
        ("6月10日抽查，25秒接听", [(25, "second", "exactly")]),
        ("3个工作日内反馈", [(3, "workday", "within")]),
        ("３日内完成", [(259_200, "second", "within")]),
        ("不足1.5小时", [(5400, "second", "below")]),
        ("满意度4.5分以上，扣减当月绩效10%", [(Fraction(9, 2), "point", "above"), (10, "percent", "exactly")]),
        ("预算 50万，实际1,065万元", [(50, "ten_thousand_yuan", "exactly"), (1065, "ten_thousand_yuan", "exactly")]),
        ("年度营收2亿元", [(20_000, "ten_thousand_yuan", "exactly")]),
        ("型号A40s，第3日", []),
    ],
)  # fmt: skip
def test_a_quantity_in_a_sentence(text, expected):
    assert [(found.value, found.kind, found.bound) for found in quantities(text)] == expected
