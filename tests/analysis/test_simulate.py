"""The simulator repeats the log it was read from, refuses when it cannot, and obeys its scenario."""

import narwhals.stable.v2 as nw
import numpy as np
import pytest

from opsloop.analysis.simulate import (
    NothingToSimulate,
    Scenario,
    Validation,
    fit,
    simulate,
    validate,
)
from tests.event_logs import facts

APPLY, CHECK, SIGN = range(3)


def log(cases=120, *, resource=True, apart=10):
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
    return nw.from_native(facts(rows, **({"resource_no": who} if resource else {})))


def test_the_process_as_it_is_comes_out_again():
    found = validate(fit(log()), replications=10)
    assert found.credible
    assert abs(found.median_error) < 0.05
    assert found.simulated.median_low <= found.simulated.median <= found.simulated.median_high


def test_the_same_seed_gives_the_same_answer():
    model = fit(log(30))
    assert simulate(model, replications=3, seed=1) == simulate(model, replications=3, seed=1)


def test_a_step_removed_saves_its_wait_and_its_work():
    model = fit(log())
    before = simulate(model, replications=5).median
    after = simulate(model, Scenario(removed=frozenset({SIGN})), replications=5).median
    assert 20 < before - after < 35


def test_waiting_work_amounts_and_returns_can_be_changed():
    model = fit(log())
    before = simulate(model, replications=5)
    assert simulate(model, Scenario(idle={SIGN: 0.2}), replications=5).median < before.median - 15
    assert simulate(model, Scenario(work={CHECK: 0.5}), replications=5).median < before.median
    assert simulate(model, Scenario(skip={SIGN: 1.0}), replications=5).p90 < before.p90 - 15
    assert simulate(model, Scenario(returns=0.0), replications=5).p90 <= before.p90


def test_side_by_side_costs_the_longer_of_both():
    model = fit(log())
    together = Scenario(together=(frozenset({CHECK, SIGN}),))
    assert simulate(model, together, replications=5).median < simulate(model, replications=5).median


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
    helped = simulate(model, Scenario(arrivals=2.0, more_people={0: 1, 1: 1}), replications=4)
    assert helped.median < crowded.median / 2


def test_without_people_waiting_is_drawn_as_it_was():
    model = fit(log(resource=False))
    assert set(model.who) == {-1}
    assert validate(model, replications=5).credible


def test_one_case_has_no_pattern():
    with pytest.raises(NothingToSimulate):
        fit(log(1))


def test_a_model_that_does_not_fit_may_not_be_used():
    model = fit(log())
    found = validate(model, replications=3)
    wrong = Validation(found.log_median, found.log_p90, found.simulated, 0.01, -0.16)
    assert not wrong.credible
    still = fit(nw.from_native(facts([(1, 0, 0, 0), (2, 0, 5, 5)])))
    assert validate(still, replications=2).median_error == 0
