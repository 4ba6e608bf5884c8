"""Workbooks in: xlsx and xls, every cell as the text a person would read."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import fastexcel
from defusedxml.ElementTree import fromstring

from opsloop.exchange.archive import SheetPart, check_workbook
from opsloop.exchange.percent_cells import PercentCells
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Cells, Grid, Limits, SheetInfo, squared

# The very hidden sheet by which our own workbooks are known.
MARKS = "opsloop"


def read_workbook(path: Path, limits: Limits, *, packed: bool, sheet: str | None = None) -> Grid:
    """The cells of one sheet: the one named, else the first visible one that is not empty.

    `packed` says the file is a zip (xlsx) and not the older binary form (xls). Raises RefusedFile.
    """
    parts = check_workbook(path, limits) if packed else {}
    book = _opened(path)
    described = _described(path) if packed else _Described(1900, {}, _hidden(book))
    infos = tuple(SheetInfo(name, name in described.hidden) for name in book.sheet_names)
    loaded = _chosen(book, infos, sheet)
    if loaded.width > limits.columns:
        raise RefusedFile(
            "too_many_columns", {"columns": str(loaded.width), "limit": str(limits.columns)}
        )
    frame = loaded.to_polars()
    frame.columns = [f"c{index}" for index in range(frame.width)]
    # The cells begin at the first column used; the merged areas count from column A.
    first = loaded.selected_columns[0].absolute_index
    areas = [_shifted(area, first) for area in described.merged(parts, loaded.name)]
    return Grid(
        frame,
        merged=tuple(areas),
        sheet=loaded.name,
        sheets=infos,
        meta={"epoch": str(described.epoch)},
    )


def read_sheets(path: Path, limits: Limits, *, packed: bool) -> Iterator[Cells]:
    """Every visible sheet as it stands, a percentage written as one. Raises RefusedFile."""
    parts = check_workbook(path, limits) if packed else {}
    book = _opened(path)
    described = _described(path) if packed else _Described(1900, {}, _hidden(book))
    percent = PercentCells(path) if packed else None
    marks: tuple[tuple[str, ...], ...] = ()
    if MARKS in described.hidden:
        marks = _texts(book.load_sheet(MARKS, header_row=None, skip_rows=0, dtypes="string"))
    for name in book.sheet_names:
        if name in described.hidden:
            continue
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if not sheet.height:
            continue
        first = sheet.selected_columns[0].absolute_index
        rows = [list(row) for row in _texts(sheet)]
        if percent is not None:
            percent.write(rows, described.paths.get(name, ""), first)
        yield Cells(
            rows=tuple(map(tuple, rows)),
            merged=tuple(_shifted(area, first) for area in described.merged(parts, name)),
            sheet=name,
            marks=marks,
            meta={"epoch": str(described.epoch), "first_column": str(first)},
        )


def _texts(sheet: "fastexcel.ExcelSheet") -> tuple[tuple[str, ...], ...]:
    return squared(sheet.to_polars().rows()) if sheet.height else ()


@dataclass(frozen=True)
class _Described:
    """What the workbook says about itself beyond its cells."""

    epoch: int
    paths: Mapping[str, str]
    hidden: frozenset[str]

    def merged(self, parts: dict[str, SheetPart], name: str) -> tuple[Area, ...]:
        part = parts.get(self.paths.get(name, ""))
        return part.merged if part else ()


def _opened(path: Path) -> "fastexcel.ExcelReader":
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        reason = str(error).lower()
        code = "password_protected" if "password" in reason else "damaged_file"
        raise RefusedFile(code) from error


def _hidden(book: "fastexcel.ExcelReader") -> frozenset[str]:
    # The older form names no state outside the sheet itself; its sheets are small.
    heads = [book.load_sheet(name, header_row=None, n_rows=0) for name in book.sheet_names]
    return frozenset(head.name for head in heads if head.visible != "visible")


def _chosen(
    book: "fastexcel.ExcelReader", infos: tuple[SheetInfo, ...], wanted: str | None
) -> "fastexcel.ExcelSheet":
    if wanted is not None and wanted not in book.sheet_names:
        raise RefusedFile("unknown_sheet", {"sheet": wanted})
    names = [wanted] if wanted else [info.name for info in infos if not info.hidden]
    for name in names:
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if sheet.height:
            return sheet
    raise RefusedFile("empty_file")


def _shifted(area: Area, columns: int) -> Area:
    return Area(area.top, max(area.left - columns, 0), area.bottom, area.right - columns)


def _described(path: Path) -> _Described:
    """The epoch, the hidden sheets and the part of each sheet, from the workbook's own index."""
    with zipfile.ZipFile(path) as archive:
        index = fromstring(archive.read("xl/workbook.xml"))
        relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {
        relation.get("Id"): "xl/" + (relation.get("Target") or "").removeprefix("/xl/")
        for relation in relations
    }
    paths, hidden, epoch = {}, set(), 1900
    for entry in index.iter():
        kind = entry.tag.rpartition("}")[2]
        if kind == "workbookPr" and entry.get("date1904") in {"1", "true"}:
            epoch = 1904
        elif kind == "sheet":
            name = entry.get("name") or ""
            identity = next(
                (value for key, value in entry.attrib.items() if key.endswith("}id")), None
            )
            paths[name] = targets.get(identity, "")
            if entry.get("state", "visible") != "visible":
                hidden.add(name)
    return _Described(epoch, paths, frozenset(hidden))
