"""The number people write before a step: `1.填写申请表` names the step 填写申请表."""

import re

from opsloop.exchange.returned.headings import WORDS

_WRITTEN = re.compile(WORDS["patterns"]["numbering"])
# The same where we wrote it ourselves, on one level or on several (2.1.).
_OURS = {False: re.compile(r"\s*\d+[.\uff0e]\s*"), True: re.compile(r"\s*(?:\d+[.\uff0e])+\s*")}


def without_number(text: str, *, ours: bool = False, levels: bool = False) -> str:
    """A text without the number before it; a text that is nothing else stays.

    `ours` says that we put the number there, `levels` that it may count several: then whatever
    follows it is the text. Otherwise a decimal such as `3.5寸` is no number of a step.
    """
    if ours:
        return _OURS[levels].sub("", text, count=1).strip()
    return _WRITTEN.sub("", text, count=1).strip() or text.strip()
