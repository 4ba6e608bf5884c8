"""The number people write before a step: `1.填写申请表` names the step 填写申请表."""

import re
from collections.abc import Sequence

from opsloop.exchange.returned.headings import WORDS

_WRITTEN = re.compile(WORDS["patterns"]["numbering"])
# The same where we wrote it ourselves, on one level or on several (2.1.).
_OURS = {False: re.compile(r"\s*\d+[.\uff0e]\s*"), True: re.compile(r"\s*(?:\d+[.\uff0e])+\s*")}


def without_number(text: str, *, ours: bool = False, levels: bool = False, place: int = 0) -> str:
    """A text without the number before it; a text that is nothing else stays.

    `ours` says that we put the number there, `levels` that it may count several: then whatever
    follows it is the text. So does the number of the row's own `place` (from 1) in a column that
    counts its rows. Otherwise a decimal such as `3.5寸` is no number of a step.
    """
    if ours:
        return _OURS[levels].sub("", text, count=1).strip()
    if place and _starts_with(text, place):
        return text.strip()[len(str(place)) + 1 :].strip()
    return _WRITTEN.sub("", text, count=1).strip() or text.strip()


def counts_its_rows(texts: Sequence[str]) -> bool:
    """Whether the texts of a column begin with 1. and 2."""
    return len(texts) > 1 and all(_starts_with(texts[at], at + 1) for at in (0, 1))


def _starts_with(text: str, place: int) -> bool:
    return text.strip().startswith((f"{place}.", f"{place}\uff0e"))
