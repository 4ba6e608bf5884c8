"""From a figure back to its rows: which rows of which files, and how they read in the upload."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from opsloop.facts.store import FactFile

SOURCE_ROW = "source_row"


def row_references(frame: "nw.LazyFrame[Any]", *, limit: int) -> list[tuple[int, int]]:
    """(batch_no, source_row) of the facts in a filtered scan, in file order, at most `limit`."""
    picked = frame.select("batch_no", SOURCE_ROW).unique().sort("batch_no", SOURCE_ROW).head(limit)
    rows = picked.collect(backend="polars").rows()
    return [(int(batch), int(row)) for batch, row in rows]


def original_rows(file: FactFile, source_rows: Sequence[int]) -> pl.DataFrame:
    """The named rows of an upload as they were read: `source_row` and text columns.

    A file stored without its source has none: the frame is empty.
    """
    if not file.source.exists():
        return pl.DataFrame(schema={SOURCE_ROW: pl.Int64})
    wanted = pl.Series(source_rows, dtype=pl.Int64)
    found = pl.scan_parquet(file.source).filter(pl.col(SOURCE_ROW).is_in(wanted.implode()))
    return found.sort(SOURCE_ROW).collect()
