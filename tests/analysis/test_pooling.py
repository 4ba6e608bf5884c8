"""Lines left alone, together: the control against the return to the mean (V-06)."""

from decimal import Decimal

import numpy as np
import pytest

from opsloop.analysis import effect
from opsloop.analysis.period import Period
from opsloop.analysis.pooling import FEWEST_UNTREATED, control_of
from opsloop.analysis.samples import Counts, Durations, Money, Proportion, Series

TREATED = Proportion(45, 300)
ALONE = (Proportion(30, 200), Proportion(10, 100))


def months(*values: str) -> Series:
    first = Period.parse("2024-01")
    return Series(tuple((first.shift(n), Decimal(value)) for n, value in enumerate(values)))


def test_rates_of_lines_left_alone_are_added_up():
    pair = control_of([ALONE] * 5, TREATED, "rate")
    assert pair == (Proportion(150, 1000), Proportion(50, 500))


def test_fewer_than_five_lines_with_records_are_no_control():
    assert control_of([ALONE] * (FEWEST_UNTREATED - 1), TREATED, "rate") is None
    silent = (Proportion(30, 200), Proportion(0, 0))
    assert control_of([*[ALONE] * 4, silent], TREATED, "rate") is None


def test_hours_count_by_the_share_they_changed():
    slow = (Durations(np.full(20, 100.0)), Durations(np.full(20, 50.0)))
    quick = (Durations(np.full(20, 1.0)), Durations(np.full(20, 0.5)))
    pair = control_of([slow, quick] * 3, Durations(np.full(30, 8.0)), "hours")
    assert pair is not None
    assert [set(sample.hours) for sample in pair if isinstance(sample, Durations)] == [{8.0}, {4.0}]


def test_hours_of_nothing_keep_their_level():
    instant = (Durations(np.zeros(20)), Durations(np.full(20, 1.0)))
    pair = control_of([instant] * 5, Durations(np.full(30, 8.0)), "hours")
    assert pair is not None
    assert isinstance(pair[1], Durations)
    assert set(pair[1].hours) == {1.0}


def test_series_are_averaged_over_the_months_all_lines_have():
    lines = [(months("0.1", "0.2"), months("0.4"))] * 4 + [(months("0.3"), months("0.2", "0.9"))]
    pair = control_of(lines, months("0.2"), "rate")
    assert pair == (months("0.14"), months("0.36"))


def test_series_without_a_common_month_are_no_control():
    later = Series(((Period.parse("2025-01"), Decimal("0.1")),))
    lines = [(months("0.1"), months("0.1"))] * 4 + [(later, later)]
    assert control_of(lines, months("0.2"), "rate") is None


def test_prices_are_pooled_at_their_standards():
    pair = (
        Money((Decimal(110),), (Decimal(10),), Decimal(10)),
        Money((Decimal(90),), (Decimal(3),), Decimal(20)),
    )
    before, after = control_of([pair] * 5, pair[0], "rate") or (None, None)
    assert before == Money((Decimal(110),) * 5, (Decimal(100),) * 5, Decimal(1))
    assert after == Money((Decimal(90),) * 5, (Decimal(60),) * 5, Decimal(1))


@pytest.mark.parametrize(
    ("sample", "unit"),
    [
        (months("5", "6"), "yuan"),
        (Counts(4, 10.0), "count"),
        (Counts(4, 10.0), "rate"),
        (Money((Decimal(1),), (Decimal(1),)), "rate"),
    ],
)
def test_amounts_of_different_lines_have_no_common_scale(sample, unit):
    assert control_of([(sample, sample)] * 6, sample, unit) is None


def test_an_improvement_that_lines_left_alone_had_too_is_no_effect():
    """45/300 → 10/100 looks good; five lines nobody touched fell from 15 % to 10 % as well."""
    plan = effect.Plan(better="lower", target=Decimal("0.1"))
    alone = control_of([(Proportion(150, 1000), Proportion(100, 1000))] * 5, TREATED, "rate")
    result = Proportion(100, 1000)
    assert effect.verdict(plan, Proportion(450, 3000), result).outcome == "effective"
    seen = effect.verdict(plan, Proportion(450, 3000), result, control=alone)
    assert seen.outcome in {"ineffective", "insufficient_data"}
    assert seen.control_effect == pytest.approx(-0.05)
