"""Which column of a form a heading names: exactly as printed, by label or alias, unit or not."""

import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from opsloop.exchange.columns import Column
from opsloop.exchange.returned.model import MatchedBy
from opsloop.exchange.values import plain

WORDS: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
# Headings of the hidden columns in our own workbooks.
ID, VERSION = "opsloop:id", "opsloop:version"

_BRACKETS = re.compile(WORDS["patterns"]["brackets"])
_COLON = re.compile(WORDS["patterns"]["colon"])
_MARKS = " \t\r\n*:：※▲●★"
_BLANKS = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def heading_key(text: str) -> str:
    """A heading for comparison: half-width, lower case, without blanks, star or colon."""
    return _BLANKS.sub("", plain(text.strip(_MARKS))).strip("*:")


def bare_key(text: str) -> str:
    """The same without what stands in brackets: `耗时（小时）` → `耗时`."""
    return heading_key(_BRACKETS.sub("", text)) or heading_key(text)


def unit_in(text: str) -> str:
    """The last text in brackets of a heading, for comparison; "" without one."""
    found = _BRACKETS.findall(text)
    return heading_key(found[-1]) if found else ""


def split_label(text: str) -> tuple[str, str]:
    """`项目名称：新产品` → (`项目名称`, `新产品`); a text without colon has no second part."""
    label, *rest = _COLON.split(text, maxsplit=1)
    return label, rest[0].strip() if rest else ""


@dataclass(frozen=True)
class Names:
    """Every name of some columns: whole, and without the brackets where that is unmistakable."""

    whole: Mapping[str, tuple[str, MatchedBy]]
    bare: Mapping[str, tuple[str, MatchedBy]]

    def find(self, text: str) -> tuple[str, MatchedBy] | None:
        """The key of the column a heading names, and what it was known by."""
        return self.whole.get(heading_key(text)) or self.bare.get(bare_key(text))


def names_of(columns: Iterable[Column]) -> Names:
    """The names of some columns. The first to claim a name keeps it, in the order of `MatchedBy`."""
    claims = [claim for column in columns for claim in _claims(column)]
    claims.sort(key=lambda claim: claim[0])
    whole: dict[str, tuple[str, MatchedBy]] = {}
    bare: dict[str, tuple[str, MatchedBy]] = {}
    doubtful: set[str] = set()
    for _, text, key, by in claims:
        whole.setdefault(heading_key(text), (key, by))
        name = bare_key(text)
        if bare.setdefault(name, (key, by))[0] != key:
            doubtful.add(name)
    kept = {name: found for name, found in bare.items() if name not in doubtful}
    return Names(whole, kept)


def _claims(column: Column) -> Iterable[tuple[int, str, str, MatchedBy]]:
    label = str(column.label)
    yield 0, column.key, column.key, "key"
    if column.printed:
        yield 1, column.printed, column.key, "printed"
    yield 2, label, column.key, "label"
    if column.unit:
        yield 2, f"{label}({column.unit})", column.key, "label"
    for alias in column.aliases:
        yield 3, alias, column.key, "alias"


def match(headings: Sequence[Sequence[str]], names: Names) -> dict[int, tuple[str, MatchedBy]]:
    """Columns by place. Each heading is given in the ways it may be read, the likeliest first.

    A column of the form is taken once: whole names before names without their brackets.
    """
    found: dict[int, tuple[str, MatchedBy]] = {}
    taken: set[str] = set()
    for known, form in ((names.whole, heading_key), (names.bare, bare_key)):
        for place, readings in enumerate(headings):
            if place in found:
                continue
            hits = (known.get(form(text)) for text in readings if text)
            hit = next((hit for hit in hits if hit and hit[0] not in taken), None)
            if hit:
                found[place] = hit
                taken.add(hit[0])
    return found


def aligned(
    found: Mapping[int, tuple[str, MatchedBy]], places: Sequence[int], keys: Sequence[str]
) -> dict[int, tuple[str, MatchedBy]]:
    """The columns matched, and those between two matched neighbours that their order settles.

    A gap is settled only where as many columns of the file as of the form are left in it.
    """
    order = {key: at for at, key in enumerate(keys)}
    fixed = [(-1, -1)]
    for place in places:
        if place in found and order.get(found[place][0], -1) > fixed[-1][1]:
            fixed.append((place, order[found[place][0]]))
    fixed.append((max(places, default=-1) + 1, len(keys)))
    taken = {key for key, _ in found.values()}
    settled = dict(found)
    for (left, first), (right, last) in itertools.pairwise(fixed):
        gap = [place for place in places if left < place < right and place not in found]
        missing = [key for key in keys[first + 1 : last] if key not in taken]
        if len(gap) == len(missing):
            settled.update(
                (place, (key, "position")) for place, key in zip(gap, missing, strict=True)
            )
    return settled
