"""Where the parts of a form are in a sheet of cells: title block, headings, rows, the rest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from opsloop.exchange.columns import Sheet
from opsloop.exchange.returned.headings import (
    ID,
    VERSION,
    WORDS,
    Names,
    aligned,
    heading_key,
    match,
    names_of,
    split_label,
)
from opsloop.exchange.returned.model import Aside, AsideKind, MatchedColumn
from opsloop.exchange.table import Area, Cells, column_letter

_SEARCHED = 200
_MOST_LEVELS = 3
_MOST_SIGNATURES = 8
_TOTALS = frozenset(WORDS["totals"])
_NOTES = frozenset(WORDS["notes"])
_SIGNATURES = frozenset(WORDS["signatures"])
_COUNTERS = frozenset(WORDS["counters"])
_LINE = re.compile(r"[_\u2014\uff3f\s-]*$")


@dataclass(frozen=True)
class Headings:
    """The rows of headings (zero-based, first and last) and the column each heading names.

    `texts` is the heading of every place; `id` and `version` the places of our hidden columns.
    """

    first: int
    last: int
    texts: tuple[str, ...]
    columns: tuple[MatchedColumn, ...]
    id: int | None = None
    version: int | None = None

    @property
    def unknown(self) -> dict[int, str]:
        """Columns of the file the form does not have, by place; mere row counters left out."""
        known = {column.place for column in self.columns} | {self.id, self.version}
        return {
            place: text
            for place, text in enumerate(self.texts)
            if text and place not in known and heading_key(text) not in _COUNTERS
        }


def find_headings(cells: Cells, sheet: Sheet, exported: Sequence[str] = ()) -> Headings | None:
    """The rows that name most columns of the form, two at least (or all of a smaller form).

    `exported` are the keys of the columns in the order in which we wrote them into the file.
    """
    names = names_of(sheet.columns)
    filled = cells.filled()
    best: tuple[float, int, int] = (0, 0, 0)
    for first in range(min(len(cells.rows), _SEARCHED)):
        for levels in range(1, min(_MOST_LEVELS, len(cells.rows) - first) + 1):
            if levels > 1 and not _joined(cells, first, first + levels - 1):
                break
            found = match(_readings(filled[first : first + levels]), names)
            ours = any(ID in row for row in cells.rows[first : first + levels])
            score = len(found) + 100 * ours - 0.5 * (levels - 1)
            if score > best[0]:
                best = (score, first, levels)
    score, first, levels = best
    if score < min(2, len(sheet.columns)) - 0.5 * (levels - 1):
        return None
    return _settled(cells, filled, sheet, exported, range(first, first + levels))


def _joined(cells: Cells, first: int, last: int) -> bool:
    """Whether some rows may head columns together: merged across them, or gaps filled below."""
    if any(
        area.top <= last - 1 and area.bottom >= last and area.top >= first for area in cells.merged
    ):
        return True
    if any(area.top == last - 1 and area.right > area.left for area in cells.merged):
        return True
    above, below = cells.rows[last - 1], cells.rows[last]
    gaps = [place for place, text in enumerate(above) if not text and below[place]]
    return bool(gaps) and sum(map(bool, below)) < len(below)


def _readings(levels: Sequence[Sequence[str]]) -> list[list[str]]:
    """The ways to read each heading of one or more levels."""
    readings = []
    for texts in zip(*levels, strict=True):
        parts = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
        ways = ["/".join(parts), "".join(parts), *reversed(parts)] if parts else []
        readings.append(list(dict.fromkeys(ways)))
    return readings


def _settled(
    cells: Cells,
    filled: Sequence[Sequence[str]],
    sheet: Sheet,
    exported: Sequence[str],
    at: range,
) -> Headings:
    readings = _readings(filled[at.start : at.stop])
    texts = tuple(
        ways[0] if ways else f"[{column_letter(place)}]" for place, ways in enumerate(readings)
    )
    hidden = {heading_key(text): place for place, text in enumerate(texts)}
    own = {hidden.get(ID), hidden.get(VERSION)}
    found = match(readings, names_of(sheet.columns))
    places = [place for place, ways in enumerate(readings) if ways and place not in own]
    printed = tuple(column.key for column in sheet.printed_columns)
    declared = tuple(column.key for column in sheet.columns)
    keys = exported or next((keys for keys in (printed, declared) if len(keys) == len(places)), ())
    if keys:
        found = aligned(found, places, keys)
    columns = tuple(
        MatchedColumn(place, texts[place], key, by) for place, (key, by) in sorted(found.items())
    )
    used = [any(column) for column in zip(*cells.rows[at.stop :], strict=True)] or [True] * len(
        texts
    )
    shown = tuple(text if readings[n] or used[n] else "" for n, text in enumerate(texts))
    return Headings(at.start, at.stop - 1, shown, columns, hidden.get(ID), hidden.get(VERSION))


def by_position(cells: Cells, sheet: Sheet, start: str) -> Headings:
    """Cells without headings: the columns of the form in order, from the one with a key on."""
    keys = [column.key for column in sheet.columns]
    width = len(cells.rows[0]) if cells.rows else 0
    wanted = keys[keys.index(start) :]
    columns = tuple(
        MatchedColumn(place, str(sheet.column(key).label), key, "position")
        for place, key in zip(range(width), wanted, strict=False)
    )
    texts = [column.heading for column in columns]
    texts += [f"[{column_letter(place)}]" for place in range(len(texts), width)]
    return Headings(-1, -1, tuple(texts), columns)


@dataclass(frozen=True)
class TitleBlock:
    """Texts of the title block by key with the row and label of each, and the lines left over."""

    texts: Mapping[str, tuple[int, str, str]]
    asides: tuple[Aside, ...]


def read_title_block(rows: Sequence[Sequence[str]], sheet: Sheet) -> TitleBlock:
    """The rows above the headings: labels over values, or labels with values beside them."""
    names = names_of(sheet.header)
    texts: dict[str, tuple[int, str, str]] = {}
    asides: list[Aside] = []
    values_at: int | None = None
    for at, row in enumerate(rows):
        if values_at == at:
            continue
        labels = dict(_labels(row, names))
        below = rows[at + 1] if at + 1 < len(rows) else ()
        if _heads_a_row(row, labels, below, names):
            found = {place: below[place].strip() for place in labels}
            values_at, left = at + 1, _beside(row, below, labels)
        else:
            found, left = _side_by_side(row, labels)
        for place, text in found.items():
            key, label, _ = labels[place]
            texts.setdefault(key, (at + 1 + (values_at == at + 1), label, text))
        if left:
            asides.append(Aside(at + 1, "title", " ".join(left)))
    return TitleBlock(texts, tuple(asides))


def _labels(row: Sequence[str], names: Names) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """The labels of a row by place: key, label and what follows the colon in the same cell."""
    for place, cell in enumerate(row):
        whole = names.find(cell) if cell.strip() else None
        label, rest = (cell, "") if whole else split_label(cell)
        hit = whole or (names.find(label) if label.strip() else None)
        if hit:
            yield place, (hit[0], label.strip(), rest)


def _heads_a_row(
    row: Sequence[str],
    labels: Mapping[int, tuple[str, str, str]],
    below: Sequence[str],
    names: Names,
) -> bool:
    """Whether the values of a row of labels stand in the row below it."""
    if not labels or any(rest for _, _, rest in labels.values()):
        return False
    said = [text for text in below if text.strip()]
    if not said or any(names.find(split_label(text)[0]) for text in said):
        return False
    places = [place for place, text in enumerate(row) if text.strip()]
    lone = sum(1 for place in places if place not in labels)
    # Beside its label, a value would be every other cell; a stacked block is mostly known labels.
    return lone * 2 < len(places) and bool(below[places[0]].strip() or len(places) > 1)


def _beside(row: Sequence[str], below: Sequence[str], labels: Mapping[int, object]) -> list[str]:
    """What a stacked block says beyond the known labels."""
    pairs = zip(row, below, strict=True)
    texts = [
        f"{label.strip()} {value.strip()}".strip()
        for place, (label, value) in enumerate(pairs)
        if place not in labels
    ]
    return [text for text in texts if text]


def _side_by_side(
    row: Sequence[str], labels: Mapping[int, tuple[str, str, str]]
) -> tuple[dict[int, str], list[str]]:
    """The value right of each label, and the texts that belong to none."""
    found: dict[int, str] = {}
    left: list[str] = []
    waiting: int | None = None
    for place, cell in enumerate(row):
        if place in labels:
            found[place] = labels[place][2]
            waiting = None if found[place] else place
        elif cell.strip() and waiting is not None:
            found[waiting], waiting = cell.strip(), None
        elif cell.strip():
            left.append(cell.strip())
    return found, left


def kind_of_line(
    row: Sequence[str], areas: Sequence[Area], headings: Headings, sheet: Sheet, *, ended: bool
) -> AsideKind | None:
    """What a row below the headings is, when it is no row of the table.

    `areas` are the merged areas that begin in it; `ended` says a line of signatures or a note
    was above it.
    """
    said = [text.strip() for text in row if text.strip()]
    first = heading_key(said[0])
    if first in _TOTALS:
        return "total"
    if _is_signatures(said, sheet):
        return "signature"
    width = len(row)
    across = any(area.right - area.left + 1 >= max(width - 1, 3) for area in areas)
    if len(said) == 1:
        label, rest = split_label(said[0])
        if heading_key(label) in _NOTES and (rest or label != said[0]):
            return "note"
        if ended:
            return "note"
        if across:
            return "section"
    if ended and len(said) * 2 < len(headings.columns):
        return "note"
    # Only a row that repeats its first or second heading may repeat them all.
    if not any(row[column.place] == column.heading for column in headings.columns[:2]):
        return None
    again = sum(1 for column in headings.columns if row[column.place] == column.heading)
    return "heading" if again * 2 > len(headings.columns) else None


def _is_signatures(said: Sequence[str], sheet: Sheet) -> bool:
    """Whether a line is made of roles to sign for: 编制：　审核：　批准："""
    if len(said) > _MOST_SIGNATURES:
        return False
    roles = _SIGNATURES | {heading_key(str(role)) for role in sheet.signatures}
    signed = 0
    for text in said:
        label, _ = split_label(text)
        named = heading_key(_LINE.sub("", label)) in roles
        signed += named and (label != text or len(said) > 1)
    return signed * 2 >= len(said) and (signed > 1 or (len(said) <= 2 and signed > 0))
