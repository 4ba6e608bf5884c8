"""What a file says and what is wrong with it, before anybody confirms it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, Protocol, cast

import polars as pl
from django.conf import settings

from opsloop.analysis.period import Period
from opsloop.datasets import doubles, tables
from opsloop.datasets.models import BatchState, ColumnMapping, ImportBatch, Kind
from opsloop.datasets.refusals import Refused
from opsloop.exchange import mapping as columns
from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import gettext_noop
from opsloop.exchange.sum_rows import in_stated_unit, stated_unit, without_sums
from opsloop.exchange.table import Table
from opsloop.exchange.typed import OUTCOMES, Typed, typed_rows
from opsloop.facts.store import FactFile, FactStore

READING_FIELDS: Final = ("sheet", "header_rows", "mapping", "options")
READING: Final = gettext_noop("Reading the file")
CHECKING: Final = gettext_noop("Checking every row")
WRITING: Final = gettext_noop("Writing the facts")
_STEPS: Final = 3
_FIRST_ROWS: Final = 20
_EXAMPLES: Final = 5
_SAMPLES: Final = 3
_SUMS_NAMED: Final = 6
# What may name a row that sums others up.
_NAMED: Final = ("category", "item", "department")


class Progress(Protocol):
    def __call__(self, done: int, total: int, text: str) -> None: ...


def examine(batch: ImportBatch, progress: Progress) -> dict[str, Any]:
    """Read and check a batch; returns the fields of the batch that hold what was found.

    Raises RefusedFile or Refused for a file that cannot be read at all.
    """
    progress(0, _STEPS, READING)
    table = tables.read(batch)
    progress(1, _STEPS, CHECKING)
    chosen, guess = _mapping(batch, table)
    findings = {
        **tables.describe(batch, table),
        "signature": signature(table),
        "labels": list(table.labels),
        "samples": [_samples(table, label) for label in table.labels],
        "confidence": dict(guess.confidence),
        "guessed": dict(guess.columns) == dict(chosen.columns),
        "missing": list(chosen.missing),
    }
    lines, sums, unit = _lines(batch, table, chosen)
    findings |= {"sums": list(sums[:_SUMS_NAMED]), "sum_count": len(sums), "unit": unit}
    found = {"mapping": dict(chosen.columns), "rows": lines.frame.height}
    if chosen.missing:
        return {**found, "findings": findings, "bad_rows": 0, "first_day": None, "last_day": None}
    typed = _typed(batch, table, chosen)
    problems = typed.problem_rows
    if batch.dataset.kind != Kind.EVENT_LOG:
        problems = pl.concat([problems, doubles.warnings(typed, chosen.columns)])
    tables.keep(batch, tables.PROBLEMS, problems)
    covered = _coverage(batch.dataset.kind, typed.frame)
    findings |= {
        "problems": _groups(problems),
        "first": _first_rows(table.labels, typed, chosen),
        "coverage": covered,
        "measures": _measures(batch.dataset.kind, typed),
    }
    first, last = _days(batch.dataset.kind, typed.frame, covered)
    bad = int(typed.bad_rows.sum())
    return {**found, "findings": findings, "bad_rows": bad, "first_day": first, "last_day": last}


def write_facts(batch: ImportBatch, progress: Progress) -> FactFile:
    """Write the good rows as a fact file, which counts only once the catalogue names it.

    The same batch always gives the same file. Raises Refused when a required column is not named
    or no row is good.
    """
    for field in batch.findings["missing"]:
        raise Refused("missing_column", {"field": field})
    progress(0, _STEPS, READING)
    table = tables.read(batch)
    progress(1, _STEPS, CHECKING)
    kind = cast("columns.Kind", batch.dataset.kind)
    typed = _typed(batch, table, columns.ColumnMapping(kind, batch.mapping))
    if not typed.frame.height:
        raise Refused("no_good_rows")
    progress(2, _STEPS, WRITING)
    return FactStore(settings.FACTS_ROOT).write(
        kind, typed.frame, names=typed.names, identities=typed.identities,
        meta={"timezone": batch.dataset.timezone, "upload": batch.digest},
        source=batch.place / tables.ROWS,
    )  # fmt: skip


def signature(table: Table) -> str:
    """What a header is remembered by."""
    return hashlib.sha256(json.dumps(table.labels).encode()).hexdigest()


def _mapping(
    batch: ImportBatch, table: Table
) -> tuple[columns.ColumnMapping, columns.ColumnMapping]:
    """The mapping to use (chosen, else remembered, else guessed) and the guess."""
    kind = cast("columns.Kind", batch.dataset.kind)
    guess = columns.propose(kind, table)
    chosen = batch.mapping
    if not chosen:
        known = ColumnMapping.objects.unscoped("remembered for the data set")
        known = known.filter(dataset=batch.dataset, signature=signature(table))
        chosen = known.values_list("mapping", flat=True).first() or guess.columns
    return columns.ColumnMapping(kind, chosen), guess


def _typed(batch: ImportBatch, table: Table, mapping: columns.ColumnMapping) -> Typed:
    options = batch.options
    reading = DateReading(
        order=options.get("date_order") or None, default_year=options.get("default_year")
    )
    kind = cast("columns.Kind", batch.dataset.kind)
    lines, _sums, unit = _lines(batch, table, mapping)
    if unit:
        lines, label = in_stated_unit(lines, mapping.columns["amount"])
        mapping = replace(mapping, columns={**mapping.columns, "amount": label})
    return typed_rows(kind, lines, mapping, timezone=batch.dataset.timezone, reading=reading)


def _lines(
    batch: ImportBatch, table: Table, mapping: columns.ColumnMapping
) -> tuple[Table, tuple[int, ...], str]:
    """Amounts without rows that sum others up, unless a person counts them; those rows' numbers;
    and the unit said above the header, which the amounts are in.
    """
    if batch.dataset.kind == Kind.EVENT_LOG:
        return table, (), ""
    amount, sums = mapping.columns.get("amount"), tuple[int, ...]()
    unit = stated_unit(table, amount) if amount else ""
    if not batch.options.get("keep_sums"):
        named = [mapping.columns[name] for name in _NAMED if name in mapping.columns]
        table, sums = without_sums(table, named)
    return table, sums, unit


def _samples(table: Table, label: str) -> list[str]:
    texts = table.frame[label].drop_nulls().unique(maintain_order=True).head(_SAMPLES)
    return [text[:40] for text in texts.to_list()]


def _groups(problems: pl.DataFrame) -> list[dict[str, Any]]:
    """Problems by reason and column, the most frequent first, each with its first rows."""
    grouped = (
        problems.group_by("severity", "code", "column", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.struct("row", "value", "params").head(_EXAMPLES).alias("examples"),
        )
        .sort("severity", "count", descending=[False, True], maintain_order=True)
    )
    return [
        {**group, "examples": [_example(found) for found in group["examples"]]}
        for group in grouped.iter_rows(named=True)
    ]


def _example(found: Mapping[str, Any]) -> dict[str, Any]:
    value = (found["value"] or "")[:80]
    return {"row": found["row"], "value": value, "params": json.loads(found["params"])}


def _first_rows(
    labels: Sequence[str], typed: Typed, mapping: columns.ColumnMapping
) -> dict[str, Any]:
    """The first rows as understood: neutral texts, one column per mapped field."""
    head = typed.frame.head(_FIRST_ROWS)
    # In the order of the file, as the person knows it.
    fields = sorted(mapping.columns, key=lambda name: labels.index(mapping.columns[name]))
    shown = {name: _shown(name, head, typed) for name in fields}
    shown = {name: values for name, values in shown.items() if values is not None}
    rows = [
        [cells[0], list(cells[1:])]
        for cells in zip(head["source_row"].to_list(), *shown.values(), strict=True)
    ]
    return {"fields": list(shown), "rows": rows}


_IDENTITIES: Final = {"case_id": ("case", "case_no"), "document": ("document", "document_no")}
_INSTANTS: Final = {"start_time": "start_us", "end_time": "end_us"}
_AMOUNTS: Final = {"amount": ("amount_fen", 2), "quantity": ("quantity_milli", 3)}


def _shown(field: str, head: pl.DataFrame, typed: Typed) -> list[str | None] | None:
    """A field of the first rows as text; None for a field that facts do not keep by itself."""
    if field in _IDENTITIES:
        identity, column = _IDENTITIES[field]
        known = typed.identities[identity]
        return (
            head[column]
            .replace_strict(known["number"], known["text"], default=None, return_dtype=pl.String)
            .to_list()
        )
    if field in _INSTANTS:
        instants = head[_INSTANTS[field]].cast(pl.Datetime("us"))
        return instants.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    if field in _AMOUNTS:
        column, places = _AMOUNTS[field]
        return [None if v is None else f"{v / 10**places:.{places}f}" for v in head[column]]
    if field == "period":
        return [f"{number // 100}-{number % 100:02}" for number in head["period_no"]]
    if field == "date":
        days = head["day"].replace(-1, None).cast(pl.Date) if "day" in head.columns else None
        return None if days is None else days.dt.strftime("%Y-%m-%d").to_list()
    if field == "outcome":
        return [OUTCOMES[number] if number >= 0 else None for number in head["outcome_no"]]
    if field in typed.names:
        names = typed.names[field]
        return [names[number] if number >= 0 else None for number in head[f"{field}_no"]]
    return None


def _months(kind: str, frame: pl.DataFrame) -> pl.Series:
    """The month of each row as yyyymm."""
    if kind != "event_log":
        return frame["period_no"].cast(pl.Int64)
    instant = frame["end_us"].cast(pl.Datetime("us")).dt
    return instant.year().cast(pl.Int64) * 100 + instant.month().cast(pl.Int64)


def _coverage(kind: str, frame: pl.DataFrame) -> dict[str, int]:
    counts = _months(kind, frame).alias("month").value_counts(sort=False).sort("month")
    return {f"{month // 100:04}-{month % 100:02}": count for month, count in counts.iter_rows()}


def _days(
    kind: str, frame: pl.DataFrame, covered: Mapping[str, int]
) -> tuple[date | None, date | None]:
    """First and last day: of the instants of an event log, of the booked months of a ledger."""
    if not covered:
        return None, None
    if kind == "event_log":
        days = frame["end_us"].cast(pl.Datetime("us")).dt.date()
        return cast("date", days.min()), cast("date", days.max())
    first, last = Period.parse(min(covered)), Period.parse(max(covered))
    return first.start, date.fromordinal(last.end.toordinal() - 1)


def _measures(kind: str, typed: Typed) -> dict[str, Any]:
    """A few figures by which a person recognises the file as the right one."""
    frame = typed.frame
    if kind == "event_log":
        places = frame.select("case_no", pl.coalesce("start_us", "end_us"), "end_us")
        return {
            "cases": frame["case_no"].n_unique(),
            "activities": frame["activity_no"].n_unique(),
            "ties": frame.height - places.n_unique(),
        }
    return {"total_fen": int(frame["amount_fen"].sum()), "items": frame["item_no"].n_unique()}


def overlapping(batch: ImportBatch) -> list[ImportBatch]:
    """Batches in force whose days meet this one's, other than the one it replaces.

    Months of one event log naturally meet at their edges, so one shared day is no overlap.
    """
    if batch.first_day is None or batch.last_day is None:
        return []
    others = batch.dataset.batches.filter(
        state=BatchState.COMMITTED, first_day__lt=batch.last_day, last_day__gt=batch.first_day
    )
    if batch.replaces is not None:
        others = others.exclude(pk=batch.replaces.pk)
    return list(others.order_by("id"))
