"""Event-log rules on every engine: reference logs, small ones by hand, and brute force."""

from collections import Counter
from itertools import pairwise
from statistics import mean, median

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis import event_columns, event_log, event_measures, event_windows
from opsloop.analysis.event_log import APPROVED, REJECTED, RETURNED, WITHDRAWN, analyse
from opsloop.analysis.worktime import Calendar
from tests.engines import Frames, engine
from tests.event_logs import HOUR, facts, purchasing, sepsis

__all__ = ["engine"]

DAY_HOURS = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
WEEK = Calendar(weekly=(DAY_HOURS,) * 5 + ((), ()))


def close(found: event_log.EventLog, expected: event_log.EventLog) -> bool:
    """Equal, but for the last digits of a float."""

    def flat(value: object) -> object:
        if isinstance(value, float):
            return pytest.approx(value, rel=1e-9, abs=1e-9)
        if isinstance(value, tuple):
            return [flat(part) for part in value]
        fields = getattr(value, "__dataclass_fields__", None)
        return {name: flat(getattr(value, name)) for name in fields} if fields else value

    def plain(value: object) -> object:
        if isinstance(value, tuple):
            return [plain(part) for part in value]
        fields = getattr(value, "__dataclass_fields__", None)
        return {name: plain(getattr(value, name)) for name in fields} if fields else value

    return bool(plain(found) == flat(expected))


def test_sepsis_gives_the_published_figures(engine: Frames):
    log = analyse(engine(sepsis()))
    assert (log.events, log.cases, log.activities, len(log.variants)) == (15_214, 1_050, 16, 846)
    assert log.case_hours.mean == pytest.approx(683.259, abs=0.006)
    assert log.case_hours.median == pytest.approx(128.241, abs=0.001)
    assert not log.has_start
    assert log.efficiency is None
    assert all(step.waiting is None for step in log.steps)
    assert log.ties == 4_447


def test_purchasing_gives_the_published_figures(engine: Frames):
    log = analyse(engine(purchasing()))
    assert (log.events, log.cases, log.activities) == (9_119, 608, 21)
    assert log.case_hours.mean is not None
    assert log.case_hours.mean / 24 == pytest.approx(21.459, abs=0.0005)
    assert log.case_hours.median is not None
    assert log.case_hours.median / 24 == pytest.approx(11.923, abs=0.0005)
    assert sum(step.hours.sum for step in log.steps if step.hours) == pytest.approx(17_373.9)


@pytest.mark.parametrize("log", [sepsis, purchasing])
def test_engines_agree_with_columns_in_memory(engine: Frames, log):
    table = log()
    assert close(analyse(engine(table)), analyse(nw.from_native(table)))


def test_windows_run_on_polars_too():
    table = nw.from_native(purchasing().lazy())
    measured = event_windows.measure(table, starts=[1], ends=[2])
    assert close(event_log.summarise(measured, [1], [2], ()), analyse(table, starts=[1], ends=[2]))


def test_an_edge_counts_moves_cases_and_hours(engine: Frames):
    """Case 1: a b a b, case 2: a b. Times in hours."""
    log = analyse(
        engine(
            facts(
                [
                    (1, 0, 0, 1),
                    (1, 1, 3, 4),
                    (1, 0, 5, 6),
                    (1, 1, 9, 10),
                    (2, 0, 0, 2),
                    (2, 1, 1, 3),
                ]
            )
        )
    )
    edges = {(edge.source, edge.target): edge for edge in log.edges}
    forth = edges[0, 1]
    assert (forth.count, forth.cases) == (3, 2)
    assert (forth.hours.sum, forth.hours.median) == (2 + 3 - 1, 2.0)  # the overlap stays negative
    assert forth.hours.p90 == pytest.approx(2.8)  # between 2 and 3
    assert (edges[1, 0].count, edges[1, 0].cases) == (1, 1)


def test_equal_timestamps_keep_the_order_of_the_file(engine: Frames):
    log = analyse(engine(facts([(1, 2, 0, 0), (1, 1, 0, 0), (1, 0, 0, 0)])))
    assert log.variants[0].steps == (2, 1, 0)
    assert log.ties == 2


def test_files_that_follow_each_other_are_sorted_once():
    """Two batches of one data set are sorted each; a case may lie in both."""
    table = facts([(1, 0, 0, 1), (2, 0, 0, 1), (1, 1, 2, 3), (3, 1, 2, 3), (2, 1, 5, 6)])
    apart = pl.concat([table[3:], table[:3]])
    assert analyse(nw.from_native(apart)) == analyse(nw.from_native(table))


def test_processing_is_the_union_of_intervals(engine: Frames):
    """0–10 and 2–5 and 4–12 cover 12 hours of a 20-hour cycle; 18–20 two more."""
    log = analyse(engine(facts([(1, 0, 0, 10), (1, 1, 2, 5), (1, 2, 4, 12), (1, 3, 18, 20)])))
    assert log.case_hours.sum == 20
    assert log.efficiency == pytest.approx(14 / 20)


def test_open_and_truncated_cases_are_counted_and_left_out_of_cycle_times(engine: Frames):
    rows = [(1, 0, 0, 1), (1, 9, 4, 5), (2, 0, 0, 90), (3, 9, 0, 70)]
    log = analyse(engine(facts(rows)), starts=[0], ends=[9])
    assert (log.cases, log.open, log.truncated) == (3, 1, 1)
    assert (log.case_hours.n, log.case_hours.sum) == (1, 5.0)
    assert log.returns.completed == 1
    assert sorted(variant.complete for variant in log.variants) == [False, False, True]


def test_return_rates_by_case_decision_and_step(engine: Frames):
    """Three cases; withdrawn is no decision, rejected is one but no return."""
    rows = [
        (1, 0, 0, 1), (1, 1, 1, 2), (1, 0, 2, 3), (1, 1, 3, 4),
        (2, 0, 0, 1), (2, 1, 1, 2),
        (3, 0, 0, 1), (3, 1, 1, 2),
    ]  # fmt: skip
    outcomes = [-1, RETURNED, -1, APPROVED, -1, REJECTED, WITHDRAWN, APPROVED]
    log = analyse(engine(facts(rows, outcome_no=outcomes)))
    assert not log.returns.inferred
    assert log.returns.case_rate == pytest.approx(1 / 3)
    assert (log.returns.returned_decisions, log.returns.decisions) == (1, 4)
    assert (log.returns.rejected, log.returns.withdrawn) == (1, 1)
    approval = next(step for step in log.steps if step.activity_no == 1)
    assert (approval.decisions, approval.returns, approval.return_rate) == (4, 1, 0.25)
    applying = next(step for step in log.steps if step.activity_no == 0)
    assert applying.return_rate is None


def test_without_outcomes_a_move_to_an_earlier_step_is_an_inferred_return(engine: Frames):
    rows = [
        (1, 0, 0, 1), (1, 1, 1, 2), (1, 2, 2, 3), (1, 1, 3, 4), (1, 2, 4, 5),
        (2, 0, 800, 801), (2, 1, 801, 802), (2, 2, 802, 803),
    ]  # fmt: skip
    log = analyse(engine(facts(rows)), order=[0, 1, 2])
    assert log.returns.inferred
    assert log.returns.case_rate == 0.5
    assert [step.returns for step in log.steps] == [0, 0, 1]
    assert log.steps[2].return_rate == pytest.approx(1 / 3)
    assert [(c.month, c.cases, c.returned) for c in log.returns.cohorts] == [
        ("1970-01", 1, 1), ("1970-02", 1, 0),
    ]  # fmt: skip


def test_a_rare_branch_is_no_return_but_going_back_is(engine: Frames):
    """Usual order 0 1 2; a case that does 2 before 1 goes nowhere back, 0 1 0 1 2 does once."""
    rows = [(c, s, s, s + 1) for c in range(8) for s in (0, 1, 2)]
    rows += [(8, 0, 0, 1), (8, 2, 1, 2), (8, 1, 2, 3)]
    rows += [(9, s, n, n + 1) for n, s in enumerate((0, 1, 0, 1, 2))]
    log = analyse(engine(facts(rows)))
    assert log.order == (0, 1, 2)
    assert log.returns.cases == 1
    assert [step.returns for step in log.steps] == [0, 1, 0]


def test_rework_tells_self_loops_from_repetitions(engine: Frames):
    """a a b a: three a, so two executions too many; one at once, one after b."""
    log = analyse(
        engine(facts([(1, 0, 0, 1), (1, 0, 1, 2), (1, 1, 2, 3), (1, 0, 3, 4), (2, 0, 0, 1)]))
    )
    assert log.rework == event_log.Rework(cases=1, share=0.5, extra=2, self_loops=1, repetitions=1)
    assert {step.activity_no: step.repeated_cases for step in log.steps} == {0: 1, 1: 0}


def test_an_empty_log_has_nothing_to_say(engine: Frames):
    log = analyse(engine(facts([(1, 0, 0, 1)]).clear()))
    assert (log.events, log.cases, log.edges, log.variants, log.steps) == (0, 0, (), (), ())
    assert log.case_hours == event_log.Hours(0, 0.0, None, None, None)
    assert log.returns.case_rate is None


def test_a_working_calendar_counts_working_hours_only(engine: Frames):
    """1970-01-02 was a Friday: 17:00 to Monday 10:00 is two working hours."""
    friday = 24 + 17
    log = analyse(
        engine(facts([(1, 0, friday, friday + 1), (1, 1, 4 * 24 + 10, 4 * 24 + 11)])), calendar=WEEK
    )
    assert log.edges[0].hours.sum == 1.0
    assert log.case_hours.sum == 3.0


def test_columns_of_nothing_stated_are_no_columns(engine: Frames):
    """Facts always have the optional columns: null starts, −1 for an outcome not stated."""
    table = facts([(1, 0, 1, 1), (1, 1, 3, 3), (1, 0, 4, 4)], outcome_no=[-1] * 3)
    bare = analyse(engine(table.drop("start_us", "outcome_no")))
    filled = analyse(engine(table.with_columns(start_us=pl.lit(None, dtype=pl.Int64))))
    assert close(filled, bare)
    assert not filled.has_start
    assert filled.returns.inferred


def test_one_end_time_gives_stage_times():
    table = facts([(1, 0, 0, 1), (1, 1, 2, 4), (1, 2, 4, 9)]).drop("start_us")
    log = analyse(nw.from_native(table))
    assert [step.hours and step.hours.sum for step in log.steps] == [None, 3.0, 5.0]


events = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 40), st.integers(0, 9)),
    min_size=1, max_size=40,
)  # fmt: skip


@given(events)
def test_figures_equal_brute_force(rows):
    table = facts([(case, step, start, start + length) for case, step, start, length in rows])
    log = analyse(nw.from_native(table))
    cases: dict[int, list[dict[str, int]]] = {}
    for row in table.iter_rows(named=True):
        cases.setdefault(row["case_no"], []).append(row)
    spans = [max(r["end_us"] for r in c) - min(r["start_us"] for r in c) for c in cases.values()]
    assert log.case_hours.mean == pytest.approx(mean(spans) / HOUR)
    assert log.case_hours.median == pytest.approx(median(spans) / HOUR)
    variants = Counter(tuple(r["activity_no"] for r in c) for c in cases.values())
    assert {v.steps: v.cases for v in log.variants} == variants
    assert sum(v.share for v in log.variants) == pytest.approx(1)
    moves: dict[tuple[int, int], list[int]] = {}
    covered = 0
    for case in cases.values():
        for a, b in pairwise(case):
            key = (a["activity_no"], b["activity_no"])
            moves.setdefault(key, []).append(b["start_us"] - a["end_us"])
        hours = {h for r in case for h in range(r["start_us"] // HOUR, r["end_us"] // HOUR)}
        covered += len(hours)
    assert {(e.source, e.target): e.count for e in log.edges} == {
        k: len(v) for k, v in moves.items()
    }
    for edge in log.edges:
        assert edge.hours.median == pytest.approx(median(moves[edge.source, edge.target]) / HOUR)
    if log.efficiency is not None:
        assert log.efficiency * log.case_hours.sum == pytest.approx(covered)
    extra = sum(len(c) - len({r["activity_no"] for r in c}) for c in cases.values())
    assert log.rework.extra == extra
    for step in log.steps:
        assert step.cases == sum(
            any(r["activity_no"] == step.activity_no for r in c) for c in cases.values()
        )


@given(events, st.integers(1, 7))
def test_the_size_of_the_pieces_changes_nothing(rows, size):
    table = facts([(case, step, start, start + length) for case, step, start, length in rows])
    columns = event_columns.load(nw.from_native(table))
    parts = list(columns.parts(size))
    assert sum(len(part.activity) for part in parts) == len(table)
    joined = [int(span) for part in parts for span in event_columns.case_spans(part)]
    assert joined == event_columns.case_spans(columns).tolist()
    touched = [int(time) for part in parts for time in event_columns.touched(part)]
    assert touched == event_columns.touched(columns).tolist()


def test_pieces_give_the_figures_of_the_whole(monkeypatch):
    table = nw.from_native(purchasing())
    whole = analyse(table)
    monkeypatch.setattr(event_measures, "_PART_ROWS", 97)
    assert close(analyse(table), whole)


def test_more_step_pairs_than_sixteen_bits_still_group():
    """400 steps make 160,400 pairs: the sort takes two passes, and many groups sort their values."""
    rows = [(1, step % 400, step, step) for step in range(0, 40_000, 7)]
    log = analyse(nw.from_native(facts(rows)))
    assert sum(edge.count for edge in log.edges) == len(rows) - 1
    assert all(edge.hours.median == 7 for edge in log.edges)
    assert len(log.edges) == 400
    values = event_columns.spread(np.arange(9_000)[::-1].copy(), np.arange(0, 9_001, 3))
    assert values.median.tolist()[:2] == [8_998.0, 8_995.0]


def test_a_century_of_overlaps_does_not_overflow():
    """Cases whose span times their number exceeds 64 bits are halved until they fit."""
    long = 900_000 * HOUR
    rows = [(case, step, 0, 900_000 - step) for case in range(3_000) for step in (0, 1)]
    columns = event_columns.load(nw.from_native(facts(rows)))
    assert set(event_columns.touched(columns).tolist()) == {long}
