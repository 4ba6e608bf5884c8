"""The look at a zip before anything opens it: parts, real sizes, definitions, farthest cells.

Spreadsheet readers reserve the whole rectangle up to the farthest cell, so a workbook of 1.8 KB
with one cell in the last column and row would ask for half a terabyte. Everything here streams.
"""

import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Limits, column_index, column_letter

_CHUNK = 1 << 20
_OVERLAP = 64
_RATIO, _RATIO_ABOVE = 150, 50_000_000
# Each begins with fixed bytes: so the search runs at the speed of memory.
_ROW = re.compile(rb"<row [^>]*?r=\"(\d{1,9})\"")
_WIDE = re.compile(rb"r=\"([A-Z]{2,3})(\d{1,9})\"")
_MERGED = re.compile(rb"<mergeCell [^>]*?ref=\"([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)\"")
_DEFINITION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class SheetPart:
    """What the look into one sheet found: its last row and column and its merged areas."""

    rows: int
    columns: int
    merged: tuple[Area, ...]


def check_workbook(path: Path, limits: Limits) -> dict[str, SheetPart]:
    """Look through a workbook's zip; returns its sheet parts by name. Raises RefusedFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise RefusedFile("damaged_file") from error


def _checked(archive: zipfile.ZipFile, limits: Limits) -> dict[str, SheetPart]:
    entries = archive.infolist()
    if len(entries) > limits.parts:
        raise RefusedFile("too_many_parts", {"parts": str(len(entries))})
    sheets: dict[str, SheetPart] = {}
    total = 0
    for entry in entries:
        _check_entry(entry)
        if not entry.filename.endswith((".xml", ".rels", ".vml")):
            continue
        scan = _PartScan(entry, limits.unpacked_mb * 1_000_000 - total, limits.unpacked_mb)
        with archive.open(entry) as part:
            scan.read(part)
        total += scan.size
        if entry.filename.startswith("xl/worksheets/"):
            sheets[entry.filename] = scan.sheet(limits)
    return sheets


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise RefusedFile("password_protected")
    name = entry.filename.replace("\\", "/")
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    if linked or name.startswith("/") or ".." in name.split("/"):
        raise RefusedFile("unsafe_name")


class _PartScan:
    """One XML part read in pieces, each seen together with the tail of the one before."""

    def __init__(self, entry: zipfile.ZipInfo, room: int, limit_mb: int) -> None:
        self.entry, self.room, self.limit_mb = entry, room, limit_mb
        self.size = 0
        self.rows = 0
        self.widest = b""
        self.merged: list[Area] = []

    def read(self, part: IO[bytes]) -> None:
        tail = b""
        sheet = self.entry.filename.startswith("xl/worksheets/")
        while chunk := part.read(_CHUNK):
            self.size += len(chunk)
            packed = max(self.entry.compress_size, 1)
            swollen = self.size > _RATIO_ABOVE and self.size > _RATIO * packed
            if self.size > self.room or swollen:
                raise RefusedFile("too_large", {"limit": str(self.limit_mb)})
            piece = tail + chunk
            if (b"<!" in piece and _DEFINITION.search(piece)) or b"\0" in chunk:
                raise RefusedFile("unsafe_part")
            if sheet:
                self._look(piece)
            tail = piece[-_OVERLAP:]

    def _look(self, piece: bytes) -> None:
        self.rows = max(self.rows, *map(int, _ROW.findall(piece)), 0)
        for letters, row in _WIDE.findall(piece):
            self.rows = max(self.rows, int(row))
            if (len(letters), letters) > (len(self.widest), self.widest):
                self.widest = letters
        self.merged += [
            Area(
                int(top) - 1,
                column_index(left.decode()),
                int(bottom) - 1,
                column_index(right.decode()),
            )
            for left, top, right, bottom in _MERGED.findall(piece)
        ]

    def sheet(self, limits: Limits) -> SheetPart:
        # Up to 26 columns are never worth refusing: the farthest of them is not searched for.
        columns = max(column_index(self.widest.decode()) + 1 if self.widest else 1, 26)
        if self.rows * columns > limits.box_cells:
            name = Path(self.entry.filename).stem
            cell = f"{column_letter(columns - 1)}{self.rows}"
            raise RefusedFile("too_many_cells", {"sheet": name, "cell": cell})
        return SheetPart(self.rows, columns, tuple(dict.fromkeys(self.merged)))
