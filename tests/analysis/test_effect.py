"""The verdict engine: golden vectors of loop.md and the rules behind each word."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.effect import Outcome, Plan, needed_n, verdict
from opsloop.analysis.period import Period
from opsloop.analysis.power import alpha_of_look
from opsloop.analysis.samples import Counts, Durations, Money, Proportion, Sample, Series

D = Decimal
LOWER = Plan("lower", D("0.03"))
JANUARY = Period("month", date(2024, 1, 1))
FLAT = [50, 52, 47, 55, 49, 51, 53, 48, 50, 54, 52, 49]


def series(*values: float) -> Series:
    return Series(tuple((JANUARY.shift(i), D(str(value))) for i, value in enumerate(values)))


def hours(*values: float) -> Durations:
    return Durations(np.array(values, dtype=float))


def lognormal(median: float, n: int, seed: int = 1) -> Durations:
    return Durations(median * np.random.default_rng(seed).lognormal(0, 0.6, n))


def lines(price: float, n: int, quantity: int = 10, **kwargs: D) -> Money:
    prices = [price * (1 + (i % 5 - 2) / 100) for i in range(n)]
    return Money(
        tuple(D(str(round(p * quantity, 2))) for p in prices), (D(quantity),) * n, **kwargs
    )


# Proportions ---------------------------------------------------------------------------------


def test_fifteen_to_three_in_a_hundred_is_effective():
    found = verdict(LOWER, Proportion(15, 100), Proportion(3, 100))
    assert (found.outcome, found.reason, found.test) == (
        "effective",
        "target_reached",
        "fisher_exact",
    )
    assert found.effect == pytest.approx(-0.12)
    assert (found.low, found.high) == pytest.approx((-0.205, -0.041), abs=5e-4)
    assert found.p_value == pytest.approx(0.0052, abs=5e-5)
    assert (found.n_before, found.n_after, found.needed_n) == (100, 100, 89)


def test_the_same_rates_in_fifty_cases_prove_nothing():
    found = verdict(LOWER, Proportion(8, 50), Proportion(2, 50))
    assert (found.outcome, found.reason) == ("insufficient_data", "too_few")


@pytest.mark.parametrize(
    ("baseline", "result", "outcome", "reason"),
    [
        ((150, 1000), (80, 1000), "partly_effective", "short_of_target"),
        ((150, 1000), (148, 1000), "ineffective", "no_effect"),
        ((150, 1000), (220, 1000), "worsened", "worse"),
        ((15000, 100_000), (14_500, 100_000), "ineffective", "too_small_to_matter"),
        ((15000, 100_000), (15_500, 100_000), "ineffective", "too_small_to_matter"),
        ((3, 10), (0, 9), "insufficient_data", "too_few"),
        ((9, 9), (0, 9), "insufficient_data", "too_few"),
        ((4, 90), (2, 90), "insufficient_data", "too_few"),
        ((0, 0), (3, 100), "insufficient_data", "no_records"),
        ((3, 100), (0, 0), "insufficient_data", "no_records"),
    ],
)
def test_words_for_shares(baseline, result, outcome, reason):
    found = verdict(LOWER, Proportion(*baseline), Proportion(*result))
    assert (found.outcome, found.reason) == (outcome, reason)


def test_reached_but_unproven_in_spite_of_enough_cases_is_said_so():
    plan = Plan("lower", D("0.10"))
    found = verdict(plan, Proportion(12, 100), Proportion(5, 60))
    assert found.outcome == Outcome.INSUFFICIENT_DATA
    plan = Plan("lower", D("0.03"), smallest_change=D("0.01"))
    found = verdict(plan, Proportion(9, 95), Proportion(2, 95))
    assert found.outcome == Outcome.INSUFFICIENT_DATA
    plan = Plan("lower", D("0.05"), smallest_change=D("0.001"))
    found = verdict(plan, Proportion(20, 100), Proportion(11, 100))
    assert (found.outcome, found.reason) == ("ineffective", "no_effect")


def test_the_target_itself_counts_as_reached_exactly():
    """1.1 − 1 > 0.1 is true in floating point; 10 of 100 is not above 0.1."""
    plan = Plan("lower", D("0.1"))
    assert verdict(plan, Proportion(40, 100), Proportion(10, 100)).outcome == Outcome.EFFECTIVE
    assert (
        verdict(plan, Proportion(40, 100), Proportion(11, 100)).outcome == Outcome.PARTLY_EFFECTIVE
    )


def test_higher_is_better_mirrors_lower():
    plan = Plan("higher", D("0.95"))
    assert verdict(plan, Proportion(160, 200), Proportion(192, 200)).outcome == Outcome.EFFECTIVE
    assert verdict(plan, Proportion(192, 200), Proportion(160, 200)).outcome == Outcome.WORSENED


BAND = Plan("band", D("0.5"), band=(D("0.4"), D("0.6")))


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (900, 500, "effective"), (900, 600, "effective"), (900, 700, "partly_effective"),
        (900, 120, "ineffective"), (700, 10, "worsened"), (100, 500, "effective"),
        (500, 900, "worsened"), (500, 520, "insufficient_data"), (100, 90, "ineffective"),
    ],
)  # fmt: skip
def test_a_band_is_left_on_either_side(before, after, outcome):
    found = verdict(BAND, Proportion(before, 1000), Proportion(after, 1000))
    assert found.outcome == outcome


# Durations -----------------------------------------------------------------------------------


def test_hours_are_compared_by_ranks_and_bootstrapped_medians():
    found = verdict(Plan("lower", D(40)), lognormal(48, 200), lognormal(30, 200, 2))
    assert (found.outcome, found.test) == ("effective", "mann_whitney")
    assert found.effect is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.effect < found.high < 0
    assert [shift.name for shift in found.shifts] == ["median", "p90"]
    assert all(shift.low < shift.after - shift.before < shift.high < 0 for shift in found.shifts)
    assert found == verdict(Plan("lower", D(40)), lognormal(48, 200), lognormal(30, 200, 2))


def test_a_median_may_fall_short_of_its_target():
    found = verdict(Plan("lower", D(24)), lognormal(48, 300), lognormal(35, 300, 2))
    assert found.outcome == Outcome.PARTLY_EFFECTIVE


def test_the_tail_is_judged_by_its_own_bootstrap():
    plan = Plan("lower", D(80), statistic="p90")
    before = hours(*range(1, 101))
    after = hours(*[min(v, 70) for v in range(1, 101)])
    found = verdict(plan, before, after)
    assert (found.outcome, found.test) == ("effective", "bootstrap")
    few = verdict(plan, hours(*range(76, 101)), hours(*range(1, 26)))
    assert few.outcome == Outcome.INSUFFICIENT_DATA


def test_a_mean_is_judged_as_a_mean():
    found = verdict(
        Plan("lower", D(40), statistic="mean"), lognormal(48, 400), lognormal(30, 400, 2)
    )
    assert found.outcome == Outcome.EFFECTIVE
    assert [shift.name for shift in found.shifts] == ["median", "p90", "mean"]


def test_monthly_three_against_three_can_never_prove_anything():
    found = verdict(Plan("lower", D(20)), hours(90, 95, 99), hours(1, 2, 3))
    assert (found.outcome, found.reason) == ("insufficient_data", "too_few")
    assert found.smallest_p == pytest.approx(0.10)
    assert found.low is None


def test_no_shift_in_many_executions_is_ineffective():
    found = verdict(Plan("lower", D(24)), lognormal(48, 400), lognormal(48, 400, 2))
    assert found.outcome == Outcome.INEFFECTIVE


# Counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ((60, 2000), (20, 2000), "effective"), ((60, 2000), (35, 2000), "partly_effective"),
        ((60, 2000), (60, 2000), "ineffective"), ((60, 2000), (110, 2000), "worsened"),
        ((3, 100), (0, 100), "insufficient_data"), ((0, 100), (0, 100), "insufficient_data"),
        ((0, 100), (20, 100), "worsened"),
    ],
)  # fmt: skip
def test_events_are_rated_by_their_exposure(before, after, outcome):
    found = verdict(Plan("lower", D("0.01")), Counts(*before), Counts(*after))
    assert (found.outcome, found.scale) == (outcome, "ratio")


# Monthly series ------------------------------------------------------------------------------


def test_a_monthly_series_shifts_against_its_own_limits():
    found = verdict(Plan("lower", D(42)), series(*FLAT[:7]), series(39, 38, 40))
    assert (found.outcome, found.test, found.p_value) == ("effective", "xmr_shift", None)
    assert found.effect == pytest.approx(39 - sum(FLAT[:7]) / 7)


@pytest.mark.parametrize(
    ("baseline", "result", "target", "outcome"),
    [
        (FLAT, [39, 38, 40], 42, "effective"),
        (FLAT, [39, 38, 40], 30, "partly_effective"),
        (FLAT, [63, 64, 62], 42, "worsened"),
        (FLAT, [50, 52, 49, 51, 50, 52], 42, "ineffective"),
        (FLAT, [39], 42, "insufficient_data"),  # 12 v 1 proves nothing
        (FLAT[:6], [39, 38], 42, "insufficient_data"),  # nor does 6 v 2
        (FLAT[:5], [20, 20, 20, 20, 20], 42, "insufficient_data"),  # no limits below 6 points
        (FLAT, [20, 80, 42], 42, "insufficient_data"),  # signals on both sides are no shift
        (range(60, 36, -2), [36, 34, 32], 36, "insufficient_data"),  # the trend went on, no more
    ],
)
def test_words_for_monthly_series(baseline, result, target, outcome):
    assert verdict(Plan("lower", D(target)), series(*baseline), series(*result)).outcome == outcome


def test_from_twelve_points_the_trend_is_taken_out():
    found = verdict(Plan("lower", D(42)), series(*FLAT), series(39, 38, 40))
    assert found.test == "segmented_regression"
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.shifts[0].name == "level"
    perfect = verdict(Plan("lower", D(42)), series(*([50] * 10)), series(40, 40, 40))
    assert (perfect.outcome, perfect.p_value) == ("effective", 0)


# Money ---------------------------------------------------------------------------------------


def test_money_is_the_price_effect_at_the_actual_quantity():
    found = verdict(Plan("lower", D(102)), lines(120, 12), lines(100, 8, quantity=20))
    assert (found.outcome, found.scale) == ("effective", "yuan")
    assert found.effect == pytest.approx(-20 * 160, rel=0.01)
    assert found.effect is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.effect < found.high < 0


def test_with_a_standard_price_the_metric_is_the_flexed_variance_rate():
    before, after = lines(120, 12, standard_price=D(100)), lines(104, 12, standard_price=D(100))
    found = verdict(Plan("lower", D("0.05")), before, after)
    assert found.outcome == Outcome.EFFECTIVE
    assert found.before == pytest.approx(0.20, abs=0.01)
    assert found.effect == pytest.approx(-16 * 120, rel=0.01)
    assert verdict(Plan("lower", D("0.02")), before, after).outcome == Outcome.PARTLY_EFFECTIVE


def test_two_deliveries_prove_no_price():
    assert (
        verdict(Plan("lower", D(102)), lines(120, 6), lines(90, 2)).outcome
        == Outcome.INSUFFICIENT_DATA
    )


# Difference in differences -------------------------------------------------------------------


def test_what_fell_everywhere_is_not_credited_to_the_pilot():
    """Pilot 96 → 48, control 95 → 90: −43 h, not −48."""
    noise = np.linspace(-5, 5, 41)
    pilot, control = (
        [Durations(m + noise) for m in (96, 48)],
        [Durations(m + noise) for m in (95, 90)],
    )
    found = verdict(Plan("lower", D(48)), pilot[0], pilot[1], control=(control[0], control[1]))
    assert found.effect == pytest.approx(-43)
    assert found.control_effect == pytest.approx(-5)
    assert found.after == pytest.approx(53)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -43 < found.high < 0
    assert found.outcome == Outcome.PARTLY_EFFECTIVE  # 48 was reached only with the common fall


@pytest.mark.parametrize(
    ("pilot", "control", "outcome"),
    [
        ((Proportion(150, 1000), Proportion(30, 1000)), (Proportion(150, 1000), Proportion(150, 1000)), "effective"),
        ((Proportion(150, 1000), Proportion(30, 1000)), (Proportion(150, 1000), Proportion(30, 1000)), "ineffective"),
        ((Proportion(9, 9), Proportion(0, 9)), (Proportion(9, 9), Proportion(9, 9)), "insufficient_data"),
        ((Counts(150, 5000), Counts(20, 5000)), (Counts(150, 5000), Counts(140, 5000)), "effective"),
        ((lines(120, 12), lines(0.02, 12)), (lines(120, 12), lines(120, 12)), "effective"),
        ((series(*FLAT), series(1, 1, 1)), (series(*FLAT), series(*FLAT[:3])), "partly_effective"),
        ((series(*FLAT[:3]), series(1, 1, 1)), (series(*FLAT), series(*FLAT[:3])), "insufficient_data"),
    ],
)  # fmt: skip
def test_a_pilot_against_the_rest(pilot, control, outcome):
    found = verdict(Plan("lower", D("0.03")), *pilot, control=control)
    assert found.outcome == outcome
    assert found.test == "difference_in_differences"


# Rules that hold for every kind --------------------------------------------------------------

SMALL = st.one_of(
    st.tuples(st.just("proportion"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("durations"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("series"), st.integers(0, 5), st.integers(0, 20)),
    st.tuples(st.just("money"), st.integers(0, 3), st.integers(0, 3)),
)


@given(SMALL, st.floats(0.1, 0.99), st.data())
def test_too_few_records_are_never_effective(sizes, share, data):
    kind, n_before, n_after = sizes
    values = st.floats(1, 1000)
    drawn = [data.draw(st.lists(values, min_size=n, max_size=n)) for n in (n_before, n_after)]
    samples: list[Sample]
    if kind == "proportion":
        samples = [Proportion(round(n * s), n) for n, s in ((n_before, share), (n_after, 0))]
    elif kind == "durations":
        samples = [hours(*numbers) for numbers in drawn]
    elif kind == "series":
        samples = [series(*numbers) for numbers in drawn]
    else:
        samples = [
            Money(tuple(D(str(x)) for x in numbers), (D(2),) * len(numbers)) for numbers in drawn
        ]
    assert verdict(Plan("lower", D(900)), *samples).outcome == Outcome.INSUFFICIENT_DATA


@given(
    st.integers(0, 80),
    st.integers(1, 80),
    st.integers(0, 80),
    st.integers(1, 80),
    st.integers(0, 100),
)
def test_effective_means_reached_and_proven(k1, n1, k2, n2, target):
    before, after = Proportion(min(k1, n1), n1), Proportion(min(k2, n2), n2)
    found = verdict(Plan("lower", D(target) / 100), before, after)
    if found.outcome == Outcome.EFFECTIVE:
        assert after.k * 100 <= target * n2
        assert found.p_value is not None
        assert found.p_value <= 0.05
        assert found.effect is not None
        assert found.effect < 0
    if found.outcome in {Outcome.PARTLY_EFFECTIVE, Outcome.WORSENED}:
        assert found.p_value is not None
        assert found.p_value <= 0.05


def test_useless_countermeasures_seldom_look_effective():
    random = np.random.default_rng(21)
    plan = Plan("lower", D("0.15"))
    runs = [
        verdict(plan, Proportion(int(a), 200), Proportion(int(b), 200)).outcome
        for a, b in random.binomial(200, 0.15, (400, 2))
    ]
    assert runs.count(Outcome.EFFECTIVE) / len(runs) <= 0.03


def test_samples_of_two_kinds_are_refused():
    with pytest.raises(TypeError):
        verdict(LOWER, Proportion(1, 2), hours(1, 2))
    with pytest.raises(TypeError):
        verdict(LOWER, Proportion(1, 2), Proportion(1, 2), control=(Proportion(1, 2), hours(1)))


@pytest.mark.parametrize(
    "arguments",
    [("lower", D(1), None, (D(0), D(1))), ("band", D(1)), ("lower", D(1), D(0))],
)
def test_a_plan_must_make_sense(arguments):
    with pytest.raises(ValueError, match=r"band|smallest"):
        Plan(*arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Proportion(3, 2),
        lambda: Counts(1, 0),
        lambda: Money((D(1),), (D(0),)),
        lambda: Money((D(1),), ()),
    ],
)
def test_samples_must_make_sense(make):
    with pytest.raises(ValueError, match=r"needs"):
        make()


@pytest.mark.parametrize(
    ("plan", "baseline", "n"),
    [
        (LOWER, Proportion(15, 100), 89),
        (LOWER, Proportion(0, 0), None),
        (Plan("lower", D("0.01")), Counts(60, 2000), 733),
        (Plan("lower", D(42)), series(*FLAT[:5]), None),
        (Plan("lower", D(42)), series(*FLAT), 2),
    ],
)
def test_needed_records_are_known_beforehand(plan, baseline, n):
    assert needed_n(plan, baseline) == n


def test_needed_lines_follow_the_spread_of_prices():
    assert (
        (needed_n(Plan("lower", D(119)), lines(120, 50)) or 0)
        > (needed_n(Plan("lower", D(110)), lines(120, 50)) or 0)
        > 0
    )


def test_a_later_look_proves_less():
    """30/300 → 8/180: p ≈ 0.034 counts at the planned look and not at a second one."""
    before, after = Proportion(30, 300), Proportion(8, 180)
    planned = Plan(better="lower", target=Decimal("0.05"), alpha=alpha_of_look(1))
    second = replace(planned, alpha=alpha_of_look(2))
    p = verdict(planned, before, after).p_value
    assert p is not None
    assert alpha_of_look(2) < p < 0.04
    assert verdict(planned, before, after).outcome == "effective"
    assert verdict(second, before, after).outcome != "effective"


@pytest.mark.parametrize("statistic", ["median", "p90", "mean"])
def test_looking_again_asks_more_of_hours_whatever_is_measured(statistic):
    random = np.random.default_rng(7)
    before, after = (Durations(random.exponential(h, 300)) for h in (10.0, 6.5))
    sure = Plan(better="lower", target=Decimal(20), statistic=statistic)
    assert verdict(sure, before, after).outcome == "effective"
    strict = replace(sure, alpha=1e-9)
    assert verdict(strict, before, after).outcome != "effective"


def test_looking_again_asks_more_of_a_series():
    values = [50, 52, 47, 55, 49, 51, 53, 48, 50, 54, 52, 49]
    before = series(*values)
    after = series(40, 39, 41, 40)
    sure = Plan(better="lower", target=Decimal(42))
    assert verdict(sure, before, after).outcome == "effective"
    assert verdict(replace(sure, alpha=1e-12), before, after).outcome != "effective"
