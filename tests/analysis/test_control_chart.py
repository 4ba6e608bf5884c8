"""XmR charts: golden vectors, signals, and the chance of a false one."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.control_chart import FALSE_SIGNALS, Signal, TooFewPoints, limits, signals

TWELVE = [50, 52, 47, 55, 49, 51, 53, 48, 50, 54, 52, 49]
TEN = [96, 88, 104, 92, 100, 97, 90, 110, 95, 93]
REFERENCE = Path(__file__).parent / "nhs_ae_months.csv"


def test_limits_of_the_twelve_point_vector():
    found = limits(TWELVE)
    assert found.centre == pytest.approx(50.833, abs=5e-4)
    assert found.average_range == pytest.approx(3.727, abs=5e-4)
    assert (found.lower, found.upper) == pytest.approx((40.92, 60.75), abs=5e-3)
    assert found.range_upper == pytest.approx(12.18, abs=5e-3)
    assert not found.provisional


def test_limits_of_the_ten_point_vector_are_provisional():
    found = limits(TEN)
    assert found.centre == pytest.approx(96.5)
    assert found.average_range == pytest.approx(10.111, abs=5e-4)
    assert (found.lower, found.upper) == pytest.approx((69.604, 123.396), abs=5e-4)
    assert found.provisional


def test_no_limits_below_six_points():
    with pytest.raises(TooFewPoints):
        limits(TWELVE[:5])
    assert limits(TWELVE[:6]).points == 6


def test_a_point_on_the_limit_is_inside_and_one_beyond_it_signals():
    natural = limits(TWELVE)
    values = [natural.upper, natural.upper + 1e-6, natural.lower, natural.lower - 1e-6]
    assert signals(values, natural) == (Signal(1, "outside", "high"), Signal(3, "outside", "low"))


@pytest.mark.parametrize(("length", "flagged"), [(7, []), (8, [7]), (10, [7, 8, 9])])
def test_eight_in_a_row_on_one_side_signal(length, flagged):
    found = signals([51.5] * length, limits(TWELVE))
    assert found == tuple(Signal(index, "run", "high") for index in flagged)


def test_a_point_on_the_centre_line_ends_the_run():
    natural = limits(TWELVE)
    assert signals([50] * 7 + [natural.centre] + [50] * 7, natural) == ()
    assert signals([natural.centre] * 12, natural) == ()


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=40),
    st.floats(0.1, 100),
    st.floats(-1e3, 1e3),
)
def test_limits_move_and_stretch_with_the_values(values, factor, offset):
    here, there = limits(values), limits([factor * value + offset for value in values])
    assert there.upper == pytest.approx(factor * here.upper + offset, abs=1e-2)
    assert there.lower == pytest.approx(factor * here.lower + offset, abs=1e-2)


@pytest.mark.parametrize("points", sorted(FALSE_SIGNALS))
def test_the_stated_chance_of_a_false_signal_is_what_simulation_gives(points):
    random = np.random.default_rng(7)
    false = 0
    for _ in range(runs := 4000):
        natural = limits(random.normal(size=points).tolist())
        false += bool(signals(random.normal(size=12).tolist(), natural))
    assert false / runs == pytest.approx(
        limits([1, 2] * (points // 2)).false_signal_chance, abs=0.025
    )


def test_between_tabled_sizes_the_more_careful_chance_is_told():
    assert limits(TEN).false_signal_chance == FALSE_SIGNALS[6]
    assert limits(TEN * 5).false_signal_chance == FALSE_SIGNALS[24]


def test_emergency_departments_of_england_signal_in_the_known_months():
    """Monthly sums of the NHS accident and emergency attendances (NHSRdatasets, CC0)."""
    with REFERENCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    months = [row["month"] for row in rows]
    rates = [1 - int(row["breaches"]) / int(row["attendances"]) for row in rows]
    assert sum(int(row["attendances"]) for row in rows) == 72_019_402
    assert (rates[0], rates[months.index("2019-02")]) == pytest.approx(
        (0.900351, 0.842253), abs=5e-7
    )
    natural = limits(rates)
    assert natural.centre == pytest.approx(0.88471, abs=5e-6)
    assert (natural.lower, natural.upper) == pytest.approx((0.85596, 0.91345), abs=5e-6)
    low = [months[i] for i, rate in enumerate(rates) if rate < natural.lower]
    assert low == ["2017-01", "2017-12", "2018-01", "2018-02", "2018-03", "2019-01", "2019-02"]
    outside = {signal.index for signal in signals(rates, natural) if signal.kind == "outside"}
    assert {months[i] for i in outside} >= set(low)
