"""Lines of a ledger or budget that repeat others: a total among its parts, a parent beside a child.

Counted along, such a line doubles the cost. The rule names suspects; people decide.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Reason = Literal["name", "parent", "sum"]


@dataclass(frozen=True, slots=True)
class Amount:
    """One line in 分. `group` holds together what may add up: period, department, category …"""

    group: tuple[object, ...]
    category: str
    item: str
    fen: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """`name`: called a total; `parent`: has no item of its own and equals the items of its category
    together; `sum`: an item that equals all others together (two at least).
    """

    place: int
    reason: Reason
    parts: tuple[int, ...]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return re.compile(words["whole"]), re.compile(words["ends"])


def is_total(name: str) -> bool:
    """Whether a name says that its line sums up others: 合计, 小计, 原材料小计 …"""
    whole, ends = _patterns()
    shown = "".join(name.lower().split())
    return whole.search(shown) is not None or ends.search(shown) is not None


def suspects(lines: Sequence[Amount]) -> tuple[Suspect, ...]:
    """Every line that seems to repeat others of its group, in the order of the lines."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, line in enumerate(lines):
        groups.setdefault((*line.group, line.category), []).append(place)
    found = [suspect for places in groups.values() for suspect in _of_group(lines, places)]
    return tuple(sorted(found, key=lambda suspect: suspect.place))


def _of_group(lines: Sequence[Amount], places: Sequence[int]) -> Iterator[Suspect]:
    named = {at for at in places if is_total(lines[at].item) or is_total(lines[at].category)}
    parts = [at for at in places if at not in named]
    whole = sum(lines[at].fen for at in parts)
    yield from (Suspect(at, "name", ()) for at in named)
    for at in parts:
        line = lines[at]
        # What equals all the others together is half of the whole.
        if line.fen == 0 or len(parts) < 2 or 2 * line.fen != whole:
            continue
        others = tuple(other for other in parts if other != at)
        if line.item in ("", line.category):
            yield Suspect(at, "parent", others)
        elif len(others) > 1 and all(lines[other].fen for other in others):
            yield Suspect(at, "sum", others)
