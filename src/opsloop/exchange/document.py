"""Word documents in: their tables and the lines between them, as one sheet of cells."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import fromstring

from opsloop.exchange.archive import check_workbook
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Cells, Limits, squared

_TURNED = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# What a document says and does not show: deleted text, instructions of fields.
_UNSEEN = {"del", "delText", "instrText", "moveFrom"}


@dataclass
class _Sheet:
    rows: list[list[str]] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)


def read_document(path: Path, limits: Limits) -> Cells:
    """The body of a document: each table row a row, each line of text a row of one cell.

    Cells joined across columns or rows are merged areas. Raises RefusedFile.
    """
    check_workbook(path, limits)
    with zipfile.ZipFile(path) as archive:
        try:
            body = fromstring(archive.read("word/document.xml"))
        except SyntaxError as error:
            raise RefusedFile("damaged_file") from error
    sheet = _Sheet()
    for block in _blocks(body):
        if _name(block) == "tbl":
            _add_table(sheet, block, limits)
        else:
            sheet.rows.append([_text(block)])
    return Cells(squared(sheet.rows), merged=tuple(sheet.merged))


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _blocks(element: Any) -> Iterator[Any]:
    """Tables and paragraphs in order, those inside content controls too."""
    for child in element:
        if _name(child) in {"tbl", "p"}:
            yield child
        elif _name(child) in {"body", "sdt", "sdtContent"}:
            yield from _blocks(child)


def _rows(element: Any, kind: str) -> Iterator[Any]:
    for child in element:
        if _name(child) == kind:
            yield child
        elif _name(child) in {"sdt", "sdtContent", "ins", "customXml"}:
            yield from _rows(child, kind)


def _add_table(sheet: _Sheet, table: Any, limits: Limits) -> None:
    open_above: dict[int, Area] = {}
    for row in _rows(table, "tr"):
        cells: list[str] = []
        going: dict[int, Area] = {}
        for cell in _rows(row, "tc"):
            span, joined = _joined(cell)
            left, top = len(cells), len(sheet.rows)
            if left + span > limits.columns:
                params = {"columns": str(left + span), "limit": str(limits.columns)}
                raise RefusedFile("too_many_columns", params)
            above = open_above.get(left) if joined == "continue" else None
            area = Area(above.top if above else top, left, top, left + span - 1)
            cells += ["" if above else _text(cell)] + [""] * (span - 1)
            if joined:
                going[left] = area
            elif span > 1:
                sheet.merged.append(area)
        sheet.merged += _ended(open_above, going)
        open_above = going
        sheet.rows.append(cells)
    sheet.merged += _ended(open_above, {})


def _ended(before: dict[int, Area], now: dict[int, Area]) -> list[Area]:
    """The joined areas that the next row does not carry on."""
    return [
        area
        for left, area in before.items()
        if (left not in now or now[left].top != area.top)
        and (area.bottom > area.top or area.right > area.left)
    ]


def _joined(cell: Any) -> tuple[int, str]:
    """How many columns a cell takes, and whether it is joined with rows: restart, continue or ""."""
    span, joined = 1, ""
    for properties in _rows(cell, "tcPr"):
        for mark in properties:
            value = next((v for k, v in mark.attrib.items() if k.endswith("}val")), "")
            if _name(mark) == "gridSpan" and value.isdecimal():
                span = max(int(value[:6]), 1)
            elif _name(mark) == "vMerge":
                joined = value or "continue"
    return span, joined


def _text(element: Any) -> str:
    lines = ["".join(_pieces(line)) for line in element.iter() if _name(line) == "p"]
    return "\n".join(lines).strip("\n")


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _TURNED:
            yield _TURNED[name]
        elif name not in _UNSEEN and name != "p":
            yield from _pieces(child)
