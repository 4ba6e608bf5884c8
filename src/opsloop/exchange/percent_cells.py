"""Which numbers of a workbook are shown as percentages: 0.3 formatted as 30 % means 30 %."""

import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from defusedxml.ElementTree import fromstring

from opsloop.exchange.table import cell_place

_CELL = re.compile(rb"<c ([^>]*)>")
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3}\d{1,7})\"")
_STYLE = re.compile(rb"\bs=\"(\d{1,6})\"")
# The formats every spreadsheet knows without saying: 0% and 0.00%.
_BUILT_IN = {"9", "10"}
_LITERAL = re.compile(r"\"[^\"]*\"|\\.")


class PercentCells:
    """The percentage styles of one workbook that has passed the look at its zip."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            known = "xl/styles.xml" in archive.namelist()
            self._styles = _percent_styles(archive.read("xl/styles.xml")) if known else set()

    def write(self, rows: list[list[str]], part: str, first_column: int) -> None:
        """Turn the numbers of one sheet that are shown as percentages into texts such as 30%."""
        for row, column in self._places(part):
            at = column - first_column
            if row < len(rows) and 0 <= at < len(rows[row]):
                rows[row][at] = _as_percent(rows[row][at])

    def _places(self, part: str) -> Iterator[tuple[int, int]]:
        if not self._styles:
            return
        with zipfile.ZipFile(self._path) as archive:
            text = archive.read(part)
        for cell in _CELL.finditer(text):
            style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
            if style and place and int(style[1]) in self._styles:
                yield cell_place(place[1].decode())


def _percent_styles(text: bytes) -> set[int]:
    """The numbers of the cell styles whose number format shows a percentage."""
    styles = fromstring(text)
    percent = set(_BUILT_IN)
    for entry in styles.iter():
        if entry.tag.endswith("}numFmt") and "%" in _LITERAL.sub("", entry.get("formatCode") or ""):
            percent.add(entry.get("numFmtId") or "")
    for group in styles.iter():
        if group.tag.endswith("}cellXfs"):
            return {at for at, style in enumerate(group) if style.get("numFmtId") in percent}
    return set()


def _as_percent(text: str) -> str:
    try:
        return f"{Decimal(text).scaleb(2).normalize():f}%"
    except InvalidOperation:
        return text
