"""Find the header of a table: below titles and instructions, on one row or on two.

Each of the first rows is judged by how much of the table's width it fills, whether its cells look
like labels (short, distinct, neither number nor date) and whether the columns below it hold
something else. The guess is shown to a person, who may change it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from opsloop.exchange.dates import DateReading, parse_datetime
from opsloop.exchange.problems import Fault
from opsloop.exchange.table import SOURCE_ROW, Area, column_letter
from opsloop.exchange.values import is_empty, parse_number

Row = Sequence[str | None]

_LABEL_LENGTH = 40
_JUDGED_BELOW = 12
_YEAR = re.compile(r"(?:19|20)\d\d")
_BLANKS = re.compile(r"\s+")
_READING = DateReading(order="month_first", default_year=2000, epoch=None)


@dataclass(frozen=True)
class Header:
    """The rows taken as header (positions in the rows given; empty: no header) and the labels."""

    rows: tuple[int, ...]
    labels: tuple[str, ...]


def find_header(rows: Sequence[Row], merged: Sequence[Area] = ()) -> Header:
    """The most likely header among the first rows of a table."""
    kinds = [[kind_of(cell) for cell in row] for row in rows]
    width = _usual_width(kinds)
    scores = [_score(kinds, rows, at, width) for at in range(len(rows))]
    best = max(range(len(rows)), key=lambda at: scores[at], default=0)
    if not rows or scores[best] < 1:
        return label_rows(rows, ())
    return label_rows(rows, _with_levels(rows, kinds, merged, best), merged)


def label_rows(rows: Sequence[Row], at: Sequence[int], merged: Sequence[Area] = ()) -> Header:
    """The labels that the rows at some positions give, each distinct and none blank.

    Levels are joined with "/"; a merged cell labels every column it covers; a column without a
    label is called by its letter in brackets.
    """
    width = max((len(row) for row in rows), default=0)
    levels = [_filled(rows, row, width, merged, last=row == max(at)) for row in at]
    words = [
        "/".join(dict.fromkeys(level[column] for level in levels if level[column]))
        for column in range(width)
    ]
    return Header(tuple(at), distinct_labels(words))


def distinct_labels(words: Sequence[str]) -> tuple[str, ...]:
    """Labels made distinct: a blank one becomes its letter in brackets, a repeated one counts up.

    The name of the row number column is never a label.
    """
    labels: dict[str, None] = {SOURCE_ROW: None}
    for column, word in enumerate(words):
        label = word or f"[{column_letter(column)}]"
        shown, copy = label, 2
        while shown in labels:
            shown, copy = f"{label} ({copy})", copy + 1
        labels[shown] = None
    return tuple(labels)[1:]


def kind_of(cell: str | None) -> str:
    """What a cell looks like: number, date, label, prose, nothing (无, -), or "" when blank."""
    if cell is None or not cell.strip():
        return ""
    if is_empty(cell):
        return "nothing"
    if not isinstance(parse_number(cell), Fault):
        return "number"
    if not isinstance(parse_datetime(cell, _READING), Fault):
        return "date"
    return "label" if len(cell) <= _LABEL_LENGTH else "prose"


def _usual_width(kinds: Sequence[Sequence[str]]) -> int:
    counts = sorted(sum(1 for kind in row if kind) for row in kinds)
    # The upper quartile: title rows are narrow, and data rows may have gaps.
    return counts[(3 * len(counts)) // 4] if counts else 0


def _score(kinds: Sequence[Sequence[str]], rows: Sequence[Row], at: int, width: int) -> float:
    cells = [cell.strip() for cell in rows[at] if cell and cell.strip()]
    if not cells or not width:
        return 0
    labels = kinds[at].count("label")
    numbers = kinds[at].count("number") if labels and _countable(rows[at], kinds[at]) else 0
    like_labels = (labels + numbers) / len(cells)
    filled = min(len(cells) / width, 1)
    distinct = len(set(cells)) / len(cells)
    below = kinds[at + 1 : at + 1 + _JUDGED_BELOW]
    contrast = _contrast(kinds[at], below)
    early = 1 / (1 + at)
    # A row with one cell beside a wide table is a title; one of mostly numbers is data.
    if like_labels < 0.5 or (width > 1 and filled < 0.4) or not _countable(rows[at], kinds[at]):
        return 0
    return 2 * filled + like_labels + 0.5 * distinct + 1.5 * contrast + early


def _countable(row: Row, kinds: Sequence[str]) -> bool:
    """Whether the numbers of a row can head columns: years, or a run such as the months 1 to 12."""
    numbers = [
        (cell or "").strip() for cell, kind in zip(row, kinds, strict=True) if kind == "number"
    ]
    if all(_YEAR.fullmatch(number) for number in numbers):
        return True
    run = [int(number) for number in numbers if number.isdecimal()]
    return len(run) == len(numbers) > 2 and all(b - a == 1 for a, b in pairwise(run))


def _contrast(header: Sequence[str], below: Sequence[Sequence[str]]) -> float:
    """The share of labelled columns under which mostly numbers or dates stand."""
    labelled = [column for column, kind in enumerate(header) if kind == "label"]
    if not labelled:
        return 0
    other = 0
    for column in labelled:
        values = [row[column] for row in below if column < len(row) and row[column]]
        data = sum(1 for kind in values if kind in {"number", "date"})
        other += bool(values) and data * 2 > len(values)
    return other / len(labelled)


def _with_levels(
    rows: Sequence[Row], kinds: Sequence[Sequence[str]], merged: Sequence[Area], best: int
) -> list[int]:
    """The header row together with the level above or below it that belongs to it."""
    above, below = best - 1, best + 1
    if above >= 0 and (
        _is_level_above(kinds, merged, above, best)
        or (not merged and _fills_gaps(kinds[above], kinds[best]))
    ):
        return [above, best]
    spans = any(area.top <= best < area.bottom for area in merged if area.left == area.right)
    if below < len(rows) and (spans or _fills_gaps(kinds[best], kinds[below])):
        return [best, below]
    return [best]


def _is_level_above(
    kinds: Sequence[Sequence[str]], merged: Sequence[Area], above: int, best: int
) -> bool:
    labels = kinds[above].count("label")
    tied = any(area.top <= above and area.bottom >= best for area in merged)
    groups = [
        area for area in merged if area.top == above == area.bottom and area.right > area.left
    ]
    only_labels = labels == sum(1 for kind in kinds[above] if kind)
    return labels >= 2 and only_labels and (tied or bool(groups))


def _fills_gaps(header: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below has labels exactly in and right of the blanks of this one."""
    gaps = [column for column, kind in enumerate(header) if not kind and column]
    used = [column for column, kind in enumerate(below) if kind]
    only_labels = all(below[column] == "label" for column in used)
    reached = set(gaps) <= set(used) and len(used) < len(header)
    return bool(gaps) and bool(used) and only_labels and reached


def _filled(
    rows: Sequence[Row], at: int, width: int, merged: Sequence[Area], *, last: bool
) -> list[str]:
    texts = [_clean(rows[at][column]) if column < len(rows[at]) else "" for column in range(width)]
    for area in merged:
        if area.top <= at <= area.bottom and area.right < width:
            text = _clean(rows[area.top][area.left])
            for column in range(area.left, area.right + 1):
                texts[column] = texts[column] or text
    if not merged and not last:
        # Without merge marks (xls, CSV) a group's label stands over its first column only.
        for column in range(1, width):
            texts[column] = texts[column] or texts[column - 1]
    return texts


def _clean(cell: str | None) -> str:
    return _BLANKS.sub(" ", (cell or "").strip("* \t\r\n"))
