"""T-08: attainment by direction, the order of warnings, the light."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.attainment import (
    Direction,
    Light,
    NoBand,
    attainment,
    is_met,
    light,
    warning_in_order,
)  # fmt: skip

HIGHER, LOWER, BAND = Direction


@pytest.mark.parametrize(
    ("actual", "linear", "inverse"),
    [(8, "1.2", "1.25"), (12, "0.8", "5/6"), (20, "0", "0.5"), (25, "-0.5", "0.4"), (0, "2", None)],
)
def test_lower_is_better_against_ten(actual, linear, inverse):
    assert attainment(actual, 10, LOWER) == Fraction(linear)
    expected = None if inverse is None else Fraction(inverse)
    assert attainment(actual, 10, LOWER, formula="inverse") == expected


@pytest.mark.parametrize(
    ("actual", "target", "direction", "expected"),
    [
        (4500, 5000, HIGHER, "0.9"),
        (-50, -100, HIGHER, "1.5"),  # half of a planned loss
        (3, 0, HIGHER, None),  # no accident: pass or fail
        (3, 0, LOWER, None),
    ],
)  # fmt: skip
def test_higher_is_better_and_its_guards(actual, target, direction, expected):
    found = attainment(actual, target, direction)
    assert found == (None if expected is None else Fraction(expected))


@pytest.mark.parametrize(("actual", "expected"), [(20, "1"), (30, "1"), (15, "0.5"), (45, "0")])
def test_a_band_is_attained_inside(actual, expected):
    assert attainment(actual, 20, BAND, target_high=30) == Fraction(expected)


@pytest.mark.parametrize("high", [None, 20, 10])
def test_a_band_needs_two_ends(high):
    with pytest.raises(NoBand):
        attainment(1, 20, BAND, target_high=high)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(None, Light.GREY), (5000, Light.GREEN), (4999, Light.YELLOW), (4500, Light.YELLOW),
     (Decimal("4499.99"), Light.RED)],
)  # fmt: skip
def test_exactly_on_the_warning_value_is_yellow(actual, expected):
    assert light(actual, 5000, 4500, HIGHER) is expected


def test_a_miss_without_a_warning_value_is_red():
    assert light(4, 5, None, HIGHER) is Light.RED


def test_lights_follow_the_direction():
    assert [light(actual, 5, 8, LOWER) for actual in (5, 8, 9)] == [
        Light.GREEN, Light.YELLOW, Light.RED,
    ]  # fmt: skip
    band = {"target_high": 30, "warning_high": 35}
    assert [light(actual, 20, 15, BAND, **band) for actual in (30, 33, 36, 14)] == [
        Light.GREEN, Light.YELLOW, Light.RED, Light.RED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "warning", "direction", "highs", "expected"),
    [
        (5000, 4500, HIGHER, {}, True),
        (5000, 5000, HIGHER, {}, False),
        (5, 8, LOWER, {}, True),
        (5, 4, LOWER, {}, False),  # 员工流失率 warned of below its target
        (20, 15, BAND, {"target_high": 30, "warning_high": 35}, True),
        (20, 15, BAND, {"target_high": 30, "warning_high": 30}, False),
        (20, 25, BAND, {}, False),
    ],
)
def test_the_warning_value_stands_on_the_bad_side(target, warning, direction, highs, expected):
    assert warning_in_order(target, warning, direction, **highs) is expected


numbers = st.fractions(-1000, 1000)


@given(numbers, numbers.filter(bool), st.sampled_from([HIGHER, LOWER]))
def test_attainment_is_full_exactly_when_the_target_is_met(actual, target, direction):
    rate = attainment(actual, target, direction)
    assert rate is not None
    assert (rate >= 1) == is_met(actual, target, direction)
