from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from opsloop.analysis.price_quantity import (
    Closing,
    Effects,
    LabourEffects,
    MaterialEffects,
    MaterialUse,
    MixEffects,
    MixItem,
    NotDecomposable,
    UnlikeUnits,
    bridge,
    decompose,
    decompose_columns,
    labour,
    material_chain,
    mix,
    price_saving,
)

# Base 500,000 yuan, price +20 %, quantity +10 %.
CASE = {
    "base_fen": 50_000_000,
    "base_milli": 1_000_000,
    "actual_fen": 66_000_000,
    "actual_milli": 1_100_000,
}
amounts = st.integers(-(10**13), 10**13)
quantities = st.integers(-(10**12), 10**12).filter(bool)


@pytest.mark.parametrize(
    ("closing", "effects"),
    [
        (Closing.SHOWN, Effects(10_000_000, 5_000_000, 1_000_000)),
        (Closing.TO_PRICE, Effects(11_000_000, 5_000_000, 0)),
        (Closing.TO_QUANTITY, Effects(10_000_000, 6_000_000, 0)),
        (Closing.HALF, Effects(10_500_000, 5_500_000, 0)),
        (Closing.LMDI, Effects(10_507_246, 5_492_754, 0)),
    ],
)
def test_t01_the_same_case_under_each_closing_rule(closing, effects):
    assert decompose(**CASE, closing=closing) == effects


@given(b=amounts, q0=quantities, a=amounts, q1=quantities)
@pytest.mark.parametrize("closing", [c for c in Closing if c is not Closing.LMDI])
def test_every_split_sums_to_the_variance(closing, b, q0, a, q1):
    effects = decompose(base_fen=b, base_milli=q0, actual_fen=a, actual_milli=q1, closing=closing)
    assert effects is not None
    assert effects.total_fen == a - b
    price = Fraction(a * q0, q1) - b
    if closing is Closing.SHOWN:
        assert abs(effects.price_fen - price) <= Fraction(1, 2)
        assert abs(effects.joint_fen - (a - b - price - (Fraction(b * q1, q0) - b))) <= 1


@given(
    b=st.integers(1, 10**13), q0=st.integers(1, 10**12),
    a=st.integers(1, 10**13), q1=st.integers(1, 10**12),
)  # fmt: skip
def test_the_logarithmic_split_sums_and_forgets_the_order(b, q0, a, q1):
    there = decompose(
        base_fen=b, base_milli=q0, actual_fen=a, actual_milli=q1, closing=Closing.LMDI
    )
    back = decompose(base_fen=a, base_milli=q1, actual_fen=b, actual_milli=q0, closing=Closing.LMDI)
    assert there is not None
    assert back is not None
    assert there.total_fen == a - b
    assert (back.price_fen, back.quantity_fen) == (-there.price_fen, -there.quantity_fen)


def test_the_logarithmic_mean_refuses_what_has_no_logarithm():
    with pytest.raises(NotDecomposable):
        decompose(base_fen=-1, base_milli=1, actual_fen=1, actual_milli=1, closing=Closing.LMDI)


def test_equal_amounts_still_split_by_the_logarithmic_mean():
    """Twice the price at half the quantity: two effects of the same size, L(a, a) = a."""
    effects = decompose(
        base_fen=10_000,
        base_milli=2_000,
        actual_fen=10_000,
        actual_milli=1_000,
        closing=Closing.LMDI,
    )
    assert effects == Effects(6_931, -6_931, 0)


@pytest.mark.parametrize(("q0", "q1"), [(0, 1_000), (1_000, 0), (0, 0)])
def test_nothing_bought_has_no_price(q0, q1):
    assert decompose(base_fen=5, base_milli=q0, actual_fen=7, actual_milli=q1) is None


@example(rows=[(1, 37, -4, -296)])
@given(rows=st.lists(st.tuples(amounts, quantities, amounts, quantities), max_size=30))
def test_columns_and_single_lines_agree_at_every_size(rows):
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    found = decompose_columns(np.arange(len(rows)), *table.T)
    columns = zip(found.price_fen, found.quantity_fen, found.joint_fen, strict=True)
    alone = [
        decompose(base_fen=b, base_milli=q0, actual_fen=a, actual_milli=q1) for b, q0, a, q1 in rows
    ]
    assert [Effects(*map(int, parts)) for parts in columns] == alone
    assert found.total.total_fen == sum(a - b for b, _q0, a, _q1 in rows)


def priced(p0: int, q0: int, p1: int, q1: int, unit: str = "kg") -> MixItem:
    return MixItem(p0 * q0 * 100, q0 * 1_000, p1 * q1 * 100, q1 * 1_000, unit)


TWO = [priced(10, 100, 12, 90), priced(20, 50, 19, 80)]


def test_t02_volume_mix_and_price_of_two_items():
    effects = mix(TWO)
    assert effects == MixEffects(26_667, 23_333, 10_000, 0, 0)
    assert effects.total_fen == 60_000


def test_new_and_discontinued_items_stand_in_their_own_bucket():
    effects = mix([*TWO, priced(0, 0, 30, 2), priced(40, 3, 0, 0)])
    assert effects == MixEffects(26_667, 23_333, 10_000, 6_000, -12_000)


def test_items_of_different_units_have_no_mix():
    with pytest.raises(UnlikeUnits):
        mix([priced(10, 100, 12, 90, "kg"), priced(20, 50, 19, 80, "m")])


sides = st.tuples(amounts, st.integers(0, 10**12), amounts, st.integers(0, 10**12))


@given(items=st.lists(sides, max_size=12))
def test_the_mix_buckets_sum_to_the_variance(items):
    effects = mix([MixItem(*item) for item in items])
    assert effects.total_fen == sum(item[2] - item[0] for item in items)


def test_material_cost_steps_through_its_four_factors():
    """1,000 pieces × 2 kg × 1.05 × 10 yuan = 21,000 → 1,100 × 1.9 × 1.08 × 11 = 24,829.20."""
    base = MaterialUse(Decimal(1_000), Decimal(2), Decimal("0.05"), Decimal(10))
    actual = MaterialUse(Decimal(1_100), Decimal("1.9"), Decimal("0.08"), Decimal(11))
    assert material_chain(base, actual) == MaterialEffects(210_000, -115_500, 62_700, 225_720)
    assert 210_000 - 115_500 + 62_700 + 225_720 == 2_482_920 - 2_100_000


def test_labour_splits_into_rate_and_efficiency():
    """(AR−SR)·AH = (52−50)·1,100 = 2,200; (AH−SH)·SR = (1,100−1,000)·50 = 5,000."""
    effects = labour(
        standard_rate_yuan=Decimal(50), standard_hours=Decimal(1_000),
        actual_rate_yuan=Decimal(52), actual_hours=Decimal(1_100),
    )  # fmt: skip
    assert effects == LabourEffects(rate_fen=220_000, efficiency_fen=500_000)


def test_c58_a_cost_measure_saves_price_at_the_actual_quantity():
    """12 → 10.2 yuan at 55,000 kg saves 99,000, although the total may have risen with volume."""
    saved = price_saving(
        before_yuan=Decimal(12), after_yuan=Decimal("10.2"), quantity_after=Decimal(55_000)
    )
    assert saved == 9_900_000


def test_x19_a_fall_after_a_rise_multiplies():
    """−15 % after +20 % is 1.02; "5 %" would need quantity +2.9 %, with +10 % it is +12.2 %."""
    found = bridge([Decimal("0.2"), Decimal("-0.15")], Decimal("0.1"))
    assert found.price_index == Fraction(102, 100)
    assert found.amount_index == Fraction(1122, 1000)
    assert round(float(found.quantity_index_for(Fraction(105, 100))) - 1, 3) == 0.029
