"""Handover, returns, flow, segments, filters, approval limits on small logs one can check by eye."""

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.approval_limit import curve, limit_effect
from opsloop.analysis.case_filter import by_value
from opsloop.analysis.conformance import ModelStep, check, strange_hands
from opsloop.analysis.event_columns import load
from opsloop.analysis.flow import flow
from opsloop.analysis.handover import handovers, redone, same_hands
from opsloop.analysis.returns import return_costs, return_report
from opsloop.analysis.segments import compare
from opsloop.analysis.stability import stability
from tests.event_logs import facts

APPLY, CHECK, SIGN = range(3)
OPTIONAL = ("outcome_no", "resource_no", "department_no", "amount_fen")
# case, step, start hour, end hour | outcome, person, department, amount
ROWS = [
    (1, APPLY, 0, 1, -1, 0, 0, 500_00), (1, CHECK, 3, 4, 0, 1, 1, 500_00),
    (1, SIGN, 10, 11, 0, 2, 2, 500_00),
    (2, APPLY, 0, 1, -1, 0, 0, 9_000_00), (2, CHECK, 2, 3, 1, 1, 1, 9_000_00),
    (2, APPLY, 5, 6, -1, 3, 0, 9_000_00), (2, CHECK, 8, 9, 0, 1, 1, 9_000_00),
    (2, SIGN, 40, 41, 2, 2, 2, 9_000_00),
    (3, APPLY, 24, 25, -1, 3, 0, -1), (3, SIGN, 30, 31, 0, 2, 2, -1),
]  # fmt: skip


def log(rows=ROWS, *, without=()):
    names = [name for name in OPTIONAL if name not in without]
    more = {name: [row[4 + at] for row in rows] for at, name in enumerate(OPTIONAL)}
    frame = facts(
        [row[:4] for row in rows],
        **{name: more[name] for name in names if name != "amount_fen"},
    )
    if "amount_fen" in names:
        amounts = {row[0]: None if row[7] < 0 else row[7] for row in rows}
        amount = pl.col("case_no").replace_strict(amounts, return_dtype=pl.Int64)
        frame = frame.with_columns(amount_fen=amount)
    return nw.from_native(frame)


def columns(**options):
    return load(log(**options), also=OPTIONAL)


def test_handovers_count_waits_and_returns():
    report = handovers(columns())
    assert report.party == "department"
    first = report.matrix[0]
    assert (first.source, first.target, first.count, first.cases) == (0, 1, 3, 2)
    assert first.median_wait == 2
    back = next(one for one in report.matrix if (one.source, one.target) == (1, 0))
    assert (back.count, back.returns, back.return_share) == (1, 1, 1.0)
    assert [(one.source, one.via, one.count) for one in report.ping_pong] == [(0, 1, 1), (1, 0, 1)]


def test_a_step_done_again_by_the_same_or_another_person():
    found = {one.activity_no: one for one in redone(columns())}
    assert (found[APPLY].same_person, found[APPLY].other_person) == (0, 1)
    assert (found[CHECK].same_person, found[CHECK].other_person) == (1, 0)


def test_people_stand_in_where_no_department_is_known():
    report = handovers(columns(without=("department_no",)))
    assert report.party == "resource"
    nobody = handovers(columns(without=("department_no", "resource_no")))
    assert (nobody.party, nobody.matrix) == (None, ())
    assert redone(columns(without=("resource_no",))) == ()


def test_without_decisions_the_order_of_steps_tells_a_return():
    found = handovers(columns(without=("outcome_no",)), order={APPLY: 0, CHECK: 1, SIGN: 2})
    assert sum(one.returns for one in found.matrix) == 1


def test_no_handover_goes_back_in_a_log_without_loops():
    one_way = columns(rows=[row for row in ROWS if row[0] == 1])
    assert (handovers(one_way).ping_pong, redone(one_way)) == ((), ())
    alone = columns(rows=ROWS[:1])
    assert handovers(alone).matrix == ()
    empty = load(log().filter(nw.col("case_no") > 9), also=OPTIONAL)
    assert handovers(empty).matrix == ()


def test_hands_of_consecutive_steps():
    assert same_hands(columns(), APPLY, CHECK) == (2, 0, 1)
    assert same_hands(columns(without=("resource_no",)), APPLY, CHECK) == (2, 0, 1)


def test_returns_by_step_and_role_with_their_cost():
    report = return_report(columns())
    top = report.by_step[0]
    assert (top.number, top.decisions, top.returns) == (CHECK, 3, 1)
    assert (report.by_role[0].number, report.by_role[0].returns) == (1, 1)
    (cost,) = return_costs(columns())
    # Applied again 1 h after 2 h of waiting, checked again 1 h after 2 h of waiting.
    assert (cost.activity_no, cost.returns, cost.work_hours, cost.waiting_hours) == (CHECK, 1, 2, 4)


def test_returns_without_decisions_or_departments():
    undecided = columns(without=("outcome_no",))
    assert return_report(undecided).by_step == ()
    assert list(return_costs(undecided)) == []
    assert return_report(columns(without=("department_no",))).party == "resource"
    bare = return_report(columns(without=("department_no", "resource_no")))
    assert (bare.party, bare.by_role) == (None, ())


def test_flow_counts_arrivals_completions_and_the_rest():
    found = flow(load(log()))
    assert found.days_a_point == 1
    assert [(p.arrivals, p.completions, p.in_progress) for p in found.points] == [
        (2, 1, 1),
        (1, 2, 0),
    ]
    assert found.little is not None
    assert found.little.mean_cycle_hours == pytest.approx((11 + 41 + 7) / 3)


def test_cases_without_a_last_step_stay_in_progress():
    """Case 4 only applied: it is in progress until the log ends, and never completed."""
    found = flow(load(log([*ROWS, (4, APPLY, 1, 2, -1, 0, 0, -1)])), ends=[SIGN])
    assert [(p.arrivals, p.completions, p.in_progress) for p in found.points] == [
        (3, 1, 2),
        (1, 2, 1),
    ]
    assert found.little is not None
    assert found.little.ratio == pytest.approx(1)


def test_long_logs_are_told_by_the_week_and_empty_ones_not_at_all():
    rows = [(case, APPLY, case * 24, case * 24 + 1) for case in range(100)]
    found = flow(load(nw.from_native(facts(rows))))
    assert found.days_a_point == 7
    assert sum(point.arrivals for point in found.points) == 100
    assert (found.points[0].day + 3) % 7 == 0
    empty = flow(load(log().filter(nw.col("case_no") > 9)))
    assert (empty.points, empty.little) == ((), None)
    instant = flow(load(nw.from_native(facts([(1, 0, 5, 5)]))))
    assert instant.little is None


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), min_size=1, max_size=30))
def test_little_is_exact_on_whole_cases(cases):
    rows = [(number, 0, begin, begin + hours) for number, (begin, hours) in enumerate(cases)]
    little = flow(load(nw.from_native(facts(rows)))).little
    assert little is not None
    assert little.ratio == pytest.approx(1)


def test_segments_stand_side_by_side():
    held = columns()
    found = compare(held, np.array([0, 1, 1]))
    assert [(one.label, one.cases) for one in found] == [(1, 2), (0, 1)]
    assert found[1].log.case_hours.median == 11
    assert found[1].hours_apart == 11 - 24
    assert found[0].slow_step == SIGN
    alone = compare(held, np.zeros(3, dtype=np.int64))
    assert (alone[0].hours_apart, alone[0].p_value) == (None, None)
    assert compare(held, by_value(held, None)) == ()


def test_a_segment_where_nobody_waited_names_no_step():
    held = load(nw.from_native(facts([(1, 0, 0, 1), (1, 1, 1, 2)])))
    assert compare(held, np.zeros(1, dtype=np.int64))[0].slow_step is None


def test_an_approval_limit_saves_the_time_of_the_cases_below_it():
    effect = limit_effect(columns(), SIGN, 500_00)
    assert (effect.cases, effect.skipping, effect.share) == (2, 1, 0.5)
    assert (effect.saved_median, effect.saved_p90, effect.saved_total) == (7, 7, 7)
    assert (effect.days, effect.exposure_fen) == (2, 500_00 * 365 // 2)
    assert effect.stop_rate == 0
    higher = limit_effect(columns(), SIGN, 9_000_00)
    assert (higher.share, higher.stop_rate) == (1.0, 0.5)
    assert curve(columns(), SIGN, 2) == ((500_00, 0.5), (9_000_00, 1.0))


def test_a_limit_without_amounts_decisions_or_cases_says_so():
    bare = columns(without=("amount_fen", "outcome_no"))
    effect = limit_effect(bare, SIGN, 10)
    assert (effect.cases, effect.share, effect.saved_median, effect.stop_rate) == (
        0,
        None,
        None,
        None,
    )
    assert curve(bare, SIGN) == ()
    empty = load(log().filter(nw.col("case_no") > 9), also=OPTIONAL)
    assert limit_effect(empty, SIGN, 10).exposure_fen == 0


def test_an_amount_decides_what_must_be_done():
    """Above 1,000 yuan the check is due: case 3 states no amount, case 1 is below and skips free."""
    table = [ModelStep(APPLY), ModelStep(CHECK, from_amount_fen=1_000_00), ModelStep(SIGN)]
    rows = [row for row in ROWS if not (row[0] == 1 and row[1] == CHECK)]
    found = check(log(rows), table)
    assert (found.cases, found.conforming) == (3, 2)
    big = [(*row[:7], 5_000_00) for row in rows if row[0] == 1]
    strict = check(log(big), table)
    assert [(one.kind, one.activity_no, one.cases) for one in strict.violations] == [
        ("skipped", CHECK, 1)
    ]


def test_a_step_done_by_strange_hands_is_found():
    found = strange_hands(log(), {CHECK: frozenset({2}), SIGN: frozenset({2})})
    assert [(one.activity_no, one.department_no, one.executions) for one in found] == [
        (CHECK, 1, 3)
    ]
    assert strange_hands(log(without=("department_no",)), {CHECK: frozenset()}) == ()


@pytest.mark.parametrize(
    ("after", "word"),
    [
        ([40, 41], "too_few"),
        ([], "too_few"),
        ([44, 46, 45, 44, 46, 45, 44, 45], "reached_stable"),
        ([44, 46, 45, 44, 46, 45, 44, 60], "reached_unstable"),
        ([70, 72, 71, 69, 70, 71], "not_reached"),
    ],
)
def test_the_words_of_stability(after, word):
    assert stability(after, 48).word == word


def test_stability_of_a_rate_that_should_rise():
    assert stability([0.97, 0.96, 0.98, 0.97, 0.96, 0.97], 0.95, lower_is_better=False).word == (
        "reached_stable"
    )
    assert stability([0.9] * 6, 0.95, lower_is_better=False).word == "not_reached"


def test_open_cases_skip_nothing_yet():
    table = [ModelStep(APPLY), ModelStep(CHECK), ModelStep(SIGN)]
    rows = [*ROWS, (4, APPLY, 0, 1, -1, 0, 0, -1)]
    assert check(log(rows), table).cases == 4
    assert check(log(rows), table, ends=[SIGN]).cases == 3
    assert check(log(rows).filter(nw.col("case_no") > 9), table, ends=[SIGN]).cases == 0
