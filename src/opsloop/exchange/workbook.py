"""Workbooks in: xlsx and xls, every cell as the text a person would read."""

import zipfile
from pathlib import Path

import fastexcel
from defusedxml.ElementTree import fromstring

from opsloop.exchange.archive import SheetPart, check_workbook
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Grid, Limits, SheetInfo

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def read_workbook(path: Path, limits: Limits, *, packed: bool, sheet: str | None = None) -> Grid:
    """The cells of one sheet: the one named, else the first visible one that is not empty.

    `packed` says the file is a zip (xlsx) and not the older binary form (xls). Raises RefusedFile.
    """
    parts = check_workbook(path, limits) if packed else {}
    book = _opened(path)
    described = _described(path, book.sheet_names) if packed else _Described()
    infos = tuple(_info(book, name) for name in book.sheet_names)
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


class _Described:
    """What the workbook says about itself beyond its cells."""

    def __init__(self, epoch: int = 1900, paths: dict[str, str] | None = None) -> None:
        self.epoch = epoch
        self.paths = paths or {}

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


def _info(book: "fastexcel.ExcelReader", name: str) -> SheetInfo:
    head = book.load_sheet(name, header_row=None, n_rows=0)
    return SheetInfo(name, hidden=head.visible != "visible")


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


def _described(path: Path, names: list[str]) -> _Described:
    """The epoch and the part of each sheet, from the workbook's own index."""
    with zipfile.ZipFile(path) as archive:
        try:
            index = fromstring(archive.read("xl/workbook.xml"))
            relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        except KeyError:
            return _Described()
    targets = {
        relation.get("Id"): "xl/" + (relation.get("Target") or "").removeprefix("/xl/")
        for relation in relations
    }
    paths = {}
    for space, relation in ((_MAIN, _RELATION), (_STRICT, _STRICT_RELATION)):
        for entry in index.iter(f"{space}sheet"):
            paths[entry.get("name") or ""] = targets.get(entry.get(relation), "")
    properties = [*index.iter(f"{_MAIN}workbookPr"), *index.iter(f"{_STRICT}workbookPr")]
    later = any(entry.get("date1904") in {"1", "true"} for entry in properties)
    return _Described(1904 if later else 1900, {name: paths.get(name, "") for name in names})
