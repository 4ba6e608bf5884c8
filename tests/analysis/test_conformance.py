"""Alignment with the step table: golden vectors of process.md 2.3.7, and brute force."""

import itertools
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.conformance import Model, ModelStep, align, check
from tests.engines import Frames, engine
from tests.event_logs import facts

__all__ = ["engine"]

APPLY, MANAGER, PURCHASING, FINANCE, DIRECTOR, RECEIVE = range(6)
TABLE = [ModelStep(step, mandatory=step != FINANCE) for step in range(6)]


@pytest.mark.parametrize(
    ("case", "cost", "fitness"),
    [
        ([0, 1, 2, 3, 4, 5], 0, 1.000),
        ([0, 1, 2, 4, 5], 0, 1.000),  # optional finance left out
        ([0, 1, 4, 5], 1, 0.889),  # purchasing and finance left out
        ([0, 1, 2, 1, 2, 3, 4, 5], 2, 0.846),  # a return loop of two steps
        ([0, 2, 1, 3, 4, 5], 2, 0.818),  # two steps swapped
    ],
)
def test_golden_alignments(case, cost, fitness):
    found = align(Model(TABLE), case)
    assert (found.cost, round(found.fitness, 3)) == (cost, fitness)


def test_a_declared_return_costs_nothing():
    table = [*TABLE[:2], ModelStep(PURCHASING, may_return_to=frozenset({MANAGER})), *TABLE[3:]]
    assert align(Model(table), [0, 1, 2, 1, 2, 3, 4, 5]).cost == 0


def test_a_parallel_group_may_be_done_in_any_order():
    table = [ModelStep(0), ModelStep(1, group=1), ModelStep(2, group=1), ModelStep(3)]
    assert align(Model(table), [0, 2, 1, 3]).cost == 0
    assert align(Model(table), [0, 2, 3]).skipped == (1,)


def test_departures_are_named():
    found = align(Model(TABLE), [0, 1, 9, 3, 4, 5])
    assert (found.skipped, found.inserted) == ((PURCHASING,), (9,))


def brute_force(model: list[tuple[int, bool]], case: tuple[int, ...]) -> int:
    @cache
    def edits(place: int, read: int) -> int:
        if place == len(model):
            return len(case) - read
        skip = edits(place + 1, read) + model[place][1]
        if read == len(case):
            return skip
        insert = edits(place, read + 1) + 1
        if case[read] == model[place][0]:
            return min(skip, insert, edits(place + 1, read + 1))
        return min(skip, insert)

    return edits(0, 0)


@given(
    st.lists(st.booleans(), min_size=1, max_size=6),
    st.lists(st.integers(0, 6), max_size=9),
)
def test_a_sequential_model_costs_what_edit_alignment_costs(mandatory, case):
    model = Model([ModelStep(step, mandatory=must) for step, must in enumerate(mandatory)])
    found = align(model, case)
    assert found.cost == brute_force(list(enumerate(mandatory)), tuple(case))
    assert found.cost == len(found.skipped) + len(found.inserted)


@given(st.permutations([1, 2, 3]), st.lists(st.integers(0, 4), max_size=7))
def test_a_group_costs_the_cheapest_of_its_orders(order, case):
    grouped = Model([ModelStep(0), *(ModelStep(s, group=7) for s in order), ModelStep(4)])
    cheapest = min(
        brute_force([(0, True), *((s, True) for s in one), (4, True)], tuple(case))
        for one in itertools.permutations([1, 2, 3])
    )
    assert align(grouped, case).cost == cheapest


def test_a_log_is_summed_up_by_departure_and_department(engine: Frames):
    rows = []
    departments = []
    for case in range(10):
        steps = [0, 1, 4, 5] if case < 3 else [0, 1, 2, 3, 4, 5]
        for hour, step in enumerate(steps):
            rows.append((case, step, hour * 10, hour * 10 + 1))
            departments.append(2 if case < 2 else 1)
    found = check(engine(facts(rows, department_no=departments)), TABLE)
    assert (found.cases, found.conforming) == (10, 7)
    assert found.fitness == pytest.approx((3 * (1 - 1 / 9) + 7) / 10)
    (only,) = found.violations
    assert (only.kind, only.activity_no, only.cases, only.share) == ("skipped", PURCHASING, 3, 0.3)
    assert (only.department_no, only.department_cases, only.hours_apart) == (2, 2, -20.0)


def test_a_log_without_cases_conforms(engine: Frames):
    empty = facts([(1, 0, 0, 1)]).clear()
    assert check(engine(empty), TABLE).cases == 0
