"""Tables that stand on their side: the first column says what each row holds, as a heading does."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opsloop.exchange.header import Row, kind_of

# How much of the first column must read like headings, how little of the first row may, and how
# far the two must be apart.
_DOWN, _ACROSS, _APART = 0.6, 0.34, 0.4
# The days of two balances, this year's and last year's.
_BALANCES = 2
_ROWS = 3
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class _Words:
    """How headings read: what they end in (a measure, a property, a unit), what names a sum."""

    heading: re.Pattern[str]
    sums: frozenset[str]


@cache
def _words() -> _Words:
    words = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    heading = re.compile(f"(?:{'|'.join(words['endings'])})$|{words['pattern']}")
    return _Words(heading, frozenset(words["sums"]))


def is_turned(rows: Sequence[Row]) -> bool:
    """Whether the headings of a table stand in its first column instead of its first row."""
    # Of a single row of values nobody can tell.
    if len(rows) < _ROWS or len(rows[0]) < 2:
        return False
    down = _share(row[0] for row in rows[1:])
    across = _share(rows[0][1:])
    return down >= _DOWN and across <= _ACROSS and down >= across + _APART


def sums(row: Row) -> tuple[int, ...]:
    """The places of a row whose words name a sum: 合计, 总计 …"""
    return tuple(at for at, cell in enumerate(row) if _BLANKS.sub("", cell or "") in _words().sums)


def _share(cells: Iterable[str | None]) -> float:
    """How many of the filled cells read like headings, 0–1."""
    said = [_BLANKS.sub("", cell) for cell in cells if cell and kind_of(cell)]
    heading = sum(1 for cell in said if _words().heading.search(cell))
    # A run of days names the rows of a series; two of them, or some among headings, are headings.
    days = 0
    if heading or len(said) <= _BALANCES:
        days = sum(1 for cell in said if kind_of(cell) == "date")
    return (heading + days) / len(said) if said else 0.0
