"""The form pasted from a spreadsheet: a title block above a step table, as two stacked blocks."""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from opsloop.exchange.dates import DateReading, parse_date
from opsloop.exchange.values import is_empty, parse_number, plain

_BLANKS: Final = re.compile(r"\s+")
_MOST_STEPS: Final = 200


class NoForm(ValueError):
    """The text has no step table: no row of headings was found."""


@dataclass(frozen=True)
class PastedStep:
    """One row; `bad_duration` is the text of a duration that is no number."""

    name: str
    role: str
    inputs: str
    outputs: str
    form_or_system: str
    minutes: int | None
    bad_duration: str = ""

    @property
    def hours(self) -> float | None:
        return None if self.minutes is None else self.minutes / 60


@dataclass(frozen=True)
class PastedForm:
    """What a pasted text says; empty cells (无, -, …) are empty texts."""

    name: str
    departments: tuple[str, ...]
    start_event: str
    end_event: str
    recorded_on: date | None
    steps: tuple[PastedStep, ...]


@cache
def labels() -> dict[str, Any]:
    """The words by which headings, units and separators are known."""
    path = Path(__file__).with_name("form_labels.toml")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(labels()["patterns"][name])


def parse(text: str) -> PastedForm:
    """Read tab-separated cells of a spreadsheet, or CSV. Raises `NoForm`."""
    rows = list(_rows(text))
    table = _find(rows, "columns")
    if table is None:
        raise NoForm
    at, columns = table
    title: dict[str, str] = {}
    head = _find(rows[:at], "header")
    if head is not None:
        values = rows[head[0] + 1] if head[0] + 1 < at else []
        title = {key: _cell(values, place) for key, place in head[1].items()}
    else:
        title = dict(_side_by_side(rows[:at]))
    unit = _unit_of(rows[at][columns["duration"]]) if "duration" in columns else 60
    steps = [_step(row, columns, unit) for row in rows[at + 1 :][:_MOST_STEPS]]
    return PastedForm(
        title.get("name", ""), split_names(title.get("departments", "")),
        title.get("start_event", ""), title.get("end_event", ""),
        _day(title.get("recorded_on", "")), tuple(step for step in steps if step.name),
    )  # fmt: skip


def _rows(text: str) -> Iterator[list[str]]:
    first = text.lstrip().split("\n", 1)[0]
    dialect = "\t" if "\t" in first or "\t" in text else ","
    for row in csv.reader(io.StringIO(text.strip(), newline=None), delimiter=dialect):
        if any(cell.strip() for cell in row):
            yield row


def _key(label: str) -> str:
    return _BLANKS.sub("", _pattern("brackets").sub("", plain(label)))


def _find(rows: Sequence[Sequence[str]], block: str) -> tuple[int, dict[str, int]] | None:
    """The row with most known headings of a block, two at least, and where each stands."""
    words = {word: key for key, known in labels()[block].items() for word in known}
    best: tuple[int, dict[str, int]] | None = None
    for at, row in enumerate(rows):
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            key = words.get(_key(cell))
            if key is not None:
                found.setdefault(key, place)
        if len(found) >= 2 and "name" in found and (best is None or len(found) > len(best[1])):
            best = (at, found)
    return best


def _side_by_side(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """A title block whose values stand right of their labels."""
    words = {word: key for key, known in labels()["header"].items() for word in known}
    for row in rows:
        for place, cell in enumerate(row):
            label, *rest = _pattern("colon").split(cell, maxsplit=1)
            key = words.get(_key(label))
            if key is not None:
                value = rest[0].strip() if rest else ""
                yield key, value or _cell(row, place + 1)


def _cell(row: Sequence[str], place: int | None) -> str:
    text = row[place].strip() if place is not None and place < len(row) else ""
    return "" if is_empty(text) else text


def _step(row: Sequence[str], columns: dict[str, int], unit: int) -> PastedStep:
    minutes, bad = minutes_of(_cell(row, columns.get("duration")), unit)
    inputs, outputs, role, system = (
        _cell(row, columns.get(key)) for key in ("inputs", "outputs", "role", "form_or_system")
    )
    name = clean_name(_cell(row, columns["name"]))
    return PastedStep(name, role, inputs, outputs, system, minutes, bad)


def clean_name(text: str) -> str:
    """A step's name without the number written before it: `1.填写申请表` → `填写申请表`."""
    rest = _pattern("numbering").sub("", text, count=1).strip()
    return rest or text.strip()


def minutes_of(text: str, unit: int = 60) -> tuple[int | None, str]:
    """(minutes, text that is no duration). `unit` is that of a bare number, in minutes."""
    if not text or is_empty(text):
        return None, ""
    match = _pattern("duration").match(text)
    if match is None:
        return None, text
    named = plain(match[2]) if match[2].strip() else ""
    factor = labels()["units"].get(named) if named else unit
    number = parse_number(match[1])
    if factor is None or not isinstance(number, Decimal) or number < 0:
        return None, text
    return int((number * factor).to_integral_value()), ""


def _unit_of(label: str) -> int:
    """Minutes of the unit in a heading's brackets; hours when it names none."""
    match = _pattern("brackets").search(label)
    found: int = labels()["units"].get(plain(match[1]), 60) if match else 60
    return found


def split_names(text: str) -> tuple[str, ...]:
    """`采购部、财务部` → both names (S5)."""
    return _parts("names", text)


def split_documents(text: str) -> tuple[str, ...]:
    """`申请表、预算表` → both; a slash stays, it names two forms of one document."""
    return _parts("documents", text)


def _parts(pattern: str, text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in _pattern(pattern).split(text))
    return tuple(dict.fromkeys(part for part in parts if part and not is_empty(part)))


def join_names(names: Sequence[str]) -> str:
    """As the printed form writes several departments in one cell."""
    joint: str = labels()["words"]["and"]
    return joint.join(names)


def _day(text: str) -> date | None:
    found = parse_date(text, DateReading()) if text else None
    return found if isinstance(found, date) else None
