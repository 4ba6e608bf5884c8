"""Cases submitted in one window of days: what metrics measure and compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from opsloop.analysis.event_columns import HOUR_US, RETURNED, Columns, Floats, case_spans, load
from opsloop.analysis.worktime import Calendar
from opsloop.datasets.queries import FactSet
from opsloop.processes.figures import ends_of, facts_of
from opsloop.processes.models import Process


@dataclass(frozen=True)
class Window:
    """Cases submitted in a window, in order, with the rows they came from."""

    columns: Columns
    batch_no: Any
    source_row: Any
    names: tuple[str, ...]
    batch_ids: tuple[int, ...]


def window(facts: FactSet, first: date, until: date, calendar: Calendar) -> Window | None:
    """The whole of every case whose first instant lies in [first, until)."""
    begin = nw.coalesce("start_us", "end_us").alias("begin")
    low, high = (int(np.datetime64(day, "us").astype(np.int64)) for day in (first, until))
    submitted = facts.frame.select("case_no", begin).group_by("case_no").agg(nw.col("begin").min())
    inside = submitted.filter((nw.col("begin") >= low) & (nw.col("begin") < high))
    rows = (
        facts.frame.with_columns(begin)
        .join(inside.select("case_no"), on="case_no", how="semi")
        .sort("case_no", "begin", "end_us", "seq")
        .drop("begin")
        .collect()
    )
    if not len(rows):
        return None
    return Window(
        load(rows, calendar=calendar, also=("outcome_no",)),
        rows.get_column("batch_no").to_numpy(), rows.get_column("source_row").to_numpy(),
        facts.names["activity"], facts.batch_ids,
    )  # fmt: skip


def documents(process: Process, first: date, last: date) -> list[tuple[int, str]]:
    """(case number, its id) of the cases submitted from `first` to `last`, both included."""
    facts = facts_of(process)
    if facts is None:
        return []
    columns = load(facts.frame)
    epoch = date(1970, 1, 1)
    inside = (columns.day >= (first - epoch).days) & (columns.day <= (last - epoch).days)
    numbers = columns.case_no[inside].tolist()
    names = facts.texts("case", numbers)
    return [(number, names.get(number, str(number))) for number in numbers]


def finished(columns: Columns, names: Sequence[str], process: Process) -> Any:
    """Per case: has it reached the last step? All have when none is stated."""
    _starts, ends = ends_of(process, names)
    if not ends:
        return np.ones(columns.cases, dtype=np.bool_)
    return np.logical_or.reduceat(np.isin(columns.activity, ends), columns.first)


def returned(columns: Columns, names: Sequence[str], process: Process) -> Any:
    """Per case: was it ever sent back? Inferred from the steps' order without an outcome."""
    if columns.outcome is not None:
        back = columns.outcome == RETURNED
    else:
        back = inferred_returns(columns, names, process)
    return np.logical_or.reduceat(back, columns.first)


def cycle_hours(found: Window) -> Floats:
    hours: Floats = case_spans(found.columns) / HOUR_US
    return hours


def waiting_times(columns: Columns) -> Floats:
    """Per row, µs from the end of the step before to the begin; NaN for a case's first row.

    All NaN where only ends are known: a stage time is never split.
    """
    waits = (columns.begin - columns.previous(columns.end)).astype(np.float64)
    waits[columns.first] = np.nan
    if not columns.has_start:
        waits[:] = np.nan
    return np.maximum(waits, 0)


def inferred_returns(columns: Columns, names: Sequence[str], process: Process) -> Any:
    """Per row: does the case go back to an earlier step of the table here?"""
    steps = process.as_is.steps.all()
    rank = {step.log_name: step.position for step in steps}
    places = np.array([rank.get(name, -1) for name in names], dtype=np.int64)
    place = places[columns.activity]
    before = columns.previous(place)
    return (place >= 0) & (place < before)
