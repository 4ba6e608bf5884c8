"""Why executions wait: nobody on duty, the person busy with other work, or work left lying.

For an execution of person r that is enabled at e and begun at s, the wait splits exactly:
off duty + absent + busy + idle = s − e. Busy is contention (with work enabled before) or
prioritisation (work enabled later but done first). Idle is batching when the person demonstrably
collects work for fixed hours, else work that could have been done and was not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import fresh_parts
from opsloop.analysis.event_columns import DAY_US, HOUR_US, Columns, Frame, Ints, load
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
    columns = load(frame, also=("resource_no",))
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
    by_person = np.lexsort((columns.end, columns.begin, resource))
    found: list[Executions] = []
    batches = 0
    for rows in np.split(by_person, np.flatnonzero(np.diff(resource[by_person])) + 1):
        if not len(rows) or resource[rows[0]] < 0:
            continue
        person = own.get(int(resource[rows[0]]))
        mine = company.of(rows) if person is None else clock.of(rows).on(person)
        busy, later = _busy(mine)
        batch = _batches(columns.activity[rows], mine, follows[rows])
        batch[batch >= 0] += batches
        batches = max(batches, int(batch.max(initial=-1)) + 1)
        at_work = company.of(rows).waited
        parts = (
            rows, clock.of(rows).waited - at_work, at_work - mine.waited, busy - later, later,
            mine.waited - busy, batch,
        )  # fmt: skip
        found.append(Executions(*(part[follows[rows]] for part in parts)))
    return _joined(found)


def _joined(found: Sequence[Executions]) -> Executions:
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

    Blocks of 2^k points are kept sorted by key; a count is the sum of the blocks its binary digits
    name. n log² n, without a loop over points.
    """
    n = len(keys)
    values, rank = np.unique(keys, return_inverse=True)
    place = np.searchsorted(values, limits, side="right")
    total = np.zeros(len(counts), dtype=np.int64)
    size = 1
    while size <= n:
        block = np.arange(n) // size
        combined = block * (len(values) + 1) + rank
        order = np.argsort(combined, kind="stable")
        summed = np.concatenate(([0], np.cumsum(weights[order])))
        asked = np.flatnonzero(counts & size)
        first = (counts[asked] // (2 * size)) * 2
        low = first * size
        high = np.searchsorted(
            combined[order], first * (len(values) + 1) + place[asked], side="left"
        )
        total[asked] += summed[high] - summed[low]
        size *= 2
    return total


def _batches(step: Ints, instants: _Instants, follows: NDArray[np.bool_]) -> Ints:
    """Number of the batch of each of one person's executions, −1 outside a batch.

    A batch is two or more executions of one step, begun within the gap of each other, all enabled
    before its first begin.
    """
    numbers = np.full(len(step), -1, dtype=np.int64)
    gap = BATCH_GAP_MINUTES * _MINUTE_US
    enabled, begin, end = instants.enabled, instants.begin, instants.end
    count = 0
    for one in np.unique(step).tolist():
        rows = np.flatnonzero((step == one) & follows).tolist()
        current: list[int] = []
        for row in rows:
            joins = (
                current
                and begin[row] - end[current[-1]] <= gap
                and enabled[row] <= begin[current[0]]
            )
            if not joins:
                count += _number(numbers, current, count)
                current = []
            current.append(row)
        count += _number(numbers, current, count)
    return numbers


def _number(numbers: Ints, rows: list[int], count: int) -> int:
    if len(rows) < 2:
        return 0
    numbers[rows] = count
    return 1


def summarise(columns: Columns, found: Executions) -> tuple[StepCauses, ...]:
    """Sum by step; idle time in batches counts as batching only where the guard holds."""
    assert columns.resource is not None
    step = columns.activity[found.rows]
    slots = _proven_slots(columns, found)
    owner = columns.resource[found.rows]
    proven = np.array(
        [pair in slots for pair in zip(step.tolist(), owner.tolist(), strict=True)], dtype=np.bool_
    )
    in_batch = (found.batch >= 0) & proven
    rows = []
    for one in np.unique(step).tolist():
        here = step == one
        off, absence, contention, prioritisation, batching, unattended = (
            float(part[here].sum(dtype=np.float64)) / HOUR_US
            for part in (
                found.off, found.absence, found.contention, found.prioritisation,
                np.where(in_batch, found.idle, 0), np.where(in_batch, 0, found.idle),
            )
        )  # fmt: skip
        waiting = off + absence + contention + prioritisation + batching + unattended
        starts = sorted(
            {slot for (s, _), found_slots in slots.items() if s == one for slot in found_slots}
        )
        rows.append(
            StepCauses(
                one, int(here.sum()), waiting, off, absence, contention, prioritisation, batching,
                unattended, tuple(starts),
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
    order = members[np.lexsort((columns.begin[found.rows[members]], found.batch[members]))]
    firsts = order[np.flatnonzero(np.diff(found.batch[order], prepend=-1))]
    rows = found.rows[firsts]
    begin = columns.begin[rows]
    weekday = (begin // DAY_US + 3) % 7  # 1970-01-01 was a Thursday
    slot = weekday * 24 + begin % DAY_US // HOUR_US
    pairs = np.stack([columns.activity[rows], columns.resource[rows]], axis=1)
    slots = {}
    for step, person in np.unique(pairs, axis=0).tolist():
        mine = slot[(pairs == (step, person)).all(axis=1)]
        values, counts = np.unique(mine, return_counts=True)
        top = np.lexsort((values, -counts))[:GUARD_SLOTS]
        if counts[top].sum() >= GUARD_SHARE * len(mine):
            slots[step, person] = tuple(divmod(int(value), 24) for value in sorted(values[top]))
    return slots
