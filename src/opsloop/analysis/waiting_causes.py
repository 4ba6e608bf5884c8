"""Why executions wait: nobody on duty, the person busy with other work, or work left lying.

For an execution of person r that is enabled at e and begun at s, the wait splits exactly:
off duty + absent + busy + idle = s − e. Busy is contention (with work enabled before) or
prioritisation (work enabled later but done first). Idle is batching when the person demonstrably
collects work for fixed hours, else work that could have been done and was not.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import fresh_parts
from opsloop.analysis.event_columns import DAY_US, HOUR_US, Columns, Frame, Ints, group, load
from opsloop.analysis.worktime import CLOCK, Calendar, cumulative_seconds

BATCH_GAP_MINUTES: Final = 15
GUARD_SHARE: Final = 0.6
GUARD_SLOTS: Final = 2
_MINUTE_US: Final = 60_000_000
_NO_OWN: Final[Mapping[int, Calendar]] = MappingProxyType({})


@dataclass(frozen=True)
class StepCauses:
    """Hours of waiting at one step by cause; they add up to `waiting`."""

    activity_no: int
    executions: int
    waiting: float
    off: float  # the company is not working
    absence: float  # the company works, this person does not
    contention: float
    prioritisation: float
    batching: float
    unattended: float
    slots: tuple[tuple[int, int], ...]  # (weekday Monday = 0, hour) batches start in, when proven

    @property
    def on_duty(self) -> float:
        """Waiting while the person was at work."""
        return self.waiting - self.off - self.absence

    def shares(self) -> dict[str, float]:
        """Causes of on-duty waiting, largest first, as shares."""
        causes = {
            "contention": self.contention, "prioritisation": self.prioritisation,
            "batching": self.batching, "unattended": self.unattended,
        }  # fmt: skip
        whole = self.on_duty or 1.0
        return {k: v / whole for k, v in sorted(causes.items(), key=lambda item: -item[1])}


@dataclass(frozen=True)
class Executions:
    """Waits of executions with a known person and predecessor, in µs; one row each."""

    rows: NDArray[np.intp]
    off: Ints
    absence: Ints
    contention: Ints
    prioritisation: Ints
    idle: Ints
    batch: Ints  # number of the batch, −1 outside one


def waiting_causes(
    frame: Frame, *, calendar: Calendar = CLOCK, own: Mapping[int, Calendar] = _NO_OWN
) -> tuple[StepCauses, ...]:
    """Causes per step, most waiting first; empty without start times or people.

    `calendar` is the company's; `own` gives a person (resource_no) a calendar of their own.
    """
    return causes(load(frame, also=("resource_no",)), calendar=calendar, own=own)


def causes(
    columns: Columns, *, calendar: Calendar = CLOCK, own: Mapping[int, Calendar] = _NO_OWN
) -> tuple[StepCauses, ...]:
    """`waiting_causes` on columns already read, with the instants of the clock."""
    if columns.resource is None or not columns.has_start:
        return ()
    return summarise(columns, split(columns, calendar, own))


@dataclass(frozen=True)
class _Instants:
    """Per row: when it was enabled (its begin, for a case's first row), begun and ended."""

    enabled: Ints
    begin: Ints
    end: Ints

    def on(self, calendar: Calendar) -> "_Instants":
        """Worked µs of a calendar; the clock keeps its instants."""
        if calendar == CLOCK:
            return self
        worked = (cumulative_seconds(calendar, at) for at in (self.enabled, self.begin, self.end))
        return _Instants(*(seconds * 1_000_000 for seconds in worked))

    def of(self, rows: NDArray[np.intp]) -> "_Instants":
        return _Instants(self.enabled[rows], self.begin[rows], self.end[rows])

    @property
    def waited(self) -> Ints:
        return self.begin - self.enabled


def split(
    columns: Columns, calendar: Calendar, own: Mapping[int, Calendar] = _NO_OWN
) -> Executions:
    """Split every wait; person by person, on that person's working time."""
    resource = columns.resource
    assert resource is not None
    enabled = np.minimum(columns.previous(columns.end), columns.begin)  # an overlap waits zero
    enabled[columns.first] = columns.begin[columns.first]
    follows = np.ones(len(enabled), dtype=np.bool_)
    follows[columns.first] = False
    clock = _Instants(enabled, columns.begin, columns.end)
    company = clock.on(calendar)
    people = group(resource + 1, int(resource.max(initial=-1)) + 1)  # 0: nobody is known

    def of_one(at: int) -> Executions:
        rows = people.order[people.bounds[at] : people.bounds[at + 1]]
        rows = rows[_in_time(columns.begin[rows], columns.end[rows])]
        person, here = own.get(int(people.codes[at]) - 1), company.of(rows)
        mine = here if person is None else clock.of(rows).on(person)
        busy, later = _busy(mine)
        at_work = here.waited
        parts = (
            rows, clock.of(rows).waited - at_work, at_work - mine.waited, busy - later, later,
            mine.waited - busy, _batches(columns.activity[rows], mine, follows[rows]),
        )  # fmt: skip
        return Executions(*(part[follows[rows]] for part in parts))

    known = np.flatnonzero(people.codes > 0).tolist()
    # Sorting and gathering leave the interpreter's lock: people are worked on side by side.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return _joined(list(pool.map(of_one, known)))


def _in_time(begin: Ints, end: Ints) -> NDArray[np.intp]:
    """Order by begin, then end: ends are compared only where begins are equal."""
    order = np.argsort(begin, kind="stable")
    ordered = begin[order]
    same = ordered[1:] == ordered[:-1]
    tied = np.zeros(len(order), dtype=np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    rows = order[places]
    order[places] = rows[np.lexsort((end[rows], begin[rows]))]
    return order


def _joined(found: Sequence[Executions]) -> Executions:
    """One list of executions; batches are numbered through."""
    so_far = 0
    for one in found:
        highest = int(one.batch.max(initial=-1))
        np.add(one.batch, so_far, out=one.batch, where=one.batch >= 0)
        so_far += highest + 1
    empty = Executions(*(np.empty(0, dtype=np.int64) for _ in fields(Executions)))
    pieces = [empty, *found]
    return Executions(
        *(np.concatenate([getattr(one, f.name) for one in pieces]) for f in fields(Executions))
    )


def _busy(instants: _Instants) -> tuple[Ints, Ints]:
    """(time the person worked while each execution waited, the part on work enabled later).

    Executions come in order of begin. Each adds a fragment to the union of the person's time; the
    fragments are disjoint and in order, so at most one of them runs across any instant.
    """
    enabled, begin = instants.enabled, instants.begin
    opens, fresh = fresh_parts(begin, instants.end)
    worked = np.concatenate(([0], np.cumsum(fresh)))

    def before(at: Ints) -> tuple[NDArray[np.intp], Ints]:
        """Fragments opened before each instant, and how far the last of them runs past it."""
        count = np.searchsorted(opens, at, side="left")
        last = np.maximum(count - 1, 0)
        return count, np.maximum(opens[last] + fresh[last] - at, 0) * (count > 0)

    at_begin, over_begin = before(begin)
    at_enabled, over_enabled = before(enabled)
    busy = worked[at_begin] - over_begin - worked[at_enabled] + over_enabled
    later = worked[at_begin] - _dominated(enabled, fresh, at_begin, enabled)
    last = np.maximum(at_begin - 1, 0)
    return busy, later - over_begin * (enabled[last] > enabled)


def _dominated(keys: Ints, weights: Ints, counts: NDArray[np.intp], limits: Ints) -> Ints:
    """For each query: Σ weights of the first `counts` points whose key ≤ `limits`.

    A wavelet matrix (Information Systems 47, 2015): the points are parted by the bits of their
    rank, highest first, and running sums say what lies in the half below. n log n without a loop
    over points; only sums and gathers, no sort inside.
    """
    by_key = np.argsort(keys, kind="stable")
    ordered = keys[by_key]
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    values = ordered[fresh]
    rank = np.empty(len(keys), dtype=np.int32)
    rank[by_key] = np.cumsum(fresh) - 1
    below = np.searchsorted(values, limits, side="right").astype(np.int32)
    total = np.zeros(len(counts), dtype=np.int64)
    low, high = np.zeros(len(counts), dtype=np.int32), counts.astype(np.int32)
    for bit in reversed(range(len(values).bit_length())):
        upper = (rank >> bit) & 1 == 1
        before = np.concatenate(([0], np.cumsum(~upper, dtype=np.int32))).astype(np.int32)
        summed = np.concatenate(([0], np.cumsum(weights * ~upper)))
        above = (below >> bit) & 1 == 1
        asked = np.flatnonzero(above)
        total[asked] += summed[high[asked]] - summed[low[asked]]
        parted, lows, highs = before[-1], before[low], before[high]
        low = np.where(above, parted + low - lows, lows)
        high = np.where(above, parted + high - highs, highs)
        order = np.concatenate((np.flatnonzero(~upper), np.flatnonzero(upper)))
        rank, weights = rank[order], weights[order]
    return total


def _batches(step: Ints, instants: _Instants, follows: NDArray[np.bool_]) -> Ints:
    """Number of the batch of each of one person's executions, −1 outside a batch.

    A batch is two or more executions of one step, begun within the gap of each other, all enabled
    before its first begin.
    """
    numbers = np.full(len(step), -1, dtype=np.int64)
    rows = np.flatnonzero(follows)
    rows = rows[np.argsort(step[rows].astype(np.uint16), kind="stable")]
    if not len(rows):
        return numbers
    mine = instants.of(rows)
    begin, end, enabled = mine.begin, mine.end, mine.enabled
    opens = np.ones(len(rows), dtype=np.bool_)
    opens[1:] = (
        (step[rows[1:]] != step[rows[:-1]])
        | (begin[1:] - end[:-1] > BATCH_GAP_MINUTES * _MINUTE_US)
        # Begins rise: what was enabled after the last one was so after the batch's first, too.
        | (enabled[1:] > begin[:-1])
    )
    _open_late(opens, begin, enabled)
    sizes = np.diff(np.append(np.flatnonzero(opens), len(rows)))
    several = sizes >= 2
    number = np.where(several, np.cumsum(several) - 1, -1)
    numbers[rows] = np.repeat(number, sizes)
    return numbers


def _open_late(opens: NDArray[np.bool_], begin: Ints, enabled: Ints) -> None:
    """Mark where work enabled after a batch's first begin opens the next one.

    The first of the next batch is only known when the one before has ended: all stretches take
    their n-th step together.
    """
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(opens))
    at = first + 1
    while True:
        going = at < last
        first, last, at = first[going], last[going], at[going]
        if not len(at):
            return
        late = enabled[at] > begin[first]
        opens[at[late]] = True
        first = np.where(late, at, first)
        at = at + 1


def summarise(columns: Columns, found: Executions) -> tuple[StepCauses, ...]:
    """Sum by step; idle time in batches counts as batching only where the guard holds."""
    assert columns.resource is not None
    step = columns.activity[found.rows].astype(np.int64)
    slots = _proven_slots(columns, found)
    steps = int(step.max(initial=-1)) + 1
    proven = np.zeros((steps, int(columns.resource.max(initial=-1)) + 1), dtype=np.bool_)
    for pair in slots:
        proven[pair] = True
    in_batch = (found.batch >= 0) & proven[step, columns.resource[found.rows]]
    times = (
        found.off, found.absence, found.contention, found.prioritisation,
        np.where(in_batch, found.idle, 0), np.where(in_batch, 0, found.idle),
    )  # fmt: skip
    sums = [(np.bincount(step, weights=part, minlength=steps) / HOUR_US).tolist() for part in times]
    executions = np.bincount(step, minlength=steps)
    rows = []
    for one in np.flatnonzero(executions).tolist():
        off, absence, contention, prioritisation, batching, unattended = (
            part[one] for part in sums
        )
        waiting = off + absence + contention + prioritisation + batching + unattended
        starts = {slot for (s, _), found_slots in slots.items() if s == one for slot in found_slots}
        rows.append(
            StepCauses(
                one, int(executions[one]), waiting, off, absence, contention, prioritisation, batching,
                unattended, tuple(sorted(starts)),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.on_duty, row.activity_no)))


def _proven_slots(
    columns: Columns, found: Executions
) -> dict[tuple[int, int], tuple[tuple[int, int], ...]]:
    """(step, person) whose batches start at fixed hours → those (weekday, hour) slots.

    The guard: at least 60 % of the batches start in at most two weekday-hours. Work that merely
    waits for something outside, and is then done together, fails it.
    """
    assert columns.resource is not None
    members = np.flatnonzero(found.batch >= 0)
    if not len(members):
        return {}
    starts = np.full(int(found.batch.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(starts, found.batch[members], columns.begin[found.rows[members]])
    some = np.empty(len(starts), dtype=np.intp)
    some[found.batch[members]] = found.rows[members]  # any of a batch: one person, one step
    present = np.flatnonzero(starts < np.iinfo(np.int64).max)  # of some cases only: gaps
    starts, some = starts[present], some[present]
    people = int(columns.resource.max()) + 1
    pair = columns.activity[some].astype(np.int64) * people + columns.resource[some]
    weekday = (starts // DAY_US + 3) % 7  # 1970-01-01 was a Thursday
    slot = weekday * 24 + starts % DAY_US // HOUR_US
    codes, counts = np.unique(pair * (7 * 24) + slot, return_counts=True)
    slots = {}
    owner = codes // (7 * 24)
    edges = np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(codes)).tolist()
    for low, high in itertools.pairwise(edges):
        values, times = codes[low:high] % (7 * 24), counts[low:high]
        top = np.lexsort((values, -times))[:GUARD_SLOTS]
        if times[top].sum() >= GUARD_SHARE * times.sum():
            step, person = divmod(int(owner[low]), people)
            slots[step, person] = tuple(divmod(int(value), 24) for value in sorted(values[top]))
    return slots
