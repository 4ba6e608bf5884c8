"""Bottlenecks and causes of waiting: planted causes are found, identities hold, Little agrees."""

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opsloop.analysis.bottleneck import examine, find_bottleneck
from opsloop.analysis.event_columns import load
from opsloop.analysis.waiting_causes import split, waiting_causes
from opsloop.analysis.worktime import CLOCK, Calendar, worked_seconds
from opsloop.org.published import published_calendar
from tests.engines import Frames, engine
from tests.event_logs import (
    DIRECTOR,
    FINANCE,
    HOUR,
    MANAGER,
    PURCHASING,
    facts,
    planted,
    purchasing,
    sepsis,
)  # fmt: skip

__all__ = ["engine"]

HALF_DAYS = Calendar(weekly=(((8 * 60, 12 * 60),),) * 7)


@pytest.fixture(scope="module")
def planted_log() -> nw.LazyFrame[pl.LazyFrame]:
    return nw.from_native(planted().lazy())


def test_the_tuesday_friday_approver_is_the_proven_bottleneck(planted_log):
    found = find_bottleneck(planted_log, calendar=published_calendar())
    headline = found.headline
    assert headline is not None
    assert headline.activity_no == DIRECTOR
    assert headline.proven
    assert headline.share_low < headline.waiting_share < headline.share_high
    assert sum(step.waiting_share for step in found.steps) == pytest.approx(1)


def test_the_planted_causes_are_recovered(planted_log):
    causes = {c.activity_no: c for c in waiting_causes(planted_log, calendar=published_calendar())}
    assert causes[DIRECTOR].shares()["batching"] >= 0.80
    assert causes[DIRECTOR].slots == ((1, 10), (4, 10))  # Tuesday and Friday at ten
    assert causes[FINANCE].shares()["contention"] >= 0.95
    assert causes[PURCHASING].batching == 0  # quotes arrive when they arrive
    assert causes[PURCHASING].slots == ()
    assert MANAGER not in causes  # the first step waits for nothing


def test_causes_and_bottlenecks_are_the_same_on_every_engine(engine: Frames):
    table = purchasing()
    frame = engine(table)
    assert find_bottleneck(frame) == find_bottleneck(nw.from_native(table))
    assert waiting_causes(frame) == waiting_causes(nw.from_native(table))


def test_without_starts_the_stage_time_ranks_and_causes_stay_silent():
    frame = nw.from_native(sepsis())
    found = find_bottleneck(frame)
    assert found.basis == "stage"
    assert found.headline is not None
    assert waiting_causes(frame) == ()


def test_too_few_cases_prove_nothing():
    rows = [(case, step, step * 10, step * 10 + 1) for case in range(29) for step in (0, 1)]
    assert not find_bottleneck(nw.from_native(facts(rows))).steps[0].proven
    rows = [(case, step, step * 10, step * 10 + 1) for case in range(30) for step in (0, 1)]
    assert find_bottleneck(nw.from_native(facts(rows))).steps[0].proven


def test_nobody_waited_means_no_bottleneck():
    assert find_bottleneck(nw.from_native(facts([(1, 0, 0, 1), (1, 1, 1, 2)]))).headline is None
    assert find_bottleneck(nw.from_native(facts([(1, 0, 0, 1)]).clear())).steps == ()


def test_details_are_the_other_definitions():
    """Two cases wait 4 h and 2 h for step 1, done by one person busy 1 h each time."""
    rows = [(1, 0, 0, 1), (1, 1, 5, 6), (2, 0, 2, 3), (2, 1, 7, 8)]
    table = facts(rows).with_columns(resource_no=pl.Series([8, 9, 8, 9], dtype=pl.Int32))
    (detail,) = examine(nw.from_native(table), [1])
    assert detail.mean_waiting_hours == 4.0
    assert detail.utilisation == pytest.approx(2 / 8)
    assert detail.queue_length == pytest.approx(8 / 6)  # 1–7 o'clock, eight waiting hours
    assert detail.cycle_median_without == 2.0
    (no_people,) = examine(nw.from_native(facts(rows)), [1])
    assert no_people.utilisation is None


executions = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, 2), st.integers(0, 60), st.integers(0, 8), st.integers(-1, 2)
    ),
    min_size=1, max_size=40,
)  # fmt: skip


def _log(rows: list[tuple[int, int, int, int, int]]) -> nw.DataFrame[pl.DataFrame]:
    people = [person for *_, person in rows]
    table = facts([(c, s, start, start + n) for c, s, start, n, _ in rows], resource_no=people)
    return nw.from_native(table.cast({"resource_no": pl.Int32}))


@given(executions)
def test_littles_law_holds(rows):
    frame = _log(rows)
    for detail in examine(frame, [0, 1, 2]):
        expected = detail.arrivals_per_hour * detail.mean_waiting_hours
        assert detail.queue_length == pytest.approx(expected)


@given(executions, st.sampled_from([CLOCK, HALF_DAYS]), st.booleans())
def test_off_absent_busy_and_idle_add_up_to_the_wait_exactly(rows, calendar, own):
    columns = load(_log(rows), also=("resource_no",))
    assume(columns.resource is not None)
    personal = {1: Calendar(weekly=(((9 * 60, 11 * 60),),) * 7)} if own else {}
    found = split(columns, calendar, personal)
    enabled = columns.previous(columns.end)
    waited = np.maximum(columns.begin - enabled, 0)[found.rows]
    parts = found.off + found.absence + found.contention + found.prioritisation + found.idle
    assert parts.tolist() == waited.tolist()
    assert (found.contention >= 0).all()
    assert (found.prioritisation >= 0).all()
    assert (found.idle >= 0).all()
    on_duty = worked_seconds(calendar, columns.begin - waited_of(columns), columns.begin)
    company = (waited - found.off) // 1_000_000
    assert company.tolist() == on_duty[found.rows].tolist()


def waited_of(columns):
    enabled = columns.previous(columns.end)
    waited = np.maximum(columns.begin - enabled, 0)
    waited[columns.first] = 0
    return waited


@given(executions)
def test_busy_time_equals_hour_by_hour_counting(rows):
    """Each worked hour of a person belongs to the execution that covered it first."""
    columns = load(_log(rows), also=("resource_no",))
    assume(columns.resource is not None)
    assert columns.resource is not None
    found = split(columns, CLOCK)
    enabled = np.minimum(columns.previous(columns.end), columns.begin)
    first = set(columns.first.tolist())
    for place, row in enumerate(found.rows.tolist()):
        person = columns.resource[row]
        mine = [r for r in range(len(columns.end)) if columns.resource[r] == person]
        mine.sort(key=lambda r: (columns.begin[r], columns.end[r], r))
        owner: dict[int, int] = {}
        for r in mine:
            for hour in range(columns.begin[r] // HOUR, columns.end[r] // HOUR):
                owner.setdefault(hour, r)
        window = range(enabled[row] // HOUR, columns.begin[row] // HOUR)
        ready = [owner[h] for h in window if h in owner]
        at = {r: columns.begin[r] if r in first else enabled[r] for r in ready}
        later = sum(at[r] > enabled[row] for r in ready)
        assert found.prioritisation[place] == later * HOUR
        assert found.contention[place] == (len(ready) - later) * HOUR


@given(executions)
def test_batches_equal_those_collected_one_by_one(rows):
    """Work of one step joins while little time passes and it was there before the first began."""
    columns = load(_log(rows), also=("resource_no",))
    assume(columns.resource is not None)
    assert columns.resource is not None
    found = split(columns, CLOCK)
    enabled = np.minimum(columns.previous(columns.end), columns.begin)
    begin, end = columns.begin, columns.end
    known = [r for r in found.rows.tolist() if columns.resource[r] >= 0]
    wanted = set()
    for key in {(columns.resource[r], columns.activity[r]) for r in known}:
        mine = [r for r in known if (columns.resource[r], columns.activity[r]) == key]
        mine.sort(key=lambda r: (begin[r], end[r], r))
        batches: list[list[int]] = []
        for r in mine:
            last = batches[-1] if batches else None
            if last and begin[r] - end[last[-1]] <= HOUR / 4 and enabled[r] <= begin[last[0]]:
                last.append(r)
            else:
                batches.append([r])
        wanted |= {frozenset(batch) for batch in batches if len(batch) > 1}
    numbered = {
        frozenset(found.rows[found.batch == number].tolist())
        for number in set(found.batch.tolist()) - {-1}
    }
    assert numbered == wanted


def test_an_own_calendar_shows_absence_apart():
    """Enabled at 8, begun at 11; the company works 8–12, the person 10–11."""
    rows = [(1, 0, 7, 1, 1), (1, 1, 11, 1, 1)]
    (only,) = waiting_causes(
        _log(rows), calendar=HALF_DAYS, own={1: Calendar(weekly=(((10 * 60, 11 * 60),),) * 7)}
    )
    assert (only.waiting, only.off, only.absence, only.unattended) == (3, 0, 2, 1)
    assert only.on_duty == 1
