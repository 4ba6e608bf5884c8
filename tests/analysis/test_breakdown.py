"""T-09: parts that do not add up are shown with their gap and a suspicion, never corrected."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.breakdown import Gap, check, groups, power_of_ten, size_of


def test_quarters_in_the_wrong_unit_are_suspected_of_it():
    """X-01: a year of 2 亿, quarters of 4 + 4.5 + 5 + 5.5 亿; in 千万 they miss 1 000 万, 5 %."""
    year, quarters = 20_000, [40_000, 45_000, 50_000, 55_000]  # 万元
    gap = check(year, quarters)
    assert gap == Gap(
        Fraction(20_000), Fraction(190_000), (0, 1, 2, 3), Fraction(10), Fraction(1000)
    )
    assert gap.gap == -170_000


def test_a_gap_that_no_unit_explains_is_only_a_gap():
    gap = check(100, [30, 30])
    assert gap == Gap(Fraction(100), Fraction(60), (), None, None)


@pytest.mark.parametrize(
    ("value", "reference", "power"),
    [(50_000, 5000, 10), (5000, 50_000, Fraction(1, 10)), (5000, 5000, None), (0, 5, None),
     (5, 0, None), (-50, 5, None), (-50, -5, 10), (3, 2, None)],
)  # fmt: skip
def test_a_power_of_ten_between_two_amounts(value, reference, power):
    assert power_of_ten(value, reference) == power


@pytest.mark.parametrize(("count", "size"), [(4, "few"), (5, "fit"), (8, "fit"), (9, "many")])
def test_five_to_eight_indicators_are_few_and_precise(count, size):
    assert size_of(count) == size


def test_names_of_one_thing_stand_together():
    assert groups(["营业收入", "净利润", "销售额"], {"销售额": "营业收入"}) == {
        "营业收入": [0, 2], "净利润": [1],
    }  # fmt: skip


amounts = st.lists(st.integers(1, 10**9), min_size=1, max_size=12)


@given(amounts)
def test_parts_of_their_own_sum_leave_nothing_to_say(parts):
    assert check(sum(parts), parts) is None


@given(amounts, st.sampled_from([-4, -1, 1, 4, 8]))
def test_parts_in_another_power_of_ten_are_recognised(parts, power):
    gap = check(sum(parts), [part * Fraction(10) ** power for part in parts])
    assert gap is not None
    assert gap.factor == Fraction(10) ** power
    assert gap.gap_then == 0
