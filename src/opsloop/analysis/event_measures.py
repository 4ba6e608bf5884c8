"""What is measured on an event log before any rule is applied, and the in-memory measuring of it.

`Measures` is small: its size grows with steps, edges and variants, not with events.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.event_columns import (
    RETURNED,
    Columns,
    Floats,
    Groups,
    Ints,
    Spread,
    case_spans,
    distinct,
    group,
    sequence_codes,
    spread,
    touched,
)  # fmt: skip

_PART_ROWS: Final = 500_000


@dataclass(frozen=True)
class Durations:
    """Per key (a step, or a pair of steps): distinct cases and the spread of times in µs."""

    keys: Ints  # one row per group, one column per part of the key
    cases: Ints
    spread: Spread


@dataclass(frozen=True)
class Sequences:
    """Variants, most frequent first; variant v has the steps `steps[bounds[v]:bounds[v + 1]]`."""

    steps: Ints
    bounds: NDArray[np.intp]
    cases: Ints
    median_us: Floats
    complete: NDArray[np.bool_]
    example: Ints  # smallest case_no of the variant: breaks ties, and can be opened
    codes: NDArray[Any]

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def variant_of_row(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def of(self, variant: int) -> tuple[int, ...]:
        return tuple(self.steps[self.bounds[variant] : self.bounds[variant + 1]].tolist())


@dataclass(frozen=True)
class Measures:
    events: int
    ties: int
    has_start: bool
    sequences: Sequences
    cycle: Spread  # one group: complete cases
    touched_us: float  # Σ over complete cases of the time somebody worked on them
    worked: Durations  # per step: processing, or the stage time when only ends are known
    waited: Durations | None  # per step: begin − end of the execution before
    edges: Durations
    outcomes: Ints | None  # step × outcome
    cohorts: tuple[Ints, Ints, Ints, Ints]  # variant, first day, cases, cases with a return


@dataclass(frozen=True)
class _Part:
    """One piece of the log: its per-case figures, and its rows ordered by pair of steps."""

    columns: Columns
    spans: Ints
    touched: Ints
    codes: NDArray[np.uint64]
    pairs: Groups


def measure(columns: Columns, *, starts: Sequence[int], ends: Sequence[int]) -> Measures:
    """Measure a log in memory. `starts` and `ends` name the steps a whole case must contain."""
    steps = int(columns.activity.max(initial=-1)) + 1
    # Sorting and selecting leave the interpreter's lock, so pieces are worked on side by side.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda part: _measure_part(part, steps), columns.parts(_PART_ROWS)))
    spans = _joined([part.spans for part in parts])
    codes = _joined([part.codes for part in parts])
    sequences, variant_of = variants(columns, codes, spans, starts, ends)
    whole = sequences.complete[variant_of]
    whole_spans = spans[whole]
    touched_us = float(_joined([part.touched for part in parts])[whole].sum(dtype=float))
    waited, edges = _waits(parts, sequences, steps)
    return Measures(
        events=len(columns.activity), ties=columns.ties, has_start=columns.has_start,
        sequences=sequences, cycle=spread(whole_spans, np.array([0, len(whole_spans)])),
        touched_us=touched_us, edges=edges,
        worked=_works(parts, sequences, steps) if columns.has_start else waited,
        waited=waited if columns.has_start else None,
        outcomes=_outcomes(columns), cohorts=_cohorts(columns, variant_of),
    )  # fmt: skip


def _measure_part(columns: Columns, steps: int) -> _Part:
    # A case's first row sorts first inside its step, so that waiting is the rest of the slice.
    before = columns.previous(columns.activity.astype(np.int32)) + 1
    pairs = group(columns.activity * np.int32(steps + 1) + before, steps * (steps + 1) - 1)
    narrow = Groups(pairs.codes, pairs.order.astype(np.int32), pairs.bounds)
    return _Part(columns, case_spans(columns), touched(columns), sequence_codes(columns), narrow)


def _joined(pieces: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def variants(
    columns: Columns,
    codes: NDArray[np.uint64],
    spans: Ints,
    starts: Sequence[int],
    ends: Sequence[int],
) -> tuple[Sequences, NDArray[np.intp]]:
    """The variants, and the variant of each case, from each case's code and cycle time."""
    order = np.argsort(codes, kind="stable")
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = codes[order[1:]] != codes[order[:-1]]
    begins = np.flatnonzero(fresh)
    counts = np.diff(np.append(begins, len(order)))
    example = order[begins]  # cases come in ascending order, and the sort is stable
    rank = np.lexsort((columns.case_no[example], -counts))
    place = np.empty(len(rank), dtype=np.intp)
    place[rank] = np.arange(len(rank))
    variant_of = np.empty(len(order), dtype=np.intp)
    variant_of[order] = np.repeat(place, counts)
    medians = spread(spans[order], np.append(begins, len(order))).median[rank]
    example = example[rank]
    lengths = columns.lengths[example]
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    rows = np.arange(bounds[-1]) + np.repeat(columns.first[example] - bounds[:-1], lengths)
    steps = columns.activity[rows].astype(np.int64)
    sequences = Sequences(
        steps=steps, bounds=bounds, cases=counts[rank].astype(np.int64), median_us=medians,
        complete=_contains(steps, bounds, starts) & _contains(steps, bounds, ends),
        example=columns.case_no[example], codes=codes[order[begins]][rank],
    )  # fmt: skip
    return sequences, variant_of


def _contains(steps: Ints, bounds: NDArray[np.intp], wanted: Sequence[int]) -> NDArray[np.bool_]:
    if not wanted:
        return np.ones(len(bounds) - 1, dtype=np.bool_)
    hits = np.isin(steps, list(wanted))
    found: NDArray[np.bool_] = np.logical_or.reduceat(hits, bounds[:-1]) if len(steps) else hits
    return found


def _gaps(columns: Columns) -> Ints:
    gaps: Ints = columns.begin - columns.previous(columns.end, 0)
    return gaps


def _work(columns: Columns) -> Ints:
    work: Ints = columns.end - columns.begin
    return work


def _waits(parts: Sequence[_Part], sequences: Sequences, steps: int) -> tuple[Durations, Durations]:
    """Time between executions by step entered, and by pair of steps."""
    waits, codes, sizes = _ordered(parts, _gaps, lambda codes: codes % (steps + 1) > 0)
    pairs, bounds = _grouped(codes, sizes)
    keys = np.stack([pairs % (steps + 1) - 1, pairs // (steps + 1)], axis=1)
    edges = Durations(keys, _cases_with_pair(sequences, steps, keys), spread(waits, bounds))
    entered, bounds = _grouped(codes // (steps + 1), sizes)
    cases = _cases_entering(sequences, steps)[entered]
    return Durations(entered[:, None], cases, spread(waits, bounds)), edges


def _works(parts: Sequence[_Part], sequences: Sequences, steps: int) -> Durations:
    """Processing time by step."""
    work, codes, sizes = _ordered(parts, _work, lambda codes: codes >= 0)
    present, bounds = _grouped(codes // (steps + 1), sizes)
    cases = _cases_with_step(sequences, steps)[present]
    return Durations(present[:, None], cases, spread(work, bounds))


def _ordered(
    parts: Sequence[_Part],
    values: Callable[[Columns], Ints],
    wanted: Callable[[Ints], NDArray[np.bool_]],
) -> tuple[Ints, Ints, Ints]:
    """(values by pair of steps, the pair of each slice, its rows): pieces merged slice by slice."""
    piece = np.repeat(np.arange(len(parts)), [len(part.pairs.codes) for part in parts])
    codes = _joined([part.pairs.codes for part in parts]).astype(np.int64)
    sizes = np.where(wanted(codes), _joined([part.pairs.sizes for part in parts]), 0)
    rank = np.lexsort((piece, codes))
    starts = np.empty(len(codes), dtype=np.int64)
    starts[rank] = np.cumsum(sizes[rank]) - sizes[rank]
    merged = np.empty(int(sizes.sum()), dtype=np.int64)

    def fill(number: int) -> None:
        pairs = parts[number].pairs
        found = values(parts[number].columns)[pairs.order]
        mine = np.flatnonzero(piece == number)
        for at, low, size in zip(
            starts[mine].tolist(), pairs.bounds.tolist(), sizes[mine].tolist(), strict=False
        ):
            merged[at : at + size] = found[low : low + size]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, range(len(parts))))
    kept = rank[sizes[rank] > 0]
    return merged, codes[kept], sizes[kept]


def _grouped(keys: Ints, sizes: Ints) -> tuple[Ints, NDArray[np.intp]]:
    """Runs of equal keys, and where each begins and ends among rows of the given sizes."""
    if not len(keys):
        return keys, np.zeros(1, dtype=np.intp)
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    rows = np.concatenate(([0], np.cumsum(sizes)))
    return keys[begins], np.append(rows[begins], rows[-1])


def _weighted_distinct(codes: Ints, variant: Ints, cases: Ints) -> list[tuple[int, int]]:
    """(code, cases of the variants it occurs in)."""
    if not len(codes):
        return []
    width = int(codes.max()) + 1
    once = distinct(variant * width + codes)
    found, place = np.unique(once % width, return_inverse=True)
    counts = np.bincount(place, weights=cases[once // width]).astype(np.int64)
    return list(zip(found.tolist(), counts.tolist(), strict=True))


def _pair_rows(sequences: Sequences) -> tuple[Ints, Ints, Ints]:
    """(step, next step, variant) for each neighbour pair inside the variants."""
    variant = sequences.variant_of_row
    inside = variant[1:] == variant[:-1]
    return sequences.steps[:-1][inside], sequences.steps[1:][inside], variant[1:][inside]


def _cases_with_pair(sequences: Sequences, steps: int, keys: Ints) -> Ints:
    before, after, variant = _pair_rows(sequences)
    counts = dict(_weighted_distinct(before * steps + after, variant, sequences.cases))
    return np.array([counts[a * steps + b] for a, b in keys.tolist()], dtype=np.int64)


def _cases_entering(sequences: Sequences, steps: int) -> Ints:
    """Cases that reach each step from another execution."""
    _, after, variant = _pair_rows(sequences)
    return _as_array(_weighted_distinct(after, variant, sequences.cases), steps)


def _cases_with_step(sequences: Sequences, steps: int) -> Ints:
    variant = sequences.variant_of_row
    return _as_array(_weighted_distinct(sequences.steps, variant, sequences.cases), steps)


def _as_array(found: list[tuple[int, int]], size: int) -> Ints:
    counts = np.zeros(size, dtype=np.int64)
    for code, n in found:
        counts[code] = n
    return counts


def _outcomes(columns: Columns) -> Ints | None:
    if columns.outcome is None:
        return None
    decided = columns.outcome >= 0
    steps = int(columns.activity.max(initial=-1)) + 1
    codes = columns.activity[decided] * np.int64(5) + columns.outcome[decided]
    return np.bincount(codes, minlength=steps * 5).reshape(steps, 5).astype(np.int64)


def _cohorts(columns: Columns, variant_of: NDArray[np.intp]) -> tuple[Ints, Ints, Ints, Ints]:
    returned = np.zeros(columns.cases, dtype=np.int64)
    if columns.outcome is not None and columns.cases:
        returned = np.logical_or.reduceat(columns.outcome == RETURNED, columns.first).astype(
            np.int64
        )
    first_day = int(columns.day.min(initial=0))
    width = int(columns.day.max(initial=0)) - first_day + 1
    codes, place = np.unique(
        variant_of * np.int64(width) + columns.day - first_day, return_inverse=True
    )
    variant, day = np.divmod(codes, width)
    cases = np.bincount(place, minlength=len(codes)).astype(np.int64)
    with_return = np.bincount(place, weights=returned, minlength=len(codes)).astype(np.int64)
    return variant, day + first_day, cases, with_return
