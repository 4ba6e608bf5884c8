from fractions import Fraction

import pytest

from opsloop.analysis.stated_reason import Stated, check, read
from opsloop.analysis.variance import Variance


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("市场价格上涨20%，采购量增加10%", [("price", 20), ("quantity", 10)]),
        ("销售额超额20%，绩效提成增加", [("activity", 20)]),
        ("单价下降 7.5％；用量-3%", [("price", Fraction(-15, 2)), ("quantity", -3)]),
        ("Price up 20%, usage down 10%.", [("price", 20), ("quantity", -10)]),
        ("新客户开发招待费超标", []),
        ("夏季空调使用增加，设备满负荷运转", []),
        ("利润率为30%", []),
        ("价格调整为1.5倍，价格上涨", []),
    ],
)
def test_percentages_are_read_with_their_driver(text, claims):
    assert read(text) == tuple(Stated(driver, Fraction(value) / 100) for driver, value in claims)


def test_x18_twenty_and_ten_percent_leave_ten_thousand_unexplained():
    """+20 % and +10 % make 660,000 (+32 %); recorded are 650,000, just the additive 30 %."""
    found = check(read("市场价格上涨20%，采购量增加10%"), Variance(65_000_000, 50_000_000))
    assert found is not None
    assert found.explained_fen == 66_000_000
    assert found.unexplained_fen == -1_000_000
    assert not found.agrees
    assert found.is_mere_sum


def test_x26_twenty_percent_more_sales_explain_more_than_was_paid():
    found = check(read("销售额超额20%，绩效提成增加"), Variance(23_000_000, 20_000_000))
    assert found is not None
    assert (found.explained_fen, found.unexplained_fen) == (24_000_000, -1_000_000)
    assert not found.is_mere_sum


def test_a_claim_that_fits_agrees():
    found = check(read("单价上涨20%"), Variance(12_000, 10_000))
    assert found is not None
    assert found.agrees


@pytest.mark.parametrize("base", [None, 0])
def test_without_a_base_or_a_claim_there_is_nothing_to_check(base):
    assert check(read("价格上涨20%"), Variance(5, base)) is None
    assert check((), Variance(5, 4)) is None


@pytest.mark.parametrize(
    ("text", "actual_fen", "agrees"),
    [
        ("单价上涨20%", 12_049, True),  # 20.49 % is written “20 %”
        ("单价上涨20%", 12_051, False),
        ("单价上涨20.5%", 12_055, True),
        ("单价上涨20.5%", 12_060, False),
        ("单价下降20%", 7_951, True),
        ("单价下降20%", 7_940, False),
    ],
)
def test_a_rate_means_what_rounds_to_it(text, actual_fen, agrees):
    found = check(read(text), Variance(actual_fen, 10_000))
    assert found is not None
    assert found.agrees is agrees
