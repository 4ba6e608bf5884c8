"""The printed page before it becomes a file: title, blocks of the title, columns, widths, numbers."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

from opsloop.exchange.columns import Column, FilledSheet, SheetRow
from opsloop.exchange.printing.formulas import total, value_of
from opsloop.exchange.printing.shown import align, shown
from opsloop.exchange.printing.texts import Layout, PrintTexts

# A4 on its side without its margins, in millimetres; half a Chinese character of ten points.
WIDTH: Final = 267.0
CHARACTER: Final = 1.77
# Of a row that would be higher than a page.
MOST_LINES: Final = 26
_NARROWEST, _WIDEST, _PROSE, _FIELD = 10.0, 56.0, 26.0, 34.0
# Signs a cell's margins take; signs of a heading that is never broken.
_MARGIN, _SHORT = 1.6, 8
# How much wider than the page a form may be before texts, then headings, are broken more often.
_CROWDED, _OVERFULL = 1.25, 1.55
_SAMPLE: Final = 200


@dataclass(frozen=True)
class Field:
    """One field of the title block, from column `first` to column `last` of the table below."""

    column: Column
    heading: str
    value: Any
    first: int
    last: int


@dataclass(frozen=True)
class Paper:
    """One form laid out: what stands where, whatever writes it.

    `widths` are in millimetres at ten points, at least `WIDTH` in all; a wider form is printed
    smaller (`scale`).
    """

    title: str
    blocks: tuple[tuple[Field, ...], ...]
    columns: tuple[Column, ...]
    headings: tuple[str, ...]
    widths: tuple[float, ...]
    unit_note: str
    signatures: tuple[str, ...]

    @property
    def scale(self) -> float:
        """How much smaller than designed the form must be printed to fit the page."""
        return min(1.0, WIDTH / sum(self.widths)) if self.widths else 1.0


@dataclass(frozen=True)
class Line:
    """One row of the table: its `number` in print (“1.”, “2.1.”, or empty) and depth in the tree."""

    row: SheetRow
    number: str
    depth: int


def laid_out(filled: FilledSheet, texts: PrintTexts, layout: Layout) -> Paper:
    """Lay a form out in the company's layout or with every column."""
    sheet, company = filled.sheet, layout == "company"
    columns = sheet.printed_columns if company else sheet.columns
    header = sheet.printed_header if company else sheet.header
    widths = _widths(columns, filled, texts)
    roles = tuple(str(role) for role in sheet.signatures) or texts.signatures
    return Paper(
        title=filled.titled(texts.title(sheet)),
        blocks=_blocks(header, filled.header, widths, texts),
        columns=columns,
        headings=tuple(heading(column, texts) for column in columns),
        widths=widths,
        unit_note=str(sheet.unit_note),
        signatures=texts.signature_line(roles),
    )


def heading(column: Column, texts: PrintTexts) -> str:
    """The heading of a column: as the company prints it, else its label with the unit."""
    if texts.company_words and column.printed:
        return column.printed
    label, unit = str(column.label), str(column.unit)
    return f"{label}({unit})" if unit and unit not in label else label


def lines(filled: FilledSheet) -> Iterator[Line]:
    """The rows with their numbers: 1., 2. …, below a parent 2.1., 2.2. …"""
    places: dict[str, tuple[int, ...]] = {}
    counts: dict[tuple[int, ...], int] = {}
    for row in filled.rows:
        above = places.get(row.parent, ()) if row.parent and filled.sheet.is_tree else ()
        counts[above] = counts.get(above, 0) + 1
        place = (*above, counts[above])
        if row.id:
            places[row.id] = place
        number = ".".join(map(str, place)) + "." if filled.sheet.numbering else ""
        yield Line(row, number, len(place) - 1)


def text_width(line: str) -> int:
    """The width of a line in half-width characters; a Chinese character counts twice."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in line)


def lines_needed(text: str, width: float) -> int:
    """How many lines a text takes in a cell so many millimetres wide, at most MOST_LINES."""
    # A cell has margins, and a line breaks before a sign that does not fit whole.
    fitting = max(int(width / CHARACTER) - 2, 2)
    parts = text[: fitting * MOST_LINES].split("\n")
    return min(sum(max(1, -(-text_width(part) // fitting)) for part in parts), MOST_LINES)


def _widths(columns: Sequence[Column], filled: FilledSheet, texts: PrintTexts) -> tuple[float, ...]:
    """Millimetres a column, together at least the width of the page.

    No column is narrower than what cannot be broken in it. In a form of many columns the texts give
    way before everything is printed too small to read.
    """
    contents = [_content(column, filled, texts) for column in columns]
    least = _narrowest(columns, contents, texts, one_line=_SHORT)
    if sum(least) > WIDTH * _OVERFULL:
        least = _narrowest(columns, contents, texts, one_line=0)
    wanted = [
        max(float(column.print_width) or min(content, _WIDEST), narrowest)
        for column, content, narrowest in zip(columns, contents, least, strict=True)
    ]
    spare = sum(wanted) - sum(least)
    over = min(sum(wanted) - WIDTH * _CROWDED, spare)
    share = over / spare if over > 0 else 0.0
    widths = [width - (width - low) * share for width, low in zip(wanted, least, strict=True)]
    scale = max(1.0, WIDTH / sum(widths)) if widths else 1.0
    return tuple(width * scale for width in widths)


def _content(column: Column, filled: FilledSheet, texts: PrintTexts) -> float:
    """Millimetres of the heading in two lines, the widest of the first values, the bold total."""
    bold = text_width(shown(column, total(column, filled), texts)) * 1.1
    widest = max(_heading_width(column, texts, _SHORT), bold)
    for row in filled.rows[:_SAMPLE]:
        widest = max(widest, text_width(shown(column, value_of(column, row), texts)[:80]))
    return max((widest + _MARGIN) * CHARACTER, _NARROWEST)


def _narrowest(
    columns: Sequence[Column], contents: Sequence[float], texts: PrintTexts, *, one_line: int
) -> list[float]:
    """Millimetres each column cannot do without: its heading, a number or a date in one line."""
    least = []
    for column, content in zip(columns, contents, strict=True):
        width = (_heading_width(column, texts, one_line) + _MARGIN) * CHARACTER
        if column.type == "long_text":
            width = max(width, _PROSE)
        elif column.type in {"date", "datetime"} or align(column) == "right":
            width = max(width, content)
        least.append(max(width, _NARROWEST))
    return least


def _heading_width(column: Column, texts: PrintTexts, one_line: int) -> int:
    """The width of a heading in two lines; up to a length it stands in one."""
    width = text_width(heading(column, texts))
    return width if width <= one_line else max((width + 1) // 2, one_line)


def _blocks(
    header: Sequence[Column],
    values: Mapping[str, Any],
    widths: Sequence[float],
    texts: PrintTexts,
) -> tuple[tuple[Field, ...], ...]:
    """The title block: as few lines of fields as fit, each field over whole columns of the table."""
    if not header or not widths:
        return ()
    most = max(1, min(len(header), len(widths), int(WIDTH // _FIELD)))
    each = -(-len(header) // -(-len(header) // most))
    blocks = []
    for start in range(0, len(header), each):
        fields = header[start : start + each]
        places = spans(len(fields), widths)
        blocks.append(
            tuple(
                Field(column, heading(column, texts), values.get(column.key), *span)
                for column, span in zip(fields, places, strict=True)
            )
        )
    return tuple(blocks)


def spans(fields: int, widths: Sequence[float]) -> list[tuple[int, int]]:
    """Cut the columns into as many groups as there are fields, about equally wide."""
    edges = [0.0, *accumulate(widths)]
    cuts = [0]
    for place in range(1, fields):
        target = edges[-1] * place / fields
        possible = range(cuts[-1] + 1, len(widths) - (fields - place) + 1)
        cuts.append(min(possible, key=lambda edge: abs(edges[edge] - target)))
    cuts.append(len(widths))
    return [(first, after - 1) for first, after in pairwise(cuts)]
