"""A table as it stands in a file: text columns, row numbers, and where its header was found."""

from collections.abc import Iterable, Mapping, Sequence
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
class Cells:
    """One sheet as it stands, every cell a text, blank ones empty; nothing taken for a header.

    `rows` all have one width; the first is row 1 of the file. A merged area holds its text in its
    first cell only. `marks` is the content of the sheet in which our own workbooks say what they
    are. `meta` says how the file was read.
    """

    rows: tuple[tuple[str, ...], ...]
    merged: tuple[Area, ...] = ()
    sheet: str = ""
    marks: tuple[tuple[str, ...], ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)

    def filled(self) -> tuple[tuple[str, ...], ...]:
        """The rows with the text of each merged area in all of its cells."""
        rows = [list(row) for row in self.rows]
        for area in self.merged:
            for row in rows[area.top : area.bottom + 1]:
                width = len(row[area.left : area.right + 1])
                row[area.left : area.right + 1] = [self.rows[area.top][area.left]] * width
        return tuple(map(tuple, rows))


def squared(rows: Iterable[Sequence[str | None]]) -> tuple[tuple[str, ...], ...]:
    """Rows brought to the width of the widest, None as an empty text."""
    texts = [tuple(cell or "" for cell in row) for row in rows]
    width = max(map(len, texts), default=0)
    return tuple(row + ("",) * (width - len(row)) for row in texts)


@dataclass(frozen=True)
class Table:
    """A table with its header taken off.

    `frame` holds one text column per label, blank rows left out; `row_numbers` the row of each
    in the source file (1-based). `header_rows` are the source rows taken as header (empty: none
    was found), `preview` the first rows of the file as they are, for changing that guess, and
    `candidates` the header rows of every table found among them. `meta` says how the file was read:
    format, encoding, delimiter, epoch of its dates.
    """

    frame: pl.DataFrame
    row_numbers: pl.Series
    header_rows: tuple[int, ...]
    preview: tuple[tuple[str | None, ...], ...]
    format: str
    sheet: str = ""
    sheets: tuple[SheetInfo, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    candidates: tuple[tuple[int, ...], ...] = ()

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


def column_index(letters: str) -> int:
    """The place of a column by its name: A → 0, AA → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def cell_place(name: str) -> tuple[int, int]:
    """Row and column of a cell, zero-based: B3 → (2, 1)."""
    letters = name.rstrip("0123456789")
    return int(name[len(letters) :]) - 1, column_index(letters)
