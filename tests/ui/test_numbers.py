"""How numbers read on a page, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from opsloop.ui import numbers


@pytest.mark.parametrize(
    ("function", "value", "chinese"),
    [
        (numbers.money, Decimal(650000), "65.00 万元"),
        (numbers.money, Decimal(120000000), "1.20 亿元"),
        (numbers.money, Decimal("9999.995"), "10,000.00 元"),
        (numbers.money, Decimal(-50000), "−5.00 万元"),
        (numbers.yuan, Decimal("1234.5"), "1,234.50"),
        (numbers.percent, Decimal("0.153"), "15.3%"),
        (numbers.percent, 0.0005, "0.1%"),
        (numbers.points, Decimal("-0.12"), "−12.0 个百分点"),
        (numbers.hours, Decimal(24), "24.0 小时"),
        (numbers.hours, 0.05, "3.0 分钟"),
        (numbers.count, 1204, "1,204"),
        (numbers.day, date(2024, 6, 5), "2024-06-05"),
        (numbers.day, datetime(2024, 6, 4, 16, 30, tzinfo=UTC), "2024-06-05"),
        (numbers.moment, datetime(2024, 6, 4, 16, 30, tzinfo=UTC), "2024-06-05 00:30"),
    ],
)
def test_a_number_reads_as_people_write_it(function, value, chinese):
    with translation.override("zh-hans"):
        assert function(value) == chinese


def test_english_keeps_thousands():
    with translation.override("en"):
        assert numbers.money(Decimal(650000)) == "CNY 650,000"
        assert numbers.money(Decimal("9999.5")) == "CNY 9,999.50"


def test_a_sign_is_shown_only_for_what_differs_from_nothing():
    assert numbers.yuan(Decimal("0.001"), signed=True) == "0.00"
    assert numbers.percent(Decimal("0.1"), signed=True) == "+10.0%"


@pytest.mark.parametrize("name", ["money", "yuan", "percent", "points", "hours", "count", "dash"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_known_is_a_dash(name, value):
    assert getattr(numbers, name)(value) == "—"
