"""The table of a batch as text: read once in the sandbox, kept beside the upload."""

import os
from dataclasses import replace
from typing import Any, Final

import polars as pl

from opsloop.datasets.files import sync
from opsloop.datasets.models import ImportBatch, Kind
from opsloop.datasets.refusals import Refused
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.table import SOURCE_ROW, SheetInfo, Table
from opsloop.exchange.wide import unpivoted
from opsloop.facts.store import ROW_GROUP_ROWS

ROWS: Final = "rows.parquet"
PROBLEMS: Final = "problems.parquet"
_HEAD_ROWS: Final = 12
_HEAD_COLUMNS: Final = 40
_CELL: Final = 60


def read(batch: ImportBatch) -> Table:
    """The batch's table; one already read the same way comes from its kept file.

    Raises RefusedFile, and Refused for a correction that does not fit what it corrects.
    """
    if batch.findings.get("asked") == _asked(batch) and (batch.place / ROWS).exists():
        return kept(batch)
    table = read_table(
        batch.place / batch.source_name,
        sheet=batch.sheet or None,
        header_rows=batch.header_rows,
    )
    if batch.dataset.kind != Kind.EVENT_LOG:
        table = unpivoted(table, name=batch.file_name)
    if batch.is_correction and batch.replaces is not None:
        table = _merged(batch.replaces, table)
    keep(batch, ROWS, numbered(table))
    return table


def describe(batch: ImportBatch, table: Table) -> dict[str, Any]:
    """What a batch remembers of how its file was read."""
    return {
        "asked": _asked(batch),
        "format": table.format,
        "meta": dict(table.meta),
        "sheets": [info.name for info in table.sheets],
        "sheet": table.sheet,
        "header_rows": list(table.header_rows),
        "head": [
            [(cell or "")[:_CELL] for cell in row[:_HEAD_COLUMNS]]
            for row in table.preview[:_HEAD_ROWS]
        ],
    }


def _asked(batch: ImportBatch) -> list[Any]:
    return [batch.sheet, batch.header_rows]


def kept(batch: ImportBatch) -> Table:
    """The table as it was last read."""
    rows, found = pl.read_parquet(batch.place / ROWS), batch.findings
    return Table(
        frame=rows.drop(SOURCE_ROW),
        row_numbers=rows[SOURCE_ROW],
        header_rows=tuple(found["header_rows"]),
        preview=tuple(tuple(row) for row in found["head"]),
        format=found["format"],
        sheet=found["sheet"],
        sheets=tuple(SheetInfo(name) for name in found["sheets"]),
        meta=found["meta"],
    )


def numbered(table: Table) -> pl.DataFrame:
    """The rows as text with their row numbers in the file first."""
    return table.frame.select(table.row_numbers.alias(SOURCE_ROW), pl.all())


def keep(batch: ImportBatch, name: str, frame: pl.DataFrame) -> None:
    """Write a file beside the upload: whole or not at all."""
    partial = batch.place / f"{name}.{os.getpid()}.partial"
    frame.write_parquet(partial, compression="zstd", row_group_size=ROW_GROUP_ROWS)
    sync(partial)
    partial.rename(batch.place / name)
    sync(batch.place)


def kept_problems(batch: ImportBatch) -> pl.DataFrame:
    """Every problem of the last check: row, column, code, value, params (JSON), severity."""
    return pl.read_parquet(batch.place / PROBLEMS)


def faulty_rows(batch: ImportBatch) -> pl.DataFrame:
    """The rows with errors, in file order, as text with their row numbers."""
    wrong = kept_problems(batch).filter(pl.col("severity") == "error")["row"].unique()
    return numbered(kept(batch)).filter(pl.col(SOURCE_ROW).is_in(wrong.implode()))


def _merged(old: ImportBatch, correction: Table) -> Table:
    """The old table with the corrected rows in their places, found by their row numbers.

    The correction workbook has the row number first and the reasons last.
    """
    table, misfit = kept(old), Refused("other_rows", {"name": old.file_name})
    number, labels = correction.labels[0], list(table.labels)
    if any(label not in correction.labels[1:] for label in labels):
        raise misfit
    fixed = correction.frame.select(
        pl.col(number).cast(pl.Int64, strict=False).alias(SOURCE_ROW), *labels
    )
    # A row whose months stood side by side is several rows now: the month tells them apart.
    key = [SOURCE_ROW, labels[-2]] if "wide" in table.meta else [SOURCE_ROW]
    known = numbered(table)
    if fixed.join(known, on=key, how="anti").height or fixed.select(key).is_duplicated().any():
        raise misfit
    untouched = known.join(fixed, on=key, how="anti")
    rows = pl.concat([untouched, fixed]).sort(SOURCE_ROW, maintain_order=True)
    return replace(table, frame=rows.drop(SOURCE_ROW), row_numbers=rows[SOURCE_ROW])
