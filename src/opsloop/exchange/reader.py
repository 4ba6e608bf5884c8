"""One file into one table, by its content and not by its name; runs inside the sandbox."""

import gzip
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import polars as pl

from opsloop.exchange.blocks import find_headings
from opsloop.exchange.delimited import read_delimited, read_uneven
from opsloop.exchange.document import read_document
from opsloop.exchange.header import Header, distinct_labels, find_header, label_rows
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import PREVIEW_ROWS, SOURCE_ROW, Cells, Grid, Limits
from opsloop.exchange.workbook import read_sheets, read_workbook
from opsloop.exchange.xes import read_xes

_CHUNK = 1 << 20
_RATIO, _RATIO_ABOVE = 200, 64_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_into(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Read the file of a request, write `table.arrow` into the folder, return what describes it.

    Raises RefusedFile.
    """
    limits = Limits(**request["limits"])
    path = _unzipped(Path(request["path"]), folder, limits)
    kind = format_of(path)
    grid = _read(path, kind, folder, limits, request)
    header = _header(grid, request["header_rows"])
    frame = _body(grid, header)
    if not frame.height:
        raise RefusedFile("no_rows")
    frame.write_ipc(folder / "table.arrow", compression="uncompressed")
    return {
        "format": kind,
        "sheet": grid.sheet,
        "sheets": [[info.name, info.hidden] for info in grid.sheets],
        "header_rows": [row + 1 for row in header.rows],
        "candidates": _candidates(grid),
        "preview": grid.frame.head(PREVIEW_ROWS).rows(),
        "meta": dict(grid.meta),
    }


def cells_into(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Read the sheets of a form as they stand, write each into the folder, return what they are.

    Raises RefusedFile.
    """
    limits = Limits(**request["limits"])
    path = _unzipped(Path(request["path"]), folder, limits)
    kind = format_of(path)
    sheets = [cells for cells in _sheets(path, kind, folder, limits) if any(map(any, cells.rows))]
    if not sheets:
        raise RefusedFile("empty_file")
    described = []
    for number, cells in enumerate(sheets):
        columns = {f"c{at}": column for at, column in enumerate(zip(*cells.rows, strict=True))}
        if len(columns) > limits.columns:
            params = {"columns": str(len(columns)), "limit": str(limits.columns)}
            raise RefusedFile("too_many_columns", params)
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        frame.write_ipc(folder / f"sheet{number}.arrow", compression="uncompressed")
        described.append(
            {
                "file": f"sheet{number}.arrow",
                "name": cells.sheet,
                "merged": [astuple(area) for area in cells.merged],
                "meta": dict(cells.meta),
            }
        )
    return {"format": kind, "sheets": described, "marks": sheets[0].marks}


def _sheets(path: Path, kind: str, folder: Path, limits: Limits) -> Iterable[Cells]:
    if kind in {"xlsx", "xls"}:
        return read_sheets(path, limits, packed=kind == "xlsx")
    if kind == "docx":
        return (read_document(path, limits),)
    if kind == "csv":
        return (read_uneven(path, folder),)
    raise RefusedFile("unknown_format")


def format_of(path: Path) -> str:
    """xlsx, xls, docx, xes, parquet or csv, told by the first bytes. Raises RefusedFile."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise RefusedFile("empty_file")
    if head.startswith(b"PK"):
        return _zip_format(path)
    if head.startswith(_OLE):
        return _ole_format(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<"):
        if b"<log" in start or start.startswith((b"<?xml", b"<!doctype xes")):
            return "xes"
        raise RefusedFile("unknown_format")
    if start.startswith((b"%pdf", b"{\\rtf", b"\x89png", b"rar!", b"7z\xbc\xaf")):
        raise RefusedFile("unknown_format")
    return "csv"


def _zip_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise RefusedFile("damaged_file") from error
    for part, kind in (("xl/workbook.xml", "xlsx"), ("word/document.xml", "docx")):
        if part in names:
            return kind
    raise RefusedFile("unknown_format")


def _ole_format(path: Path) -> str:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise RefusedFile("password_protected")
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise RefusedFile("unknown_format")
    return "xls"


def _unzipped(path: Path, folder: Path, limits: Limits) -> Path:
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path
    target = folder / "unzipped"
    packed, size = path.stat().st_size, 0
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                swollen = size > _RATIO_ABOVE and size > _RATIO * packed
                if size > limits.unpacked_mb * 1_000_000 or swollen:
                    raise RefusedFile("too_large", {"limit": str(limits.unpacked_mb)})
                out.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RefusedFile("damaged_file") from error
    return target


def _read(path: Path, kind: str, folder: Path, limits: Limits, request: dict[str, Any]) -> Grid:
    if kind in {"xlsx", "xls"}:
        return read_workbook(path, limits, packed=kind == "xlsx", sheet=request["sheet"])
    if kind == "xes":
        return read_xes(path)
    if kind == "parquet":
        return _parquet(path, limits)
    if kind == "docx":
        raise RefusedFile("unknown_format")
    return read_delimited(
        path, folder, limits, encoding=request["encoding"], delimiter=request["delimiter"]
    )


def _parquet(path: Path, limits: Limits) -> Grid:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusedFile("damaged_file") from error
    if frame.width > limits.columns:
        params = {"columns": str(frame.width), "limit": str(limits.columns)}
        raise RefusedFile("too_many_columns", params)
    labels = tuple(frame.columns)
    texts = [
        column.cast(pl.String, strict=False).alias(f"c{at}") for at, column in enumerate(frame)
    ]
    return Grid(pl.DataFrame(texts), labels=labels)


def _header(grid: Grid, asked: list[int] | None) -> Header:
    if grid.labels is not None:
        return Header((), distinct_labels(grid.labels))
    rows = grid.frame.head(PREVIEW_ROWS).rows()
    if asked is None:
        return find_header(rows, grid.merged)
    return label_rows(rows, [row - 1 for row in asked if row <= len(rows)], grid.merged)


def _candidates(grid: Grid) -> list[list[int]]:
    """The header rows of every table among the first rows, by their numbers in the file."""
    if grid.labels is not None:
        return []
    tables = find_headings(grid.frame.head(PREVIEW_ROWS).rows(), grid.merged)
    return [[row + 1 for row in table.rows] for table in tables if table.rows]


def _body(grid: Grid, header: Header) -> pl.DataFrame:
    """The rows below the header with their numbers in the file; blank rows left out."""
    frame = grid.frame.rename(dict(zip(grid.frame.columns, header.labels, strict=True)))
    first = header.rows[-1] + 1 if header.rows else 0
    body = frame.with_row_index(SOURCE_ROW, offset=1).slice(first)
    said = pl.any_horizontal(pl.col(label).is_not_null() for label in header.labels)
    return body.filter(said).with_columns(pl.col(SOURCE_ROW).cast(pl.Int64))
