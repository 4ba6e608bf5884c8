"""An event log in memory: sorted columns and the kernels over them.

The files are sorted by case, so a case is a slice: neighbours come from shifting a column, per-case
figures from `reduceat`, per-group figures from one radix sort of small codes. `event_windows` says
the same in an engine's own windows and groups; the parity suite holds the two equal.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.worktime import CLOCK, Calendar, cumulative_seconds

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Frame = nw.LazyFrame[Any] | nw.DataFrame[Any]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
# outcome_no of the fact schema: 0 approved 1 returned 2 rejected 3 withdrawn 4 delegated
RETURNED: Final = 1
REJECTED: Final = 2
_OPTIONAL: Final = ("outcome_no", "resource_no", "department_no", "amount_fen")
# Above this many groups one sort of all values is cheaper than a partition per group.
_MANY_GROUPS: Final = 2_000


@dataclass(frozen=True)
class Columns:
    """Events of whole cases in order; times are µs (of the clock, or worked µs of a calendar)."""

    case_no: Ints  # one per case
    activity: Ints
    begin: Ints  # the start, or the end where no start is known
    end: Ints
    has_start: bool
    first: NDArray[np.intp]  # row where each case begins
    day: Ints  # calendar day (since 1970-01-01) of each case's first instant
    ties: int  # neighbours in a case whose order only the file knows
    outcome: Ints | None = None
    resource: Ints | None = None
    department: Ints | None = None
    amount: Ints | None = None  # fen; −1 where not stated

    @property
    def cases(self) -> int:
        return len(self.first)

    @property
    def lengths(self) -> NDArray[np.intp]:
        return np.diff(np.append(self.first, len(self.activity)))

    def part(self, low: int, high: int) -> "Columns":
        """Cases `low` … `high` − 1, as views."""
        begin = int(self.first[low])
        rows = slice(begin, int(self.first[high]) if high < self.cases else len(self.activity))

        def rows_of(column: Ints | None) -> Ints | None:
            return None if column is None else column[rows]

        return replace(
            self, case_no=self.case_no[low:high], activity=self.activity[rows], begin=self.begin[rows],
            end=self.end[rows], first=self.first[low:high] - begin, day=self.day[low:high],
            outcome=rows_of(self.outcome), resource=rows_of(self.resource),
            department=rows_of(self.department), amount=rows_of(self.amount),
        )  # fmt: skip

    def only(self, cases: NDArray[np.bool_]) -> "Columns":
        """The cases a mask keeps; nothing of the others is left."""
        kept = np.repeat(cases, self.lengths)
        lengths = self.lengths[cases]

        def rows_of(column: Ints | None) -> Ints | None:
            return None if column is None else column[kept]

        return replace(
            self, case_no=self.case_no[cases], activity=self.activity[kept], begin=self.begin[kept],
            end=self.end[kept], first=np.cumsum(lengths) - lengths, day=self.day[cases],
            outcome=rows_of(self.outcome), resource=rows_of(self.resource),
            department=rows_of(self.department), amount=rows_of(self.amount),
        )  # fmt: skip

    def parts(self, rows: int) -> Iterator["Columns"]:
        """Whole cases in pieces of about `rows` rows, which stay in the processor's cache."""
        edges = np.searchsorted(self.first, np.arange(0, len(self.activity), rows))
        edges = distinct(np.append(edges, self.cases)).tolist()
        for low, high in itertools.pairwise(edges):
            yield self.part(low, high)

    def previous(self, column: Ints, missing: int = -1) -> Ints:
        """The value one row earlier in the same case; `missing` on a case's first row."""
        shifted = np.empty_like(column)
        shifted[1:] = column[:-1]
        shifted[self.first] = missing
        return shifted


def load(frame: Frame, *, calendar: Calendar = CLOCK, also: Sequence[str] = ()) -> Columns:
    """Read only the columns needed; `also` names optional ones (outcome_no, resource_no, …).

    Facts arrive sorted by (case_no, start or end, end, seq); several files of one data set may
    not be, and are sorted here once.
    """
    names = set(frame.collect_schema().names())
    wanted = ["case_no", "activity_no", "end_us"]
    wanted += [name for name in ("start_us", *also) if name in names]
    table = _collected(frame, wanted)
    if not _is_sorted(table):
        table = _collected(frame, [*wanted, "seq"]).sort("case_no", "begin", "end_us", "seq")
        table = table.drop("seq")
    starts, case_no = _case_starts(table)
    table = table.drop("case_no")
    columns: dict[str, Ints] = {}
    for name in table.columns:
        # A column taken over is given up at once: two copies of one are held, never of all.
        columns[name] = table.get_column(name).to_numpy()
        table = table.drop(name)
    end = columns["end_us"]
    begin = columns.get("begin", end)
    first = np.flatnonzero(starts)
    tied = (begin[1:] == begin[:-1]) & (end[1:] == end[:-1]) & ~starts[1:]
    has_start = "start_us" in names and bool((begin != end).any())
    found = Columns(
        case_no, columns["activity_no"], begin, end, has_start,
        first, begin[first] // DAY_US, int(tied.sum()),
        *(_stated(columns.get(name)) for name in _OPTIONAL),
    )  # fmt: skip
    return found if calendar == CLOCK else worked(found, calendar)


def _case_starts(table: nw.DataFrame[Any]) -> tuple[NDArray[np.bool_], Ints]:
    """(is it the first row of a case, the number of each case)."""
    case_no = table.get_column("case_no").to_numpy()
    starts = np.ones(len(case_no), dtype=np.bool_)
    starts[1:] = case_no[1:] != case_no[:-1]
    return starts, case_no[starts]


def _stated(column: Ints | None) -> Ints | None:
    """None for a column the source did not have: facts keep −1 for "not stated"."""
    return column if column is not None and (column >= 0).any() else None


def _collected(frame: Frame, wanted: Sequence[str]) -> nw.DataFrame[Any]:
    """The columns as a table, `begin` in place of the start; without it the end is the begin."""
    picked = [
        nw.col(name).fill_null(-1) if name == "amount_fen" else nw.col(name)
        for name in wanted if name != "start_us"
    ]  # fmt: skip
    if "start_us" in wanted:
        picked.append(nw.coalesce("start_us", "end_us").alias("begin"))
    elif "seq" in wanted:
        picked.append(nw.col("end_us").alias("begin"))
    data = frame.select(*picked)
    return data.collect() if isinstance(data, nw.LazyFrame) else data


def _is_sorted(table: nw.DataFrame[Any]) -> bool:
    case_no = table.get_column("case_no").to_numpy()
    begin = table.get_column("begin" if "begin" in table.columns else "end_us").to_numpy()
    falls = case_no[1:] < case_no[:-1]
    earlier = (case_no[1:] == case_no[:-1]) & (begin[1:] < begin[:-1])
    return not (falls.any() or earlier.any())


def worked(columns: Columns, calendar: Calendar) -> Columns:
    """Instants replaced by the working time since 1970, so that a difference is work time."""
    end = cumulative_seconds(calendar, columns.end) * 1_000_000
    same = columns.begin is columns.end
    begin = end if same else cumulative_seconds(calendar, columns.begin) * 1_000_000
    return replace(columns, begin=begin, end=end)


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Each value once, in order. `np.unique` alone would load NumPy's masked arrays for it."""
    ordered = np.sort(values, kind="stable")
    fresh = np.ones(len(ordered), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]


@dataclass(frozen=True)
class Groups:
    """Rows ordered by a small code: group g is `order[bounds[g]:bounds[g + 1]]`."""

    codes: Ints
    order: NDArray[np.intp]
    bounds: NDArray[np.intp]

    @property
    def sizes(self) -> NDArray[np.intp]:
        return np.diff(self.bounds)


def group(codes: Ints, highest: int) -> Groups:
    """Stable grouping of codes 0 … `highest`; 16 bits at a time, which numpy sorts by radix."""
    order = np.argsort(codes.astype(np.uint16), kind="stable")  # the low 16 bits
    if highest > 0xFFFF:
        order = order[np.argsort((codes >> 16).astype(np.uint16)[order], kind="stable")]
    ordered = codes[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return Groups(ordered[starts], order, np.append(starts, len(codes)))


@dataclass(frozen=True)
class Spread:
    """Per group: rows, Σ, median and P90 in µs. Quantiles interpolate linearly."""

    n: Ints
    total: Floats
    median: Floats
    p90: Floats


def spread(values: Ints, bounds: NDArray[np.intp]) -> Spread:
    """Summaries of consecutive slices of `values`; reorders `values` inside each slice."""
    sizes = np.diff(bounds)
    kept = sizes > 0
    total = np.zeros(len(sizes))
    if len(values):
        total[kept] = np.add.reduceat(values, bounds[:-1][kept], dtype=np.float64)
    low, high = bounds[:-1].tolist(), bounds[1:].tolist()
    if len(sizes) > _MANY_GROUPS:
        values[:] = values[np.lexsort((values, np.repeat(np.arange(len(sizes)), sizes)))]
    else:
        for begin, end in zip(low, high, strict=True):
            if end - begin > 1:
                values[begin:end].partition(_positions(end - begin))
    return Spread(
        sizes.astype(np.int64), total, _quantile(values, bounds, 50), _quantile(values, bounds, 90)
    )


def _positions(n: int) -> list[int]:
    """Ranks that the median and the P90 of n sorted values are read from."""
    last = n - 1
    return sorted({r for p in (50, 90) for r in (last * p // 100, min(last * p // 100 + 1, last))})


def _quantile(values: Ints, bounds: NDArray[np.intp], percent: int) -> Floats:
    """Linear interpolation between the two neighbouring ranks; NaN for an empty group."""
    last = np.diff(bounds) - 1
    found = np.full(len(last), np.nan)
    kept = last >= 0
    scaled = last[kept] * percent
    low = bounds[:-1][kept] + scaled // 100
    high = np.minimum(low + 1, bounds[1:][kept] - 1)
    share = (scaled % 100) / 100
    found[kept] = values[low] + (values[high] - values[low]) * share
    return found


def case_of_row(columns: Columns) -> NDArray[np.intp]:
    """The place of each row's case."""
    return np.repeat(np.arange(columns.cases), columns.lengths)


def case_spans(columns: Columns) -> Ints:
    """Cycle time of each case in µs: its last end − its first begin."""
    if not columns.cases:
        return np.empty(0, dtype=np.int64)
    last: Ints = np.maximum.reduceat(columns.end, columns.first)
    return last - columns.begin[columns.first]


def touched(columns: Columns) -> Ints:
    """Time with at least one execution under way, per case, in µs: the union of its intervals."""
    if not columns.cases:
        return np.empty(0, dtype=np.int64)
    covered_until = columns.previous(columns.end, np.iinfo(np.int64).min)
    overlapping = np.flatnonzero(columns.begin < covered_until)
    if len(overlapping):
        covered_until = _running_end(columns)
    fresh = columns.end - np.maximum(columns.begin, covered_until)
    union: Ints = np.add.reduceat(np.maximum(fresh, 0), columns.first)
    return union


def _running_end(columns: Columns) -> Ints:
    """The latest end among the earlier executions of the case (very early for its first)."""
    origin = np.repeat(columns.begin[columns.first], columns.lengths)
    elapsed = columns.end - origin
    width = int(elapsed.max()) + 1
    if width * columns.cases >= 1 << 62:
        half = columns.cases // 2
        return np.concatenate(
            [_running_end(columns.part(0, half)), _running_end(columns.part(half, columns.cases))]
        )
    # A case's offset keeps the running maximum from reaching into the next case.
    offset = np.repeat(np.arange(columns.cases) * width, columns.lengths)
    latest: Ints = np.maximum.accumulate(elapsed + offset) - offset + origin
    return columns.previous(latest, np.iinfo(np.int64).min)


def sequence_codes(columns: Columns) -> NDArray[np.uint64]:
    """A 64-bit code per case, equal for equal sequences of steps.

    Σ R[step]·P[position] with seeded random words: one sum, so order is kept by P.
    """
    if not columns.cases:
        return np.empty(0, dtype=np.uint64)
    lengths = columns.lengths
    # A generator each: a piece of the log must use the words of the whole.
    words = _random_words(1, int(columns.activity.max()) + 1)
    places = _random_words(2, int(lengths.max())) | np.uint64(1)
    position = np.arange(len(columns.activity)) - np.repeat(columns.first, lengths)
    codes: NDArray[np.uint64] = np.add.reduceat(
        words[columns.activity] * places[position], columns.first
    )
    return codes


def _random_words(seed: int, n: int) -> NDArray[np.uint64]:
    """The splitmix64 sequence of a seed (Steele, Lea, Flood 2014); cheaper than a generator."""
    golden, first, second = (
        np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
    )
    word = np.uint64(seed << 40) + np.arange(1, n + 1, dtype=np.uint64) * golden
    word = (word ^ (word >> np.uint64(30))) * first
    word = (word ^ (word >> np.uint64(27))) * second
    return word ^ (word >> np.uint64(31))
