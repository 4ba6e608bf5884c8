"""Event logs for tests: reference files, small ones by hand, and logs with planted causes."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "event_logs"
HOUR = 3_600_000_000


def facts(rows: Iterable[tuple[int, int, int, int]], **more: Sequence[int]) -> pl.DataFrame:
    """(case, step, start hour, end hour) in file order → sorted facts with both timestamps."""
    case_no, activity_no, start, end = zip(*rows, strict=True)
    table = pl.DataFrame(
        {
            "case_no": pl.Series(case_no, dtype=pl.Int64),
            "seq": pl.Series(range(len(case_no)), dtype=pl.Int64),
            "activity_no": pl.Series(activity_no, dtype=pl.Int16),
            "start_us": pl.Series([hour * HOUR for hour in start], dtype=pl.Int64),
            "end_us": pl.Series([hour * HOUR for hour in end], dtype=pl.Int64),
            **{name: pl.Series(values, dtype=pl.Int16) for name, values in more.items()},
        }
    )
    return table.sort("case_no", "start_us", "end_us", "seq")


def reference(name: str) -> Path:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"reference data {name} is not on this machine")
    return path


def sepsis() -> pl.DataFrame:
    """One timestamp; equal timestamps keep the order of the file."""
    table = pl.read_csv(reference("sepsis.csv.gz"), separator=";", infer_schema=False)
    return table.select(
        case_no=pl.col("Case ID").rank("dense").sub(1).cast(pl.Int64),
        seq=pl.int_range(pl.len(), dtype=pl.Int64),
        activity_no=pl.col("Activity").rank("dense").sub(1).cast(pl.Int16),
        end_us=pl.col("Complete Timestamp")
        .str.to_datetime("%Y/%m/%d %H:%M:%S%.f")
        .dt.timestamp("us"),
    ).sort("case_no", "end_us", "seq")


def purchasing() -> pl.DataFrame:
    """Start and end with offsets that change in summer: instants, not wall-clock times."""
    table = pl.read_csv(reference("purchasing_example.csv.gz"), infer_schema=False)

    def instants(name: str) -> pl.Expr:
        return (
            pl.col(name)
            .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_zone="UTC")
            .dt.timestamp("us")
        )

    return table.select(
        case_no=pl.col("case_id").cast(pl.Int64),
        seq=pl.int_range(pl.len(), dtype=pl.Int64),
        activity_no=pl.col("activity").rank("dense").sub(1).cast(pl.Int16),
        start_us=instants("start_time"),
        end_us=instants("end_time"),
        resource_no=pl.col("resource").rank("dense").sub(1).cast(pl.Int32),
    ).sort("case_no", "start_us", "end_us", "seq")


# ── a log with planted causes (acceptance 3) ────────────────────────────────────────────────

MANAGER, PURCHASING, FINANCE, DIRECTOR = range(4)
_MINUTE = 60_000_000


def planted(cases: int = 1_500, seed: int = 7) -> pl.DataFrame:
    """Four approvals in a row on the published calendar, 09:00–12:00 and 13:30–18:00.

    The director (one person) decides only on Tuesdays and Fridays at ten; finance is one person
    with more work than time in waves; purchasing waits for quotes to come in and then acts at once.
    """
    from opsloop.analysis.worktime import cumulative_seconds
    from opsloop.org.published import published_calendar

    random = np.random.default_rng(seed)
    first = int(np.datetime64("2024-01-02T00:00", "us").astype(np.int64))
    minutes = first + np.arange(500 * 1440, dtype=np.int64) * _MINUTE
    worked = cumulative_seconds(published_calendar(), minutes) // 60
    on_duty = minutes[:-1][np.diff(worked) > 0]  # instants of the working minutes, in order

    def place(instant: int) -> int:
        """The first working minute not before an instant."""
        return int(np.searchsorted(on_duty, instant))

    submitted = np.sort(random.integers(0, cases * 31, cases))
    length = {MANAGER: 12.0, PURCHASING: 15.0, FINANCE: 29.0, DIRECTOR: 3.0}
    work = {step: 1 + random.poisson(mean, cases) for step, mean in length.items()}
    free: dict[int, int] = {}
    ready = submitted.astype(np.int64)
    rows: list[tuple[int, int, int, int, int, int]] = []
    for step in (MANAGER, PURCHASING, FINANCE, DIRECTOR):
        order = np.argsort(ready, kind="stable")
        done = np.zeros(cases, dtype=np.int64)
        for case in order.tolist():
            person = step * 10 + (case % 3 if step in (MANAGER, PURCHASING) else 0)
            begin = int(ready[case])
            if step == PURCHASING:
                begin += int(random.exponential(200))  # the quote arrives by itself
            if step == DIRECTOR:
                begin = _next_sitting(on_duty, begin, place)
            if step != PURCHASING:
                begin = max(begin, free.get(person, 0))
            done[case] = begin + work[step][case]
            free[person] = int(done[case])
            start, end = int(on_duty[begin]), int(on_duty[int(done[case])])
            rows.append((case, len(rows), step, start, end, person))
        ready = done
    names = ("case_no", "seq", "activity_no", "start_us", "end_us", "resource_no")
    table = pl.DataFrame(rows, schema=names, orient="row")
    return table.cast({"activity_no": pl.Int16, "resource_no": pl.Int32}).sort(
        "case_no", "start_us", "end_us", "seq"
    )


def _next_sitting(on_duty: NDArray[np.int64], begin: int, place: Callable[[int], int]) -> int:
    """The next Tuesday or Friday at ten that is a working day, not before a working minute."""
    day = int(on_duty[begin]) // (24 * HOUR)
    while True:
        sitting = place(day * 24 * HOUR + 10 * HOUR)
        found = int(on_duty[sitting]) // (24 * HOUR)
        if sitting >= begin and found == day and (day + 3) % 7 in (1, 4):
            return sitting
        day += 1
