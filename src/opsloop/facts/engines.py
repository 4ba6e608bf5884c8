"""The engines that read fact files, behind one Narwhals lazy frame.

Polars answers by default. Above twenty million rows DuckDB answers, because it works within a
memory limit and spills to a bounded folder. DuckDB is locked to the fact folder: it can open no
other file, and its settings cannot be changed by a query.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from opsloop.facts.schema import FactSchema

DUCKDB_ABOVE_ROWS = 20_000_000


@dataclass(frozen=True)
class Limits:
    """What one out-of-core query may use."""

    memory_mb: int = 2048
    spill_mb: int = 20_480
    threads: int = 2


@dataclass(frozen=True)
class Part:
    """One fact file of a scan. `renumber` maps a dictionary column's numbers to the common list.

    What it is `lacking` states nothing in any row.
    """

    path: Path
    renumber: Mapping[str, Sequence[int]]
    lacking: frozenset[str] = frozenset()


Scanner = Callable[[FactSchema, Sequence[Part], Path, Limits], "nw.LazyFrame[Any]"]


def _polars(
    schema: FactSchema, parts: Sequence[Part], root: Path, limits: Limits
) -> nw.LazyFrame[Any]:
    del root, limits  # Polars reads the files where they are and takes the memory it needs.
    frames = [_renumbered(_whole(schema, part), part, no) for no, part in enumerate(parts)]
    if not frames:
        empty = pl.LazyFrame(schema={**schema.dtypes, "batch_no": pl.Int32})
        return nw.from_native(empty)
    first = schema.columns[0].name
    if len(frames) == 1:
        # A single file is stored in order: say so, and grouping by case needs no hashing.
        return nw.from_native(frames[0].with_columns(pl.col(first).set_sorted()))
    return nw.from_native(_merged(schema, frames))


def _whole(schema: FactSchema, part: Part) -> pl.LazyFrame:
    """The file in the columns of the schema; columns it lacks state nothing."""
    frame = pl.scan_parquet(part.path)
    if not part.lacking:
        return frame
    absent = [pl.lit(-1, dtype=schema.dtypes[name]).alias(name) for name in sorted(part.lacking)]
    return frame.with_columns(*absent).select(*schema.dtypes)


def _merged(schema: FactSchema, frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Sorted files as one sorted frame, several times faster than sorting all of it.

    Files merge by their first column (case, month). Only where one case or month stands in more
    than one file are its rows sorted anew.
    """
    first = schema.columns[0].name
    distinct = pl.concat([frame.select(first).unique() for frame in frames]).collect()[first]
    shared = distinct.filter(distinct.is_duplicated()).unique()
    if not shared.is_empty():
        here = pl.col(first).is_in(shared.implode())
        keys = schema.sort_keys()
        mixed = pl.concat([frame.filter(here) for frame in frames])
        mixed = mixed.sort(*keys[:-1], "batch_no", keys[-1])
        frames = [*(frame.filter(~here) for frame in frames), mixed]
    return reduce(lambda left, right: left.merge_sorted(right, first), frames)


def _renumbered(frame: pl.LazyFrame, part: Part, batch_no: int) -> pl.LazyFrame:
    # One leading -1 lets "not stated" pass through the same gather as every other number.
    changed = [
        pl.lit(pl.Series([-1, *numbers], dtype=pl.Int64))
        .gather(pl.col(column).cast(pl.Int64) + 1)
        .cast(frame.collect_schema()[column])
        .alias(column)
        for column, numbers in part.renumber.items()
    ]
    return frame.with_columns(*changed, pl.lit(batch_no, dtype=pl.Int32).alias("batch_no"))


def _duckdb(
    schema: FactSchema, parts: Sequence[Part], root: Path, limits: Limits
) -> nw.LazyFrame[Any]:
    if not parts:
        return _polars(schema, parts, root, limits)
    import duckdb

    spill = root / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    # The order matters: what may be opened is named before everything else is forbidden.
    for setting in (
        f"memory_limit = '{limits.memory_mb}MB'",
        f"max_temp_directory_size = '{limits.spill_mb}MB'",
        f"temp_directory = {_quoted(spill)}",
        f"threads = {limits.threads}",
        f"allowed_directories = [{_quoted(root)}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    selects = [_select(schema, part, no) for no, part in enumerate(parts)]
    return nw.from_native(connection.sql(" UNION ALL ".join(selects)))


def _select(schema: FactSchema, part: Part, batch_no: int) -> str:
    columns = [_column(part, name, _SQL[dtype]) for name, dtype in schema.dtypes.items()]
    listed = ", ".join(columns)
    # Nothing a user typed is in here: column names and integers are ours, paths are digests.
    return (
        f"SELECT {listed}, {batch_no}::INTEGER AS batch_no FROM read_parquet({_quoted(part.path)})"  # noqa: S608 - see above
    )


def _column(part: Part, name: str, sql_type: str) -> str:
    if name in part.lacking:
        return f"(-1)::{sql_type} AS {name}"
    if name in part.renumber:
        return f"list_extract({[-1, *part.renumber[name]]}, {name} + 2)::{sql_type} AS {name}"
    return name


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


_SQL: Mapping[type[pl.DataType], str] = {
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
}

ENGINES: dict[str, Scanner] = {"polars": _polars, "duckdb": _duckdb}
"""Engine name → scanner. A further engine is one entry here and one line in the parity suite."""


def choose(rows: int, engine: str | None = None) -> str:
    """The engine for a scan of so many rows; a named engine is taken as it is."""
    if engine is not None:
        return engine
    return "duckdb" if rows > DUCKDB_ABOVE_ROWS else "polars"
