"""Promises in words become numbers (C-15, X-20)."""

from fractions import Fraction

import pytest

from opsloop.analysis.stated_effect import Promise, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8月采购成本降低8%", Promise("by", Fraction(8, 100), None, 8)),
        ("2024年9月起每月节约 1.5万元", Promise("by", None, 1_500_000, 9, 2024)),
        ("差异率控制在5％以内", Promise("to", Fraction(5, 100), None)),
        ("7月降至60万元", Promise("to", None, 60_000_000, 7)),
        ("purchasing cost reduced by 8%", Promise("by", Fraction(8, 100), None)),
        ("August purchasing cost down 8%", Promise("by", Fraction(8, 100), None, 8)),
        ("By Sept. 2024 cut to 600,000 yuan", Promise("to", None, 60_000_000, 9, 2024)),
        ("Cost in May lowered by 5%", Promise("by", Fraction(5, 100), None, 5)),
        ("Cost may be reduced by 5%", Promise("by", Fraction(5, 100), None)),
        ("引入2家替代供应商", None),
        ("", None),
    ],
)
def test_a_promise_is_read_with_its_kind_its_unit_and_its_month(text, expected):
    assert read(text) == expected


def test_x20_eight_percent_less_is_598_000_and_still_above_the_budget():
    """650,000 less 8 % are 598,000: 19.6 % over the 500,000 budgeted."""
    promise = read("8月采购成本降低8%")
    assert promise is not None
    target = promise.target_fen(65_000_000, 50_000_000)
    assert target == 59_800_000
    assert Fraction(target, 50_000_000) - 1 == Fraction(196, 1000)


def test_a_level_in_percent_is_of_the_base():
    promise = read("差异率降至5%")
    assert promise is not None
    assert promise.target_fen(65_000_000, 50_000_000) == 52_500_000
    assert promise.target_fen(65_000_000, None) is None
