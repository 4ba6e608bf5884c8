"""Which cases a filter keeps: by hand, in every engine, and as an algebra."""

from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.case_filter import Between, CaseFilter, matching
from opsloop.analysis.event_columns import load
from opsloop.analysis.worktime import CLOCK, Calendar
from tests.engines import Frames, engine
from tests.event_logs import facts

__all__ = ["engine"]

APPLY, CHECK, SIGN = range(3)
OPTIONAL = ("outcome_no", "resource_no", "department_no", "amount_fen")
# 09:00–17:00 on every day of the week.
OFFICE = Calendar(weekly=(((540, 1020),),) * 7, exceptions={}, published_years=frozenset())
# case, step, start hour, end hour | outcome, person, department, amount
ROWS = [
    (1, APPLY, 0, 1, -1, 0, 0, 500_00), (1, CHECK, 3, 4, 0, 1, 1, 500_00),
    (1, SIGN, 10, 11, 0, 2, 2, 500_00),
    (2, APPLY, 0, 1, -1, 0, 0, 9_000_00), (2, CHECK, 2, 3, 1, 1, 1, 9_000_00),
    (2, APPLY, 5, 6, -1, 3, 0, 9_000_00), (2, CHECK, 8, 9, 0, 1, 1, 9_000_00),
    (2, SIGN, 40, 41, 2, 2, 2, 9_000_00),
    (3, APPLY, 24, 25, -1, 3, 3, None), (3, SIGN, 30, 31, 0, 2, 2, None),
]  # fmt: skip


def table(rows=ROWS) -> pl.DataFrame:
    more = {name: [row[4 + at] for row in rows] for at, name in enumerate(OPTIONAL[:3])}
    amounts = {row[0]: row[7] for row in rows}
    amount = pl.col("case_no").replace_strict(amounts, return_dtype=pl.Int64)
    return facts([row[:4] for row in rows], **more).with_columns(amount_fen=amount)


EXAMPLES = [
    (CaseFilter(), [1, 2, 3]),
    (CaseFilter(with_steps=(CHECK,)), [1, 2]),
    (CaseFilter(without_steps=(CHECK,)), [3]),
    (CaseFilter(starts=(APPLY,), ends=(SIGN,)), [1, 2, 3]),
    (CaseFilter(starts=(CHECK,)), []),
    (CaseFilter(starts=(CHECK, APPLY)), [1, 2, 3]),
    (CaseFilter(follows=((CHECK, APPLY),)), [2]),
    (CaseFilter(variants=((APPLY, SIGN), (APPLY, CHECK, SIGN))), [1, 3]),
    (CaseFilter(started=(Between(1),)), [3]),
    (CaseFilter(completed=(Between(1, 1),)), [2, 3]),
    (CaseFilter(within=(Between(0, 0),)), [1]),
    (CaseFilter(within=(Between(0, 1),)), [1, 2, 3]),
    (CaseFilter(started=(Between(None, 0),), hours=(Between(12),)), [2]),
    (CaseFilter(hours=(Between(None, 8),)), [3]),
    (CaseFilter(hours=(Between(7, 11),)), [1, 3]),  # both ends included
    (CaseFilter(departments=(0,)), [1, 2]),
    (CaseFilter(departments=(0, 3)), [1, 2, 3]),
    (CaseFilter(handled=(1,)), [1, 2]),
    (CaseFilter(handled=(1, 3)), []),
    (CaseFilter(people=(3,)), [2, 3]),
    (CaseFilter(outcomes=(1,)), [2]),
    (CaseFilter(outcomes=(0, 2)), [2]),
    (CaseFilter(amounts=(Between(None, 1_000_00),)), [1]),
    (CaseFilter(amounts=(Between(0),)), [1, 2]),  # no amount stated matches no span
    (CaseFilter(amounts=(Between(0), Between(600_00))), [2]),
]


@pytest.mark.parametrize(("wanted", "cases"), EXAMPLES)
def test_filters_keep_the_cases_they_name(wanted, cases, engine: Frames):
    held = load(engine(table()), also=OPTIONAL)
    kept = matching(held, wanted)
    assert held.case_no[kept].tolist() == cases
    only = held.only(kept)
    assert len(only.activity) == sum(row[0] in cases for row in ROWS)


def test_hours_are_counted_on_the_calendar_asked_for(engine: Frames):
    """Case 2 runs from midnight to 17:00 of the next day: 41 hours, sixteen of them worked."""
    held = load(engine(table()), also=OPTIONAL)
    sixteen = CaseFilter(hours=(Between(16, 16),))
    assert held.case_no[matching(held, sixteen, OFFICE)].tolist() == [2]
    assert not matching(held, sixteen, CLOCK).any()


def test_a_column_the_log_does_not_have_matches_nothing():
    bare = load(pl_frame(table().drop(*OPTIONAL)), also=OPTIONAL)
    wanted = [
        CaseFilter(departments=(0,)), CaseFilter(handled=(0,)), CaseFilter(people=(0,)),
        CaseFilter(outcomes=(0,)), CaseFilter(amounts=(Between(0),)),
    ]  # fmt: skip
    assert not any(matching(bare, one).any() for one in wanted)


def test_nothing_matches_in_an_empty_log():
    empty = load(pl_frame(table().filter(pl.col("case_no") > 9)), also=OPTIONAL)
    assert len(matching(empty, CaseFilter(starts=(1,), hours=(Between(1),)))) == 0


def pl_frame(frame: pl.DataFrame):
    import narwhals.stable.v2 as nw

    return nw.from_native(frame)


rows = st.lists(
    st.tuples(
        st.integers(1, 8), st.integers(0, 2), st.integers(0, 60), st.integers(0, 9),
        st.integers(-1, 2), st.integers(-1, 2), st.integers(-1, 2),
    ),
    min_size=1, max_size=40,
)  # fmt: skip
spans = st.builds(Between, st.none() | st.integers(0, 40), st.none() | st.integers(0, 60))
few = st.lists(st.integers(0, 2), max_size=2, unique=True).map(tuple)
filters = st.builds(
    CaseFilter, with_steps=few, without_steps=few, starts=few, ends=few, departments=few,
    handled=few, people=few, outcomes=few,
    started=st.lists(spans, max_size=1).map(tuple), hours=st.lists(spans, max_size=2).map(tuple),
)  # fmt: skip
_ANY_OF = ("starts", "ends", "departments", "variants")


def columns(drawn):
    listed = [(c, s, b, b + n, o, r, d, 100 * c) for c, s, b, n, o, r, d in drawn]
    return load(pl_frame(table(listed)), also=OPTIONAL)


@given(rows, filters, filters)
def test_conditions_are_combined_with_and(drawn, one, other):
    """Joining two filters keeps what both keep, wherever a list of values means all of them."""
    one, other = (replace(each, **dict.fromkeys(_ANY_OF, ())) for each in (one, other))
    held = columns(drawn)
    joined = CaseFilter(
        **{f.name: getattr(one, f.name) + getattr(other, f.name) for f in fields(CaseFilter)}
    )
    both = matching(held, one) & matching(held, other)
    assert np.array_equal(matching(held, joined), both)


@given(rows, filters)
def test_every_condition_only_takes_cases_away(drawn, wanted):
    held = columns(drawn)
    kept = matching(held, wanted)
    for field in fields(CaseFilter):
        looser = matching(held, replace(wanted, **{field.name: ()}))
        assert not (kept & ~looser).any()


@given(rows, filters)
def test_a_case_is_kept_or_not_whatever_else_is_in_the_log(drawn, wanted):
    held = columns(drawn)
    kept = matching(held, wanted)
    for case in range(held.cases):
        alone = held.part(case, case + 1)
        assert matching(alone, wanted).tolist() == [bool(kept[case])]


def test_the_calendar_never_changes_which_steps_a_case_has():
    held = load(pl_frame(table()), also=OPTIONAL)
    wanted = CaseFilter(with_steps=(CHECK,), started=(Between(0, 0),))
    assert np.array_equal(matching(held, wanted, OFFICE), matching(held, wanted, CLOCK))
