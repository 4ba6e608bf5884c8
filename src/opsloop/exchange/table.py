"""A table as it stands in a file: text columns, row numbers, and where its header was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

SOURCE_ROW = "source_row"
PREVIEW_ROWS = 30


@dataclass(frozen=True)
class Area:
    """A merged range of cells, zero-based and inclusive, in rows and columns of the grid."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class SheetInfo:
    """One sheet of a workbook."""

    name: str
    hidden: bool = False


@dataclass(frozen=True)
class Grid:
    """What a reader found before anybody looked for a header: text cells, nothing else.

    `labels` is given by formats that name their columns themselves (XES, Parquet).
    """

    frame: pl.DataFrame
    labels: tuple[str, ...] | None = None
    merged: tuple[Area, ...] = ()
    sheet: str = ""
    sheets: tuple[SheetInfo, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table with its header taken off.

    `frame` holds one text column per label, blank rows left out; `row_numbers` the row of each
    in the source file (1-based). `header_rows` are the source rows taken as header (empty: none
    was found), `preview` the first rows of the file as they are, for changing that guess. `meta`
    says how the file was read: format, encoding, delimiter, epoch of its dates.
    """

    frame: pl.DataFrame
    row_numbers: pl.Series
    header_rows: tuple[int, ...]
    preview: tuple[tuple[str | None, ...], ...]
    format: str
    sheet: str = ""
    sheets: tuple[SheetInfo, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The header labels, unique within the table."""
        return tuple(self.frame.columns)

    def source(self) -> pl.DataFrame:
        """The rows as read with their row numbers, as the fact store keeps them for lineage."""
        return self.frame.select(self.row_numbers.alias(SOURCE_ROW), pl.all())


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost. Memory grows with the file: reading copies it a few times."""

    unpacked_mb: int = 2048
    memory_mb: int = 3072
    cpu_seconds: int = 120
    wall_seconds: int = 180
    columns: int = 2000
    box_cells: int = 30_000_000
    parts: int = 5000

    def memory_for(self, size_bytes: int) -> int:
        """The memory limit in MB for a file of this size."""
        return self.memory_mb + 8 * size_bytes // 1_000_000


def column_letter(index: int) -> str:
    """The name of a column as spreadsheets write it: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
