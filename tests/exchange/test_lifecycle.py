"""Starts and completions as separate rows: first in, first out, nothing lost."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.exchange.lifecycle import COMPLETE, START, paired
from opsloop.exchange.mapping import propose
from opsloop.exchange.typed import typed_rows
from tests.exchange.test_typed import table

LOG = {
    "case_id": ["1", "1", "1", "1", "2", "2"],
    "activity": ["审批", "审批", "付款", "付款", "审批", "审批"],
    "lifecycle:transition": ["start", "complete", "START", "complete", "start", "schedule"],
    "timestamp": [f"2024-06-0{day} 09:00" for day in (3, 4, 5, 6, 3, 2)],
    "处理人": ["张三", "张三", "李四", "李四", "王五", "王五"],
}


def typed(columns, **changed):
    source = table({**columns, **changed})
    return typed_rows("event_log", source, propose("event_log", source), timezone=None)


def test_start_and_completion_of_a_step_become_one_row():
    source = table(LOG)
    assert propose("event_log", source).columns["lifecycle"] == "lifecycle:transition"
    found = typed(LOG)
    day = 86_400_000_000
    assert found.frame.height == 2
    assert (found.frame["end_us"] - found.frame["start_us"]).to_list() == [day, day]
    assert found.frame["source_row"].to_list() == [3, 5]
    assert found.frame["seq"].to_list() == [0, 2]


def test_a_start_that_never_completed_and_other_transitions_are_named():
    found = typed(LOG)
    assert found.counts == {"never_completed": 1, "other_transition": 1}
    assert found.first("never_completed").row == 6
    assert found.first("other_transition").severity == "warning"
    assert found.bad_rows.to_list() == [False] * 4 + [True, False]


def test_an_empty_transition_is_a_completion():
    found = typed(
        LOG, **{"lifecycle:transition": [None, "complete", "start", None, "start", "complete"]}
    )
    assert found.frame.height == 4
    assert found.frame["start_us"].null_count() == 2 + 1


def test_chinese_words_are_known_and_a_log_with_both_times_is_left_alone():
    chinese = {
        "单据编号": ["1", "1"], "节点名称": ["审批", "审批"], "节点状态": ["开始", "完成"],
        "时间": ["2024-06-03 09:00", "2024-06-03 10:00"],
    }  # fmt: skip
    assert typed(chinese).frame.height == 1
    both = {
        "单据编号": ["1", "1"], "节点名称": ["审批", "付款"], "节点状态": ["开始", "完成"],
        "开始时间": ["2024-06-03 08:00", "2024-06-03 09:00"],
        "完成时间": ["2024-06-03 09:00", "2024-06-03 10:00"],
    }  # fmt: skip
    assert typed(both).frame.height == 2


def test_completions_alone_change_nothing():
    found = typed(LOG, **{"lifecycle:transition": ["complete"] * 6})
    assert (found.frame.height, found.frame["start_us"].null_count()) == (6, 6)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("事件类型", ["甲", "乙"]),
        ("备注", ["complete", "complete"]),
        ("节点状态", ["同意", "退回"]),
    ],
)
def test_other_words_are_no_lifecycle(label, words):
    columns = {name: texts[:2] for name, texts in LOG.items() if name != "lifecycle:transition"}
    assert "lifecycle" not in propose("event_log", table({**columns, label: words})).columns


def by_hand(rows):
    """Index of a completion → index of its start: queues, one row after another."""
    waiting: dict[tuple[int, int], list[int]] = {}
    pairs = {}
    for at in sorted(range(len(rows)), key=lambda at: (rows[at][2], at)):
        case, step, _moment, kind = rows[at]
        queue = waiting.setdefault((case, step), [])
        if kind == START:
            queue.append(at)
        elif kind == COMPLETE and queue:
            pairs[at] = queue.pop(0)
    return pairs, {at for queue in waiting.values() for at in queue}


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 1), st.integers(0, 6),
        st.sampled_from([START, COMPLETE, None]),
    ),
    max_size=30,
)  # fmt: skip


@given(rows=ROWS)
def test_pairs_are_those_of_queues(rows):
    case, step, moment, kind = (
        pl.Series([row[at] for row in rows], dtype=pl.Int64) for at in range(4)
    )
    found = paired(case, step, moment, kind)
    pairs, lonely = by_hand(rows)
    expected = [rows[pairs[at]][2] if at in pairs else None for at in range(len(rows))]
    assert found.start_us.to_list() == expected
    assert found.seq.to_list() == [pairs.get(at, at) for at in range(len(rows))]
    assert {at for at, never in enumerate(found.never_completed) if never} == lonely
    assert found.is_start.to_list() == [row[3] == START for row in rows]


@pytest.mark.parametrize("missing", ["2024-06-03 25:00", None])
def test_a_start_without_a_time_is_wrong_by_itself(missing):
    times = [missing, *LOG["timestamp"][1:]]
    found = typed(LOG, timestamp=times)
    assert found.frame["start_us"].null_count() == 1
    assert found.bad_rows[0]
