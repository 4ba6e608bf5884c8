"""Why a file or a step is not taken: one sentence for the person at whichever door."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from opsloop.datasets.words import FIELDS
from opsloop.exchange.problems import SENTENCES, gettext_noop

# What this room refuses beyond what cannot be read.
_OWN: Final[Mapping[str, str]] = {
    "upload_too_large": gettext_noop(
        "The file is larger than the %(limit)s MB this site accepts: split it."
    ),
    "same_file": gettext_noop(
        "This file is already in the data set: it was imported as “%(name)s” on %(day)s."
    ),
    "other_rows": gettext_noop(
        "These are not the rows to correct: use the correction workbook downloaded from “%(name)s”."
    ),
    "looks_like_total": gettext_noop(
        "“%(value)s” is called a total: counted beside its parts, the cost doubles."
    ),
    "sums_up_others": gettext_noop(
        "“%(value)s” equals the other lines of its category together (rows %(rows)s):"
        " counted beside them, the cost doubles."
    ),
    "no_good_rows": gettext_noop("No row of the file can be imported as it stands."),
    "changed": gettext_noop("Somebody changed or discarded this import meanwhile."),
    "bad_rows": gettext_noop("%(count)s rows have problems: correct them or leave them out."),
    "no_department": gettext_noop("There is no department “%(name)s”."),
    "field_twice": gettext_noop("Two columns are both understood as “%(field)s”: choose one."),
    "no_dataset": gettext_noop("There is no data set, or more than one, named “%(name)s”."),
}


class Refused(Exception):
    """Not done, for one reason: `code` and `params` are stable, `text` is in the reader's words."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})

    @property
    def text(self) -> str:
        return sentence(self.code, self.params)


def sentence(code: str, params: Mapping[str, str], value: str = "") -> str:
    """The translated sentence of a code, ours or one of `exchange.problems`."""
    text = _OWN[code] if code in _OWN else SENTENCES[code]
    named = {"field": str(FIELDS.get(params["field"], ""))} if "field" in params else {}
    return _(text) % {"value": value, **params, **named}
