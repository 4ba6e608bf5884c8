"""Plain tables as workbooks, row by row: what large downloads and correction files are written with.

The XML is written here because the libraries are too slow for it (decision 0002): a hundred thousand
rows of fifteen cells take two seconds instead of seven to twelve, in constant memory. Nothing but
cells, a header and five formats; whatever needs more is written with XlsxWriter.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from opsloop.exchange.cell_text import fitting, looks_like_formula, sheet_name
from opsloop.exchange.table import column_letter

# What one sheet holds below its header.
ROWS: Final = 1_048_575
_HEADER, _DATETIME, _DATE, _QUOTED = 1, 2, 3, 4
_WIDTH: Final = 20
_BUFFERED, _REMEMBERED, _MEMORABLE = 20_000, 20_000, 200
# Spreadsheets count days from here; earlier ones they do not know or count wrongly.
_ORDINAL: Final = date(1899, 12, 30).toordinal()
_FIRST_DAY: Final = date(1900, 3, 1).toordinal()
_EXACT: Final = 10**15
# A text that needs neither mark nor escape: most do not.
_SIMPLE: Final = re.compile(
    r"[^\s&<>\x00-\x1f\ud800-\udfff\ufffe\uffff=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212]"
    r"[^&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]{0,8000}"
).fullmatch
# Spreadsheets read _x0041_ as A.
_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def write_rows(
    path: Path, labels: Sequence[str], rows: Iterable[Sequence[object]], *, name: str = "Sheet1"
) -> None:
    """Write a plain table with a frozen header. Numbers and dates stay numbers and dates.

    Every row has as many cells as there are labels (ValueError otherwise). Rows beyond what one
    sheet holds continue on further sheets. Numbers of more than fifteen digits and days before 1900
    are written as texts, since a spreadsheet would change them.
    """
    with _Package(path) as package:
        rest = iter(rows)
        ahead = [*islice(rest, 1)]
        while True:
            with package.sheet(name) as file:
                _Sheet(file, labels).write(islice(chain(ahead, rest), ROWS))
            ahead = [*islice(rest, 1)]
            if not ahead:
                return


class _Sheet:
    """One worksheet being written."""

    def __init__(self, file: IO[bytes], labels: Sequence[str]) -> None:
        self._file = file
        self._labels = labels
        self._starts = [f'<c r="{column_letter(at)}' for at in range(len(labels))]
        self._texts: dict[str, str] = {}

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write the header and the rows."""
        columns = f'<cols><col min="1" max="{len(self._labels)}" width="{_WIDTH}" customWidth="1"/></cols>'
        self._file.write(f"{_SHEET}{columns if self._labels else ''}<sheetData>".encode())
        header = "".join(
            f'{start}1" s="{_HEADER}"{_string(str(label))}'
            for start, label in zip(self._starts, self._labels, strict=True)
        )
        self._file.write(f'<row r="1">{header}</row>'.encode())
        self._write_rows(rows)
        self._file.write(b"</sheetData></worksheet>")

    def _write_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """The innermost loop of every download: one test of a type a cell, no call for most."""
        starts, texts, known = self._starts, self._texts, self._texts.get
        parts: list[str] = []
        for number, row in enumerate(rows, start=2):
            at = str(number)
            parts += ('<row r="', at, '">')
            for start, value in zip(starts, row, strict=True):
                kind = type(value)
                if kind is str:
                    cell = known(value)
                    if cell is None:
                        cell = _text(value)
                        if len(texts) < _REMEMBERED and len(value) < _MEMORABLE:
                            texts[value] = cell
                    parts += (start, at, cell)
                elif (kind is int or kind is float) and -_EXACT < value < _EXACT:
                    parts += (start, at, f'"><v>{value}</v></c>')
                elif value is not None:
                    parts += (start, at, _cell(value))
            parts.append("</row>")
            if len(parts) > _BUFFERED:
                self._file.write("".join(parts).encode())
                parts = []
        self._file.write("".join(parts).encode())


def escaped(text: str) -> str:
    """A text as XML, cut to what a cell holds; spreadsheets read it back as it was."""
    if _SIMPLE(text) and "_x" not in text:
        return text
    return _ESCAPED.sub("_x005F_", escape(fitting(text)))


def _string(text: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped(text)}</t></is></c>'


def _text(text: str) -> str:
    """A text as text; what looks like a formula is marked to stay one when somebody edits it."""
    if _SIMPLE(text) and "_x" not in text:
        return f'" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if not text:
        return '"/>'
    return (f'" s="{_QUOTED}"' if looks_like_formula(text) else '"') + _string(text)


def _cell(value: Any) -> str:
    """Everything but plain texts; what a spreadsheet does not hold exactly becomes a text."""
    if isinstance(value, bool):
        return f'" t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float | Decimal):
        exact = isfinite(value) and (isinstance(value, float) or -_EXACT < value < _EXACT)
        return f'"><v>{value}</v></c>' if exact else _text(str(value))
    number = day_number(value) if isinstance(value, date) else ""
    if not number:
        return _text(str(value))
    return f'" s="{_DATETIME if isinstance(value, datetime) else _DATE}"><v>{number}</v></c>'


def day_number(value: date) -> str:
    """A day or a moment as spreadsheets count it; "" for one they do not know or count wrongly."""
    if value.toordinal() < _FIRST_DAY:
        return ""
    days = value.toordinal() - _ORDINAL
    if not isinstance(value, datetime):
        return str(days)
    midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return repr(days + (value - midnight).total_seconds() / 86_400)


class _Package:
    """The file around the sheets. The same rows make the same bytes."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w", ZIP_DEFLATED)
        self._names: list[str] = []

    def __enter__(self) -> Self:
        return self

    @contextmanager
    def sheet(self, name: str) -> Iterator[IO[bytes]]:
        """The next sheet to write; a name already taken gets a number."""
        shown, copy = sheet_name(name), 2
        while shown in self._names:
            shown, copy = sheet_name(name, f" {copy}"), copy + 1
        self._names.append(shown)
        entry = _entry(f"xl/worksheets/sheet{len(self._names)}.xml")
        with self._zip.open(entry, "w", force_zip64=True) as file:
            yield file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            for name, content in _parts(self._names):
                self._zip.writestr(_entry(name), f"{_XML}{content}")
        self._zip.close()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry


_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN: Final = "http://schemas.openxmlformats.org"
_MAIN: Final = f'xmlns="{_OPEN}/spreadsheetml/2006/main"'
_LINKS: Final = f"{_OPEN}/officeDocument/2006/relationships"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET: Final = (
    f"{_XML}<worksheet {_MAIN}><sheetViews>"
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
)
_STYLES: Final = (
    f"<styleSheet {_MAIN}>"
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
    '<fgColor rgb="FFEEF2F7"/><bgColor indexed="64"/></patternFill></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '<border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/>'
    "<diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" '
    'applyBorder="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
    'quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def _parts(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts of the package beside its sheets: what there is, and where."""
    places = range(1, len(names) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for at in places
    )
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_OPEN}/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{overrides}</Types>'
        ),
    )
    yield "_rels/.rels", _links([("officeDocument", "xl/workbook.xml")])
    sheets = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{at}" r:id="rId{at}"/>'
        for at, name in zip(places, names, strict=True)
    )
    yield (
        "xl/workbook.xml",
        (f'<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>'),
    )
    pages = [("worksheet", f"worksheets/sheet{at}.xml") for at in places]
    yield "xl/_rels/workbook.xml.rels", _links([*pages, ("styles", "styles.xml")])
    yield "xl/styles.xml", _STYLES


def _links(targets: Sequence[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_OPEN}/package/2006/relationships">{links}</Relationships>'
