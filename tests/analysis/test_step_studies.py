"""Who does what, what it costs, and what took far too long: small logs one can check by eye."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.event_columns import load
from opsloop.analysis.outliers import fence, step_outliers, work_hours
from opsloop.analysis.specialisation import specialisation
from opsloop.analysis.step_costs import step_costs
from tests.engines import Frames, engine
from tests.event_logs import facts

__all__ = ["engine"]

APPLY, CHECK = 0, 1
ALSO = ("resource_no", "department_no")
# case, step, start hour, end hour | person, department
ROWS = [
    (1, APPLY, 0, 2, 0, 0), (1, CHECK, 4, 5, 1, 1), (1, CHECK, 6, 9, 1, 1),
    (2, APPLY, 0, 1, 0, 0), (2, CHECK, 2, 3, 1, 1), (2, APPLY, 4, 5, 2, 1), (2, CHECK, 6, 7, 3, 1),
    (3, APPLY, 31 * 24, 31 * 24 + 4, 0, 0), (3, CHECK, 31 * 24 + 9, 31 * 24 + 10, -1, -1),
]  # fmt: skip


def table(rows=ROWS) -> pl.DataFrame:
    return facts(
        [row[:4] for row in rows], resource_no=[row[4] for row in rows],
        department_no=[row[5] for row in rows],
    )  # fmt: skip


def test_shares_of_a_step_and_of_a_persons_work(engine: Frames):
    found = specialisation(load(engine(table()), also=ALSO), "resource")
    told = {
        (s.activity_no, s.party_no): (s.executions, s.of_step, s.of_party) for s in found.shares
    }
    assert told == {
        (APPLY, 0): (3, 0.75, 1.0), (APPLY, 2): (1, 0.25, 1.0),
        (CHECK, 1): (3, 0.75, 1.0), (CHECK, 3): (1, 0.25, 1.0),
    }  # fmt: skip
    assert found.shares[0].party_no == 0


def test_work_done_again_is_told_of_who_did_it_first(engine: Frames):
    """Person 1 repeats a check of its own; 3 repeats one of 1; 2 repeats an application of 0."""
    columns = load(engine(table()), also=ALSO)
    people = {one.party_no: one for one in specialisation(columns, "resource").redone}
    assert [(p, people[p].by_itself, people[p].by_others, people[p].for_others) for p in range(4)] == [
        (0, 0, 1, 0), (1, 1, 1, 0), (2, 0, 0, 1), (3, 0, 0, 1),
    ]  # fmt: skip
    assert people[1].share == pytest.approx(2 / 3)
    roles = {one.party_no: one for one in specialisation(columns, "department").redone}
    assert (roles[0].by_others, roles[1].by_itself, roles[1].for_others) == (1, 2, 1)


def test_a_log_without_names_tells_nothing_of_who_did_what():
    bare = load(_frame(table().drop(*ALSO)), also=ALSO)
    assert specialisation(bare, "resource").shares == ()
    assert specialisation(load(_frame(table().clear()), also=ALSO), "department").redone == ()


def test_work_costs_its_hours_at_the_rate_of_who_did_it(engine: Frames):
    """Department 0 costs 100 yuan an hour, everybody else 60."""
    found = step_costs(load(engine(table()), also=ALSO), {0: 100_00}, 60_00)
    assert found.basis == "work"
    assert [(s.activity_no, s.executions, s.hours, s.fen) for s in found.steps] == [
        (APPLY, 4, 8.0, 760_00), (CHECK, 5, 7.0, 420_00),
    ]  # fmt: skip
    assert [(month.cases, month.fen) for month in found.months] == [(2, 720_00), (1, 460_00)]
    assert (found.fen, found.cases, found.unpriced) == (1180_00, 3, 0)


def test_what_has_no_rate_is_left_out_and_counted():
    found = step_costs(load(_frame(table()), also=ALSO), {0: 100_00}, None)
    assert (found.fen, found.unpriced) == (700_00, 6)
    bare = load(_frame(table().drop(*ALSO)), also=ALSO)
    assert step_costs(bare, {0: 100_00}, None).fen == 0
    assert step_costs(load(_frame(table().clear())), {}, 1).cases == 0


def test_with_ends_only_the_stage_time_stands_in_and_says_so():
    found = step_costs(load(_frame(table().drop("start_us")), also=ALSO), {}, 60_00)
    assert found.basis == "stage"
    checks = next(one for one in found.steps if one.activity_no == CHECK)
    # 2 → 5 → 9; 1 → 3; 5 → 7; 4 → 10 hours: 3 + 4 + 2 + 2 + 6.
    assert checks.hours == 17


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(-1, 2)), min_size=1))
def test_costs_by_step_and_by_month_are_the_same_money(drawn):
    rows = [(n, step, n * 100, n * 100 + h, 0, who) for n, (step, h, who) in enumerate(drawn)]
    found = step_costs(load(_frame(table(rows)), also=ALSO), {0: 50_00, 1: 70_00}, 30_00)
    rate = {0: 50_00, 1: 70_00}
    assert found.fen == sum(h * rate.get(who, 30_00) for _step, h, who in drawn)
    assert sum(month.fen for month in found.months) == found.fen
    assert sum(month.cases for month in found.months) == len(drawn)


def test_the_planted_giant_is_the_only_outlier(engine: Frames):
    rows = [(case, APPLY, 0, 8 + case % 5, 0, 0) for case in range(40)]
    rows += [(40, APPLY, 0, 400, 0, 0), *((case, CHECK, 500, 501, 0, 0) for case in range(5))]
    columns = load(engine(table(rows)), also=ALSO)
    (found,) = step_outliers(columns, work_hours(columns))
    assert (found.activity_no, found.executions, found.count) == (APPLY, 41, 1)
    (giant,) = found.listed
    assert (giant.case_no, giant.hours, giant.times) == (40, 400, 40)
    assert found.share == 1 / 41
    # Q1 = 9, median = 10, Q3 = 11: Tukey's 11 + 3 · 2 lies above Kimber's 11 · (11 / 10)³.
    assert found.fence == pytest.approx(17)


def test_where_the_upper_half_spreads_the_logarithms_decide():
    """Q1 = 1, median = 2, Q3 = 6 h: Kimber's 6 · (6 / 2)³ lies above Tukey's 6 + 3 · 5."""
    hours = np.repeat([0.5, 1.0, 2.0, 6.0, 20.0], [4, 8, 8, 8, 4])
    assert np.quantile(hours, [0.25, 0.5, 0.75]).tolist() == [1, 2, 6]
    assert fence(hours) == pytest.approx(162)


def test_too_few_or_all_alike_is_not_judged():
    assert fence(np.full(19, 2.0)) is None
    assert fence(np.full(50, 2.0)) is None


@given(
    st.lists(st.floats(0.01, 1e4), min_size=20, max_size=60), st.floats(0.01, 100),
)  # fmt: skip
def test_the_fence_scales_with_the_unit_and_keeps_the_middle_half(hours, unit):
    values = np.array(hours)
    limit = fence(values)
    if limit is None:
        return
    assert limit >= np.quantile(values, 0.75)
    scaled = fence(values * unit)
    assert scaled == pytest.approx(limit * unit, rel=1e-6)


def _frame(frame: pl.DataFrame):
    import narwhals.stable.v2 as nw

    return nw.from_native(frame)
