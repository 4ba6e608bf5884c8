"""Stable names: the key of a form line, and the metrics a deviation of a line is measured by."""

from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import urlencode

VARIANCE_RATE: Final = "costs.variance_rate"
FLEXED_RATE: Final = "costs.flexed_rate"
ACTIVITY_RATE: Final = "costs.activity_rate"
RATIO: Final = "costs.ratio"

_LIMIT: Final = 200


class LineKey(NamedTuple):
    """Names from the facts, empty where not stated; never a label, never a translation."""

    category: str = ""
    item: str = ""
    department: str = ""

    @property
    def dimension(self) -> str:
        """One text for the loop and the metrics: `category|item|department`, `|` doubled inside.

        A key beyond the loop's 200 characters ends in a digest of the whole.
        """
        text = "|".join(part.replace("|", "||") for part in self)
        if len(text) <= _LIMIT:
            return text
        digest = blake2b(text.encode(), digest_size=16).hexdigest()
        return f"{text[: _LIMIT - len(digest) - 1]}#{digest}"

    @property
    def label(self) -> str:
        return " · ".join(part for part in self if part)

    @property
    def query(self) -> str:
        """The part of an address that names this line."""
        return urlencode(self._asdict())
