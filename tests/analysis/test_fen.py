from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.fen import rounded, scaled, to_fen, to_yuan


@pytest.mark.parametrize(
    ("value", "whole"),
    [("0.5", 1), ("-0.5", -1), ("1.49", 1), ("2.5", 3), ("-2.5", -3), ("0", 0)],
)
def test_a_half_goes_away_from_zero(value, whole):
    assert rounded(Fraction(value)) == whole


@given(st.integers(-(10**40), 10**40))
def test_yuan_and_fen_are_the_same_number(fen):
    assert to_fen(to_yuan(fen)) == fen
    assert to_yuan(fen).as_tuple().exponent == -2


def test_a_third_decimal_is_rounded():
    assert to_fen(Decimal("0.125")) == 13


wide = st.integers(-(2**62), 2**62)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), wide, wide.filter(bool)), max_size=20))
def test_scaling_columns_is_exact_beyond_64_bits(rows):
    rows = [row for row in rows if abs(Fraction(row[0] * row[1], row[2])) < 2**62]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    assert scaled(*table.T).tolist() == [rounded(Fraction(a * b, c)) for a, b, c in rows]
