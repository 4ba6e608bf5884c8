"""Several tables on one sheet: where each begins, and which of its rows head columns.

A sheet people keep is often a stack: a title across the whole width, facts as label and value side
by side, a table, another title, another table. Each part is judged by itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from opsloop.exchange.header import Row, find_header, kind_of
from opsloop.exchange.table import Area
from opsloop.exchange.turned import is_turned, sums

_YEAR = re.compile(r"(?:19|20)\d\d")
# Labels of facts side by side are nearly all labels, nearly all different.
_LABELS, _DISTINCT = 0.8, 0.9
# Of several values below one heading at least half are alike; facts side by side differ.
_ALIKE = 0.5


@dataclass(frozen=True)
class Headings:
    """The rows that head the columns of one table, and the titles across it; zero-based.

    A table that stands on its side has no such rows, at most cells (row, column) over its sums.
    """

    rows: tuple[int, ...]
    titles: tuple[int, ...] = ()
    sums: tuple[tuple[int, int], ...] = ()


def find_headings(rows: Sequence[Row], merged: Sequence[Area] = ()) -> tuple[Headings, ...]:
    """The headings of every table on a sheet, from the top; facts side by side have none."""
    width = max(map(len, rows), default=0)
    across = [at for at, row in enumerate(rows) if _is_title(row, at, width, merged)]
    found: list[Headings] = []
    titles: tuple[int, ...] = ()
    for title, end in pairwise([-1, *across, len(rows)]):
        titles += (title,) if title >= 0 else ()
        if title + 1 == end < len(rows):
            # Another title follows at once: both stand above the same table.
            continue
        tables = list(_tables(rows, title + 1, end, merged))
        if tables or titles:
            first, *others = tables or [Headings(())]
            found += [replace(first, titles=titles), *others]
            titles = ()
    return tuple(found)


def _is_title(row: Row, at: int, width: int, merged: Sequence[Area]) -> bool:
    """Whether a row is one label across the whole width."""
    across = any(
        area.top == at == area.bottom and area.left == 0 and area.right >= width - 1 > 0
        for area in merged
    )
    return across and kind_of(row[0]) == "label"


def _tables(
    rows: Sequence[Row], start: int, end: int, merged: Sequence[Area]
) -> Iterator[Headings]:
    """The headings of each table between two titles."""
    for first, last in _parts(rows, start, end):
        part = rows[first:last]
        if not part or _are_facts(part):
            continue
        if is_turned(part):
            if cells := sums(part[0]):
                yield Headings((), sums=tuple((first, at) for at in cells))
            continue
        inside = [
            Area(area.top - first, area.left, area.bottom - first, area.right)
            for area in merged
            if first <= area.top and area.bottom < last
        ]
        header = find_header(part, inside)
        if header.rows:
            yield Headings(tuple(first + at for at in header.rows))


def _parts(rows: Sequence[Row], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a block where labels stand between data: there another table begins."""
    first = start
    for at in range(start + 2, end - 1):
        if _is_cut(rows[at - 1], rows[at], rows[at + 1]):
            yield first, at
            first = at
    yield first, end


def _is_cut(above: Row, row: Row, below: Row) -> bool:
    places = [at for at, cell in enumerate(row) if kind_of(cell)]
    labels = all(kind_of(row[at]) == "label" and not _has_digit(row[at]) for at in places)
    if len(places) < 2 or len(places) * 2 < len(row) or not labels:
        return False
    return all(
        sum(1 for at in places if _has_digit(other[at])) * 2 >= len(places)
        for other in (above, below)
    )


def _are_facts(rows: Sequence[Row]) -> bool:
    """Whether rows say label, value, label, value … and so head no columns."""
    width = len(rows[0])
    if width % 2:
        return False
    kinds = [[kind_of(cell) for cell in row] for row in rows]
    labels = [kind for row in kinds for kind in row[::2] if kind]
    values = [kind for row in kinds for kind in row[1::2] if kind]
    words = [cell for row in rows for cell in row[::2] if cell]
    if not values or labels.count("label") < _LABELS * max(len(labels), 1):
        return False
    if len(set(words)) < _DISTINCT * len(words):
        return False
    first = zip(kinds[0][1::2], rows[0][1::2], strict=True)
    return any(map(_states, *zip(*first, strict=True))) or _likeness(rows) < _ALIKE


def _states(kind: str, cell: str | None) -> bool:
    """Whether a cell states something: a heading may be a year or a day, but no amount."""
    stated = kind in {"number", "label"} and _has_digit(cell) and not _YEAR.search(cell or "")
    return kind == "prose" or stated


def _likeness(rows: Sequence[Row]) -> float:
    """How alike the values below each other are: the mean share of the commonest look."""
    shares = []
    for place in range(1, len(rows[0]), 2):
        looks = [_look(row[place]) for row in rows[1:] if kind_of(row[place])]
        if len(looks) > 1:
            shares.append(max(map(looks.count, looks)) / len(looks))
    return sum(shares) / len(shares) if shares else 1.0


def _look(cell: str | None) -> tuple[str, bool, int]:
    """What a cell looks like from afar: kind, digits, and its length to a power of two."""
    text = (cell or "").strip()
    kind = kind_of(text)
    size = min(len(text).bit_length(), 6) if kind in {"label", "prose"} else 0
    return kind, kind == "label" and _has_digit(text), size


def _has_digit(cell: str | None) -> bool:
    return any(map(str.isdigit, cell or ""))
