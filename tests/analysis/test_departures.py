"""Departures from the step table: every kind planted and found, and who carries them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from opsloop.analysis.case_filter import by_value
from opsloop.analysis.conformance import ModelStep, check
from opsloop.analysis.departures import carriers, cases_of, examine, months_of
from opsloop.analysis.event_columns import load
from tests.engines import Frames, engine
from tests.event_logs import facts

__all__ = ["engine"]

APPLY, MANAGER, FINANCE, DIRECTOR = range(4)
TABLE = [
    ModelStep(APPLY), ModelStep(MANAGER), ModelStep(FINANCE),
    ModelStep(DIRECTOR, from_amount_fen=10_000_00),
]  # fmt: skip
ALSO = ("outcome_no", "resource_no", "department_no", "amount_fen")
SALES, PURCHASING, MONEY = range(3)
MONTH = 31 * 24


def log(cases: int = 60, *, skipping: int = 12) -> pl.DataFrame:
    """The first cases skip finance and come from sales; odd facts stand in single cases.

    Case 50 needs the director and goes without; in 51 one person decides twice; in 52 sales does
    the finance check. The second half is submitted a month later.
    """
    rows, who, department, amount = [], [], [], []
    for case in range(cases):
        begin = 0 if case < cases // 2 else MONTH
        steps = [APPLY, MANAGER] if case < skipping else [APPLY, MANAGER, FINANCE]
        for place, step in enumerate(steps):
            rows.append((case, step, begin + place * 10, begin + place * 10 + 1))
            who.append(7 if case == 51 and step != APPLY else step)
            department.append(
                {APPLY: SALES if case < 20 else PURCHASING, MANAGER: PURCHASING, FINANCE: MONEY}[step]
                if (case, step) != (52, FINANCE) else SALES
            )  # fmt: skip
            amount.append(20_000_00 if case == 50 else 500_00)
    return facts(rows, resource_no=who, department_no=department).with_columns(
        amount_fen=pl.Series(amount, dtype=pl.Int64)
    )


def found(columns, **more):
    return examine(
        columns, TABLE, decisions=[MANAGER, FINANCE], allowed={FINANCE: frozenset({MONEY})},
        attributes={
            "department": by_value(columns, columns.department),
            "month": months_of(columns) - months_of(columns).min(initial=1970 * 12),
        }, **more,
    )  # fmt: skip


def test_every_kind_of_departure_is_found(engine: Frames):
    columns = load(engine(log()), also=ALSO)
    result = found(columns)
    assert {(one.key, one.cases) for one in result.found} == {
        (("skipped", FINANCE, -1), 12), (("amount", DIRECTOR, -1), 1),
        (("same_person", MANAGER, FINANCE), 1), (("hands", FINANCE, SALES), 1),
    }  # fmt: skip
    first = result.found[0]
    assert (first.share, first.hours_apart) == (0.2, -10.0)
    assert result.cases == 60
    assert result.without_any() == 60 - 15
    accepted = frozenset({("skipped", FINANCE, -1), ("hands", FINANCE, SALES)})
    assert result.without_any(accepted) == 60 - 2
    plain = check(engine(log()), TABLE)
    assert result.fitness == pytest.approx(plain.fitness)
    named = cases_of(
        columns, TABLE, decisions=[MANAGER, FINANCE], allowed={FINANCE: frozenset({MONEY})}
    )
    assert named["same_person", MANAGER, FINANCE].tolist() == [51]
    assert {key: len(numbers) for key, numbers in named.items()} == {
        one.key: one.cases for one in result.found
    }


def test_the_department_that_carries_a_departure_is_named_first():
    """All 12 skipping cases come from sales, which submits 20 of 60: lift 12/20 ÷ 12/60 = 3."""
    columns = load(_frame(log()), also=ALSO)
    skipped = found(columns).found[0]
    named = {(one.attribute, one.value): one for one in skipped.carriers}
    sales = named["department", SALES]
    assert (sales.cases, sales.departing, sales.rate, sales.rest_rate) == (20, 12, 0.6, 0.0)
    assert sales.lift == pytest.approx(3)
    assert skipped.carriers[0] == sales or skipped.carriers[0].lift == sales.lift
    assert named["month", 0].lift == pytest.approx(2)
    assert ("department", PURCHASING) not in named
    single = next(one for one in found(columns).found if one.kind == "amount")
    assert single.carriers == ()


def test_months_and_patterns_add_up_to_the_whole():
    result = found(load(_frame(log()), also=ALSO))
    assert [(one.number - 1970 * 12, one.cases) for one in result.months] == [(0, 30), (1, 30)]
    assert result.months[0].fitness < result.months[1].fitness
    assert sum(one.cases for one in result.patterns) == 60
    assert {one.departures for one in result.patterns if one.month % 12 == 1} >= {()}


def test_logs_without_cases_people_or_departments_depart_only_in_their_steps():
    empty = load(_frame(log().clear()), also=ALSO)
    assert found(empty).cases == 0
    assert cases_of(empty, TABLE) == {}
    bare = load(_frame(log().drop("resource_no", "department_no", "amount_fen")), also=ALSO)
    assert {one.kind for one in found(bare).found} == {"skipped"}


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-1, 3)), min_size=1, max_size=200),
)
def test_carriers_are_those_of_fishers_exact_test(drawn):
    mask = np.array([departs for departs, _value in drawn])
    value = np.array([value for _departs, value in drawn])
    named = carriers(mask, {"x": (np.arange(len(mask)), value)})
    looked_at = len(set(value[value >= 0].tolist()))
    for one in named:
        mine = value == one.value
        counts = [
            (mask & mine).sum(),
            (~mask & mine).sum(),
            (mask & ~mine).sum(),
            (~mask & ~mine).sum(),
        ]
        table = np.array(counts).reshape(2, 2)
        expected = fisher_exact(table, alternative="greater").pvalue * looked_at
        assert one.p_value == pytest.approx(expected)
        assert one.p_value < 0.05
        assert one.lift > 1
        assert one.rate > mask.mean() > one.rest_rate
        assert (one.cases, one.departing) == (mine.sum(), (mask & mine).sum())
    assert [one.lift for one in named] == sorted((one.lift for one in named), reverse=True)


def _frame(table: pl.DataFrame):
    import narwhals.stable.v2 as nw

    return nw.from_native(table)
