"""Single cases of a log: the slowest ones, and one case's history."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from opsloop.analysis.case_filter import CaseFilter, matching
from opsloop.analysis.event_columns import HOUR_US, case_spans, load
from opsloop.analysis.worktime import CLOCK
from opsloop.datasets.queries import FactSet
from opsloop.processes.figures import calendar_of, columns_of, ends_of
from opsloop.processes.models import Process
from opsloop.processes.windows import waiting_times


@dataclass(frozen=True)
class CaseRow:
    """One execution; times in µs of the wall clock, hours of the calendar and of the clock."""

    activity_no: int
    resource_no: int
    department_no: int
    outcome_no: int
    begin: int
    end: int
    waited: float | None
    waited_clock: float | None
    worked: float
    batch_no: int
    source_row: int


@dataclass(frozen=True)
class CaseTimes:
    rows: tuple[CaseRow, ...]
    hours: float
    clock_hours: float


def one_case(process: Process, facts: FactSet, number: int) -> CaseTimes | None:
    """Every execution of a case with what it waited and took; None when there is none."""
    rows = (
        facts.frame.filter(nw.col("case_no") == number)
        .with_columns(nw.coalesce("start_us", "end_us").alias("begin"))
        .sort("begin", "end_us", "seq")
        .drop("begin")
        .collect()
    )
    if not len(rows):
        return None
    clock, counted = load(rows), load(rows, calendar=calendar_of(process))
    waits, waits_clock = waiting_times(counted) / HOUR_US, waiting_times(clock) / HOUR_US
    worked = (counted.end - counted.begin) / HOUR_US
    taken = rows.select(
        "activity_no", "resource_no", "department_no", "outcome_no", "batch_no", "source_row"
    )
    return CaseTimes(
        tuple(
            CaseRow(
                activity, who, where, outcome, int(clock.begin[at]), int(clock.end[at]),
                _known(waits[at]), _known(waits_clock[at]), float(worked[at]), batch, row,
            )
            for at, (activity, who, where, outcome, batch, row) in enumerate(taken.iter_rows())
        ),
        float(case_spans(counted)[0]) / HOUR_US, float(case_spans(clock)[0]) / HOUR_US,
    )  # fmt: skip


def _known(hours: Any) -> float | None:
    return None if np.isnan(hours) else float(hours)


def case_rows(
    process: Process, facts: FactSet, text: str, limit: int, filtered: CaseFilter
) -> list[tuple[int, str, int, int, float, bool]]:
    """(number, id, executions, begin µs, hours, finished) of the slowest cases first.

    With a text, of the cases whose id contains it; of those only that the filter keeps.
    """
    calendar = calendar_of(process)
    clock = columns_of(facts, CLOCK)
    hours = case_spans(load(facts.frame, calendar=calendar)) / HOUR_US
    _starts, ends = ends_of(process, facts.names["activity"])
    done = np.ones(clock.cases, dtype=np.bool_)
    if ends:
        done = np.logical_or.reduceat(np.isin(clock.activity, ends), clock.first)
    numbers = clock.case_no
    order = np.argsort(-hours, kind="stable")
    order = order[matching(clock, filtered, calendar)[order]]
    if text:
        wanted = [number for number, _id in cases_named(facts, text, limit)]
        order = order[np.isin(numbers[order], wanted)]
    order = order[:limit]
    ids = facts.texts("case", numbers[order].tolist())
    return [
        (
            int(numbers[at]), ids.get(int(numbers[at]), str(numbers[at])), int(clock.lengths[at]),
            int(clock.begin[clock.first[at]]), float(hours[at]), bool(done[at]),
        )
        for at in order.tolist()
    ]  # fmt: skip


def cases_named(facts: FactSet, text: str, limit: int) -> list[tuple[int, str]]:
    """(number, id) of cases whose id contains a text."""
    import polars as pl

    found: list[tuple[int, str]] = []
    for file in facts.files:
        ids = pl.scan_parquet(file.identity("case"))
        matching = ids.filter(pl.col("text").str.contains(text, literal=True)).head(limit)
        found.extend(matching.collect().iter_rows())
    return found[:limit]
