from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.flexible_budget import NoDriver, flex


def test_t05_the_commission_is_below_its_flexed_budget():
    """Budget 200,000, sales +20 %, paid 230,000: −10,000 favourable 4.2 %, not +15 % overspent."""
    commission = flex(
        fixed_fen=0, variable_fen=20_000_000,
        planned_driver=Decimal(1_000_000), actual_driver=Decimal(1_200_000),
        actual_fen=23_000_000,
    )  # fmt: skip
    assert commission.flexed_fen == 24_000_000
    assert commission.flexible_fen == -1_000_000
    assert commission.activity_fen == 4_000_000
    assert commission.flexible_rate == Fraction(-1, 24)
    assert round(float(commission.flexible_rate) * 100, 1) == -4.2


def test_a_mixed_cost_flexes_only_its_variable_part():
    mixed = flex(
        fixed_fen=6_000, variable_fen=4_000, planned_driver=Decimal(100),
        actual_driver=Decimal(50), actual_fen=9_000,
    )  # fmt: skip
    assert (mixed.static_fen, mixed.flexed_fen, mixed.flexible_fen) == (10_000, 8_000, 1_000)


def test_a_fixed_cost_needs_no_driver():
    rent = flex(
        fixed_fen=5_000, variable_fen=0, planned_driver=Decimal(0),
        actual_driver=Decimal(7), actual_fen=5_200,
    )  # fmt: skip
    assert (rent.activity_fen, rent.flexible_fen) == (0, 200)


def test_a_variable_cost_without_a_planned_driver_is_refused():
    with pytest.raises(NoDriver):
        flex(
            fixed_fen=0, variable_fen=1, planned_driver=Decimal(0),
            actual_driver=Decimal(1), actual_fen=0,
        )  # fmt: skip


def test_nothing_to_spend_has_no_rate():
    empty = flex(
        fixed_fen=0, variable_fen=0, planned_driver=Decimal(1),
        actual_driver=Decimal(1), actual_fen=5,
    )  # fmt: skip
    assert empty.flexible_rate is None


fen = st.integers(-(10**12), 10**12)
driver = st.decimals(min_value=1, max_value=10**6, places=3)


@given(fixed=fen, variable=fen, planned=driver, happened=driver, actual=fen)
def test_flexible_and_activity_variance_sum_to_the_whole(
    fixed, variable, planned, happened, actual
):
    flexed = flex(
        fixed_fen=fixed, variable_fen=variable, planned_driver=planned,
        actual_driver=happened, actual_fen=actual,
    )  # fmt: skip
    assert flexed.flexible_fen + flexed.activity_fen == actual - fixed - variable
