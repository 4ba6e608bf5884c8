"""The simulator repeats the log it was read from, refuses when it cannot, and obeys its scenario."""

from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from opsloop.analysis import simulate as simulation
from opsloop.analysis.process_model import interval_distribution
from opsloop.analysis.simulate import NothingToSimulate, fit, simulate, validate
from opsloop.analysis.simulated_cases import Scenario, draw_cases
from opsloop.analysis.worktime import CLOCK
from opsloop.org.published import published_calendar
from tests.event_logs import DIRECTOR, FINANCE, HOUR, PURCHASING, facts, planted, purchasing, sepsis

APPLY, CHECK, SIGN = range(3)


def log(cases=120, *, resource=True, apart=10, **more):
    """Cases every `apart` hours: 1 h, then 2–4 h later 1–2 h, then 20–30 h later 1 h."""
    random = np.random.default_rng(7)
    rows, who = [], []
    for case in range(cases):
        at = case * apart
        check = at + 1 + int(random.integers(2, 5))
        done = check + int(random.integers(1, 3))
        sign = done + int(random.integers(20, 31))
        rows += [
            (case, APPLY, at, at + 1),
            (case, CHECK, check, done),
            (case, SIGN, sign, sign + 1),
        ]
        who += [0, 1, 2]
        if case % 4 == 0:
            rows.append((case, CHECK, sign + 1, sign + 2))
            who.append(1)
    extra = {"resource_no": who} if resource else {}
    return nw.from_native(facts(rows, **extra, **more))


def demo_log(kind):
    """The demo company's OA export of six months."""
    from opsloop.demo.records import approval_logs

    table = pl.concat(approval_logs(kind, date(2026, 7, 1)).values())
    case, step, person, start, end = (table.columns[at] for at in (0, 2, 3, 5, 6))

    def instants(name):
        return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S").dt.timestamp("us")

    numbered = table.select(
        case_no=pl.col(case).rank("dense").cast(pl.Int64),
        seq=pl.int_range(pl.len(), dtype=pl.Int64),
        activity_no=pl.col(step).rank("dense").sub(1).cast(pl.Int16),
        start_us=instants(start),
        end_us=instants(end),
        resource_no=pl.col(person).rank("dense").sub(1).cast(pl.Int32),
    )
    return numbered.sort("case_no", "start_us", "end_us", "seq")


@pytest.mark.parametrize(
    ("table", "calendar"),
    [
        (lambda: demo_log("purchasing"), published_calendar()),
        (lambda: demo_log("purchasing"), CLOCK),
        (lambda: demo_log("expense"), published_calendar()),
        (planted, published_calendar()),
        (planted, CLOCK),
        (purchasing, CLOCK),
        (sepsis, CLOCK),
    ],
    ids=["demo", "demo-clock", "expense", "planted", "planted-clock", "example", "one-timestamp"],
)
def test_real_and_planted_logs_come_out_again(table, calendar):
    found = validate(fit(nw.from_native(table()), calendar=calendar), replications=8)
    assert found.credible
    assert max(abs(found.whole.median_error), abs(found.whole.p90_error)) < 0.12


def test_a_model_of_the_first_cases_tells_the_later_ones_of_a_steady_process():
    """Planted causes do not change over time, so nothing but memory could tell them apart."""
    found = validate(fit(nw.from_native(planted()), calendar=published_calendar()), replications=8)
    assert found.later.within


def test_the_process_as_it_is_comes_out_again():
    found = validate(fit(log()), replications=10)
    assert found.credible
    assert abs(found.whole.median_error) < 0.05
    assert found.simulated.median.low <= found.simulated.median.mean <= found.simulated.median.high


def test_the_same_seed_gives_the_same_answer():
    model = fit(log(30))
    assert simulate(model, replications=3, seed=1) == simulate(model, replications=3, seed=1)


def test_no_recorded_case_is_repeated():
    """Paths and durations are put together anew: most simulated cases never happened."""
    fitted = fit(nw.from_native(demo_log("purchasing")), calendar=published_calendar())
    drawn = draw_cases(fitted.model, Scenario(), 200, np.random.default_rng(1))
    columns = fitted.model.office.columns
    hours = np.round(fitted.model.office.work(), 6)
    recorded = {tuple(hours[rows]) for rows in np.split(np.arange(len(hours)), columns.first[1:])}
    work = [tuple(round(drawn.work[row], 6) for (row,) in stages) for stages in drawn.stages]
    assert not recorded & set(work)


def test_a_step_removed_saves_its_wait_and_its_work():
    model = fit(log())
    before = simulate(model, replications=5).median.mean
    after = simulate(model, Scenario(removed=frozenset({SIGN})), replications=5).median.mean
    assert 20 < before - after < 35


def test_waiting_work_and_returns_can_be_changed():
    model = fit(log())
    before = simulate(model, replications=5)

    def after(**changes):
        return simulate(model, Scenario(**changes), replications=5)

    assert after(delay={SIGN: 0.2}).median.mean < before.median.mean - 15
    assert after(work={CHECK: 0.5}).median.mean < before.median.mean
    assert after(skip={SIGN: 1.0}).p90.mean < before.p90.mean - 15
    assert after(returns=0.0).p90.mean < before.p90.mean
    assert after(returns=0.0).median.mean <= before.median.mean


def test_a_limit_lets_the_smaller_amounts_skip_the_step():
    rows = [(case, step, case * 9 + step * 4, case * 9 + step * 4 + 1)
            for case in range(100) for step in (APPLY, CHECK)]  # fmt: skip
    amounts = [100_00 * (case + 1) for case in range(100) for _step in (APPLY, CHECK)]
    table = facts(rows).with_columns(amount_fen=pl.Series(amounts, dtype=pl.Int64))
    fitted = fit(nw.from_native(table))
    drawn = draw_cases(
        fitted.model, Scenario(limits={CHECK: 5_000.0}), 400, np.random.default_rng(3)
    )
    skipped = sum(len(stages) == 1 for stages in drawn.stages) / 400
    assert 0.42 < skipped < 0.56


def test_side_by_side_costs_the_longer_of_both():
    model = fit(log())
    together = Scenario(together=(frozenset({CHECK, SIGN}),))
    faster = simulate(model, together, replications=5).median.mean
    assert faster < simulate(model, replications=5).median.mean


def test_more_people_shorten_a_queue_and_more_work_lengthens_it():
    rows = [
        (case, step, case * 2 + 3 * step, case * 2 + 3 * step + 2)
        for case in range(80)
        for step in (0, 1)
    ]
    model = fit(
        nw.from_native(facts(rows, resource_no=[step for _case in range(80) for step in (0, 1)]))
    )
    crowded = simulate(model, Scenario(arrivals=2.0), replications=4)
    helped = simulate(model, Scenario(arrivals=2.0, people={0: 1, 1: 1}), replications=4)
    assert helped.median.mean < crowded.median.mean / 2


def test_fewer_people_leave_at_least_one():
    fitted = fit(nw.from_native(planted(400)), calendar=published_calendar())
    staff = Scenario(people={PURCHASING: -9}).staff(fitted.model)
    assert len(staff[PURCHASING][0]) == 1
    fewer = simulate(fitted, Scenario(people={FINANCE: -1}), replications=3)
    assert fewer.median == simulate(fitted, replications=3).median


def test_deciding_daily_instead_of_on_two_days_saves_what_the_batches_cost():
    fitted = fit(nw.from_native(planted(600)), calendar=published_calendar())
    before = simulate(fitted, replications=5)
    after = simulate(fitted, Scenario(daily=frozenset({DIRECTOR})), replications=5)
    median, p90 = after.less(before)
    assert median.high < -3
    assert p90.high < -3


def test_without_people_nobody_queues():
    model = fit(log(resource=False))
    assert not model.model.office.desks
    assert validate(model, replications=5).credible


def test_one_case_has_no_pattern():
    with pytest.raises(NothingToSimulate):
        fit(log(1))


def test_a_long_log_is_read_from_its_latest_cases(monkeypatch):
    monkeypatch.setattr(simulation, "MOST_EVENTS", 90)
    fitted = fit(log(400))
    assert len(fitted.spans) < 30
    assert fitted.model.office.columns.begin.min() > 3_700 * HOUR


def test_a_model_that_does_not_fit_may_not_be_used():
    found = validate(fit(log()), replications=3)
    wrong = replace(found, whole=replace(found.whole, p90_error=-0.16))
    assert found.credible
    assert not wrong.credible
    still = fit(nw.from_native(facts([(1, 0, 0, 0), (2, 0, 5, 5)])))
    assert validate(still, replications=2).whole.median_error == 0


def test_bounds_give_the_distribution_between_them():
    """Half of the values are exactly 2; the others are known to be at most 10: they are 2 too."""
    low, high = np.array([2.0, 2.0, 0.0, 0.0]), np.array([2.0, 2.0, 10.0, 10.0])
    drawn = interval_distribution(low, high).at(np.linspace(0.01, 0.99, 50))
    assert set(np.round(drawn, 6)) == {2.0}
