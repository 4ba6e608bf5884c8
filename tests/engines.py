"""The engine parity fixture: every rule over frames runs on each engine and must answer the same.

Import the fixture into a test module: `from tests.engines import engine`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

Frames = Callable[[pl.DataFrame], nw.LazyFrame[Any]]
# SQLFrame still calls a DuckDB method by its old name; the warning is its business.
_old_name = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
ENGINES = ("polars", "duckdb", pytest.param("sqlframe", marks=_old_name))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Frames:
    """A function that lays a table down as Parquet and opens it with the engine under test."""
    name: str = request.param
    count = iter(range(1_000))

    def lazy(table: pl.DataFrame) -> nw.LazyFrame[Any]:
        path = tmp_path / f"{next(count)}.parquet"
        table.write_parquet(path)
        return open_with(name, path)

    return lazy


_connections: dict[str, duckdb.DuckDBPyConnection] = {}


def open_with(name: str, path: Path) -> nw.LazyFrame[Any]:
    """One Parquet file as the lazy frame of the named engine."""
    if name == "polars":
        return nw.from_native(pl.scan_parquet(path))
    connection = _connections.setdefault(name, duckdb.connect())
    if name == "duckdb":
        return nw.from_native(connection.read_parquet(str(path)))
    from sqlframe.duckdb import DuckDBSession

    return nw.from_native(DuckDBSession(conn=connection).read.parquet(str(path)))
