"""Several names in one cell of the form, as people write them: 采购部、财务部."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from opsloop.exchange.values import is_empty


@cache
def _words() -> dict[str, str]:
    path = Path(__file__).with_suffix(".toml")
    found: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def split_names(text: str) -> tuple[str, ...]:
    """`采购部、财务部` → both names (S5)."""
    return _parts("names", text)


def split_documents(text: str) -> tuple[str, ...]:
    """`申请表、预算表` → both; a slash stays, it names two forms of one document."""
    return _parts("documents", text)


def _parts(pattern: str, text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in re.split(_words()[pattern], text))
    return tuple(dict.fromkeys(part for part in parts if part and not is_empty(part)))


def join_names(names: Sequence[str]) -> str:
    """As the printed form writes several departments in one cell."""
    return _words()["and"].join(names)
