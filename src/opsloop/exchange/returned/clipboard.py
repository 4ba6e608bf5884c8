"""What Excel and WPS put on the clipboard: an HTML table with merged cells, and the same as text.

The HTML is only parsed, never shown: of a page there remain the texts of its first table's cells.
"""

import csv
import io
from collections.abc import Sequence
from html.parser import HTMLParser

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Cells, Limits, squared

# A pasted table of this many characters is a file; the parser's time may grow with their square.
_LONGEST_HTML = 5_000_000
_HIDDEN = ("script", "style", "xml", "head", "title", "noscript", "template", "svg")
_NEW_LINES = frozenset({"br", "p", "div", "li"})


def clipboard(html: str, text: str = "", *, limits: Limits | None = None) -> Cells:
    """The cells on a clipboard: merged areas from the HTML, texts from the text where they agree.

    Without a table in the HTML the text is read alone. Raises RefusedFile (too_many_columns).
    """
    limits = limits or Limits()
    alone = pasted(text, limits=limits)
    table = _table_of(html, limits)
    if not table.rows:
        return alone
    return Cells(_agreed(table, alone), merged=table.merged)


def pasted(text: str, *, limits: Limits | None = None) -> Cells:
    """Tab-separated cells as spreadsheets copy them, or lines of CSV when there is no tab."""
    limits = limits or Limits()
    body = text.replace("\0", "").lstrip("\ufeff").rstrip("\r\n")
    delimiter = "\t" if "\t" in body else ","
    strict = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = squared(strict)
    except csv.Error:
        # A quote that is never closed is a text with a quote.
        rows = squared(line.split(delimiter) for line in body.splitlines())
    _check_width(max(map(len, rows), default=0), limits)
    return Cells(rows)


def _agreed(table: Cells, alone: Cells) -> tuple[tuple[str, ...], ...]:
    """The texts of the table; where text and HTML differ in blanks only, as in the text.

    HTML folds blanks and line ends; the text keeps them.
    """
    if len(alone.rows) != len(table.rows):
        return table.rows
    return tuple(
        tuple(
            exact if "".join(exact.split()) == "".join(shown.split()) else shown
            for shown, exact in zip(row, (*other, *row[len(other) :]), strict=False)
        )
        for row, other in zip(table.rows, alone.rows, strict=True)
    )


def _check_width(width: int, limits: Limits) -> None:
    if width > limits.columns:
        params = {"columns": str(width), "limit": str(limits.columns)}
        raise RefusedFile("too_many_columns", params)


def _table_of(html: str, limits: Limits) -> Cells:
    if len(html) > _LONGEST_HTML or "<table" not in html.lower():
        return Cells(())
    parser = _TableParser(limits)
    parser.feed(_without_comments(html))
    parser.close()
    return parser.cells()


def _without_comments(html: str) -> str:
    """The HTML without comments and declarations, which the parser would search again and again."""
    kept, at = [], 0
    while True:
        start = html.find("<!", at)
        if start < 0:
            kept.append(html[at:])
            break
        kept.append(html[at:start])
        mark = "-->" if html.startswith("<!--", start) else ">"
        end = html.find(mark, start)
        if end < 0:
            break
        at = end + len(mark)
    text = "".join(kept).replace("<?", "&lt;?")
    # A tag that is never closed is none.
    unclosed = text.find("<", text.rfind(">") + 1)
    return text if unclosed < 0 else text[:unclosed]


class _TableParser(HTMLParser):
    """Collects the cells of the first table; tables inside a cell are part of its text."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self._limits = limits
        self._rows: list[dict[int, str]] = []
        self._areas: list[Area] = []
        # Columns that a cell above still covers, and the row it covers them to.
        self._covered: dict[int, int] = {}
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._depth = 0
        self._hidden = ""
        self._done = False

    def cells(self) -> Cells:
        self._end_cell()
        width = max((max(row, default=-1) + 1 for row in self._rows), default=0)
        rows = tuple(tuple(row.get(at, "") for at in range(width)) for row in self._rows)
        last = len(rows) - 1
        merged = tuple(
            Area(area.top, area.left, min(area.bottom, last), min(area.right, width - 1))
            for area in self._areas
        )
        return Cells(rows, merged=merged)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or self._done:
            return
        if tag in _HIDDEN and self._depth:
            self._hidden = tag
        elif tag == "table":
            self._depth += 1
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self._rows.append({})
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
            given = dict(attrs)
            self._span = (_count(given.get("rowspan")), _count(given.get("colspan")))
            self._cell = []
        elif self._cell is not None and tag in _NEW_LINES:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden = "" if tag == self._hidden else self._hidden
        elif tag == "table" and self._depth:
            self._depth -= 1
            if not self._depth:
                self._end_cell()
                self._done = True
        elif self._depth == 1 and tag in {"td", "th", "tr"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            # A line end in the source is a blank; only <br> and blocks begin a line.
            self._cell.append(" ".join(f"|{data}|".split())[1:-1])

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text, self._cell = _lines(self._cell), None
        if not self._rows:
            self._rows.append({})
        top, row = len(self._rows) - 1, self._rows[-1]
        left = next(at for at in range(len(row) + len(self._covered) + 1) if self._free(at, top))
        bottom, right = top + self._span[0] - 1, left + self._span[1] - 1
        _check_width(right + 1, self._limits)
        row.update(dict.fromkeys(range(left, right + 1), ""))
        row[left] = text
        if bottom > top:
            self._covered.update((at, bottom) for at in range(left, right + 1))
        if (top, left) != (bottom, right):
            self._areas.append(Area(top, left, bottom, right))

    def _free(self, at: int, top: int) -> bool:
        return at not in self._rows[top] and self._covered.get(at, -1) < top


def _count(text: str | None) -> int:
    """A span as written; what is no sensible number is one cell."""
    digits = (text or "").strip()[:5]
    return max(int(digits), 1) if digits.isdecimal() else 1


def _lines(pieces: Sequence[str]) -> str:
    return "\n".join(line.strip() for line in "".join(pieces).split("\n")).strip()
