"""An event log in an engine: windows and groups over a lazy frame, small tables out.

For logs too large for one process's memory, or kept in a database or a cluster. Only integers are
compared and grouped, so engines agree; `event_columns` is the same in memory.
"""

from collections.abc import Sequence
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np

from opsloop.analysis.event_columns import DAY_US, RETURNED, Floats, Ints, Spread
from opsloop.analysis.event_measures import Durations, Measures, Sequences

Lazy = nw.LazyFrame[Any]

# Codes of sequences are sums of fifth powers modulo a prime: a permutation of the residues that
# every engine computes without overflow. Two independent sums make 62 bits.
_PRIME: Final = 2_147_483_647
_SALTS: Final = ((1_000_003, 402_653_189, 12_345), (715_827_883, 1_299_709, 67_891))


def measure(frame: Lazy, *, starts: Sequence[int], ends: Sequence[int]) -> Measures:
    """All figures the rules need, each one query of the engine."""
    names = frame.collect_schema().names()
    has_outcome = "outcome_no" in names
    events = _ordered(frame, has_start="start_us" in names, has_outcome=has_outcome)
    cases = _cases(events, starts, ends)
    sequences = _sequences(events, cases)
    counts = _table(
        events.select(
            nw.len().alias("events"), nw.col("tied").sum().alias("ties"),
            (nw.col("work") != 0).cast(nw.Int64).sum().alias("worked"),
        )
    )  # fmt: skip
    has_start = bool(counts["worked"][0])
    followed = events.filter(~nw.col("previous").is_null())
    complete = cases.filter(nw.col("complete") == 1)
    stage = _durations(followed, ["activity_no"], "gap")
    return Measures(
        events=int(counts["events"][0]), ties=int(counts["ties"][0] or 0), has_start=has_start,
        sequences=sequences, cycle=_spread(_table(complete.select(*_summary("span")))),
        touched_us=float(_table(complete.select(_total("touched").alias("t")))["t"][0] or 0),
        worked=_durations(events, ["activity_no"], "work") if has_start else stage,
        waited=stage if has_start else None,
        edges=_durations(followed, ["previous", "activity_no"], "gap"),
        outcomes=_outcomes(events) if has_outcome else None,
        cohorts=_cohorts(cases, sequences),
    )  # fmt: skip


def _ordered(frame: Lazy, *, has_start: bool, has_outcome: bool) -> Lazy:
    """Each event with its predecessor in the case, its place, and what was covered before it."""
    begin = nw.coalesce("start_us", "end_us") if has_start else nw.col("end_us")
    outcome = (
        (nw.col("outcome_no") == RETURNED)
        if has_outcome
        else (nw.col("end_us") != nw.col("end_us"))
    )
    columns = ["case_no", "seq", "activity_no", "end_us", *(["outcome_no"] if has_outcome else [])]
    order = ["begin", "end_us", "seq"]
    events = frame.select(
        *columns, begin.alias("begin"), outcome.cast(nw.Int64).alias("returned")
    ).with_columns(
        previous=nw.col("activity_no").shift(1).over("case_no", order_by=order),
        previous_begin=nw.col("begin").shift(1).over("case_no", order_by=order),
        enabled=nw.col("end_us").shift(1).over("case_no", order_by=order),
        latest=nw.col("end_us").cum_max().over("case_no", order_by=order),
        place=nw.col("seq").cum_count().over("case_no", order_by=order),
    )
    begin_now, end_now = nw.col("begin"), nw.col("end_us")
    tied = (begin_now == nw.col("previous_begin")) & (end_now == nw.col("enabled"))
    return events.with_columns(
        covered=nw.col("latest").shift(1).over("case_no", order_by=order),
        tied=tied.cast(nw.Int64).fill_null(0),
        gap=begin_now - nw.col("enabled"),
        work=end_now - begin_now,
        **{f"code{i}": _code(salt) for i, salt in enumerate(_SALTS)},
    ).with_columns(fresh=end_now - nw.max_horizontal("begin", "covered"))


def _code(salt: tuple[int, int, int]) -> nw.Expr:
    by_place, by_step, offset = salt
    place = nw.col("place").cast(nw.Int64) % _PRIME
    step = nw.col("activity_no").cast(nw.Int64) + 1
    mixed = (place * by_place + step * by_step + offset) % _PRIME
    square = (mixed * mixed) % _PRIME
    return (((square * square) % _PRIME) * mixed) % _PRIME


def _cases(events: Lazy, starts: Sequence[int], ends: Sequence[int]) -> Lazy:
    def touches(steps: Sequence[int], name: str) -> nw.Expr:
        if not steps:
            return (nw.col("place") * 0 + 1).alias(name)
        return nw.col("activity_no").is_in(list(steps)).cast(nw.Int64).alias(name)

    fresh = nw.col("fresh")
    return (
        events.with_columns(
            touches(starts, "started"), touches(ends, "ended"),
            covered_now=nw.when(fresh > 0).then(fresh).otherwise(0),
        )
        .group_by("case_no")
        .agg(
            nw.col("begin").min().alias("first"), nw.col("end_us").max().alias("last"),
            nw.col("covered_now").sum().cast(nw.Int64).alias("touched"),
            nw.col("code0").sum().cast(nw.Int64).alias("code0"),
            nw.col("code1").sum().cast(nw.Int64).alias("code1"),
            nw.col("returned").max().alias("returned"),
            nw.col("started").max().alias("started"), nw.col("ended").max().alias("ended"),
        )
        .with_columns(
            span=nw.col("last") - nw.col("first"),
            # Adding a round number of days keeps the division away from negative instants.
            day=((nw.col("first") - nw.col("first") % DAY_US) / DAY_US).cast(nw.Int64),
            complete=nw.col("started") * nw.col("ended"),
        )
    )  # fmt: skip


def _sequences(events: Lazy, cases: Lazy) -> Sequences:
    """Variants: their number of cases and median, and the steps of one case of each."""
    found = _table(
        cases.group_by("code0", "code1").agg(
            nw.len().alias("cases"), nw.col("case_no").min().alias("example"),
            nw.col("span").median().alias("median"), nw.col("complete").min().alias("complete"),
        )
    )  # fmt: skip
    rank = np.lexsort((found["example"], -found["cases"]))
    found = {name: column[rank] for name, column in found.items()}
    examples = cases.group_by("code0", "code1").agg(nw.col("case_no").min().alias("case_no"))
    rows = _table(
        events.join(examples.select("case_no"), on="case_no", how="semi")
        .select("case_no", "place", "activity_no")
    )  # fmt: skip
    by_example = np.argsort(found["example"])
    variant = by_example[np.searchsorted(found["example"][by_example], rows["case_no"])]
    order = np.lexsort((rows["place"], variant))
    variant = variant[order]
    bounds = np.searchsorted(variant, np.arange(len(rank) + 1))
    return Sequences(
        steps=rows["activity_no"][order].astype(np.int64), bounds=bounds,
        cases=found["cases"].astype(np.int64), median_us=found["median"].astype(np.float64),
        complete=found["complete"].astype(np.bool_), example=found["example"],
        codes=np.stack([found["code0"], found["code1"]], axis=1),
    )  # fmt: skip


def _cohorts(cases: Lazy, sequences: Sequences) -> tuple[Ints, Ints, Ints, Ints]:
    """(variant, first day, cases, cases with a decided return): what cohorts are counted from."""
    found = _table(
        cases.group_by("code0", "code1", "day").agg(
            nw.len().alias("cases"), nw.col("returned").sum().alias("returned")
        )
    )
    place = {(int(a), int(b)): i for i, (a, b) in enumerate(sequences.codes.tolist())}
    keys = zip(found["code0"].tolist(), found["code1"].tolist(), strict=True)
    variant = np.array([place[int(a), int(b)] for a, b in keys], dtype=np.int64)
    day, count, returned = (found[name].astype(np.int64) for name in ("day", "cases", "returned"))
    return variant, day, count, returned


def _outcomes(events: Lazy) -> Ints | None:
    """Executions per step × outcome; None when no outcome is stated anywhere."""
    found = _table(events.group_by("activity_no", "outcome_no").agg(nw.len().alias("n")))
    counts = np.zeros((int(found["activity_no"].max()) + 1, 5), dtype=np.int64)
    decided = found["outcome_no"] >= 0
    counts[found["activity_no"][decided], found["outcome_no"][decided]] = found["n"][decided]
    return counts if decided.any() else None


def _durations(events: Lazy, keys: Sequence[str], value: str) -> Durations:
    found = _table(
        events.group_by(*keys).agg(*_summary(value), nw.col("case_no").n_unique().alias("cases"))
    )
    order = np.lexsort(tuple(found[key] for key in keys))
    found = {name: column[order] for name, column in found.items()}
    return Durations(
        keys=np.stack([found[key].astype(np.int64) for key in keys], axis=1),
        cases=found["cases"].astype(np.int64), spread=_spread(found),
    )  # fmt: skip


def _total(value: str) -> nw.Expr:
    return nw.col(value).cast(nw.Float64).sum()


def _summary(value: str) -> tuple[nw.Expr, ...]:
    return (
        nw.len().alias("n"), _total(value).alias("total"), nw.col(value).median().alias("median"),
        nw.col(value).quantile(0.9, interpolation="linear").alias("p90"),
    )  # fmt: skip


def _spread(found: dict[str, Any]) -> Spread:
    def floats(name: str) -> Floats:
        return np.array([np.nan if v is None else v for v in found[name]], dtype=np.float64)

    return Spread(found["n"].astype(np.int64), floats("total"), floats("median"), floats("p90"))


def _table(frame: Lazy) -> dict[str, Any]:
    table = frame.collect()
    return {name: table.get_column(name).to_numpy() for name in table.columns}
