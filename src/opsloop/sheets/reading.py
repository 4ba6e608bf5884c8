"""What a person typed into a cell, read as a value of its column."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.exchange.columns import Column
from opsloop.exchange.dates import DateReading
from opsloop.exchange.problems import SENTENCES, Fault
from opsloop.exchange.returned.typed_cell import CellReader

TEXTS: Final = {"text", "long_text", "choice", "person", "department"}
_NUMBERS: Final = {"number", "hours", "percent", "money"}


class Unreadable(ValueError):
    """A text that is no value of its column; `text` is the sentence for the person."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Reader:
    """Reads typed texts; `today` completes dates that name no year."""

    today: date

    def value(self, column: Column, typed: str) -> Any:
        """The value as `SheetRow.values` keep it; empty cells (无, -, …) are "" or None.

        Raises Unreadable.
        """
        text = _clean(typed)
        dates = DateReading(default_year=self.today.year)
        found = CellReader(column, dates=dates).read(text)
        if isinstance(found, Fault):
            raise Unreadable(sentence(found, text))
        if column.required and found in (None, ""):
            raise Unreadable(_(SENTENCES["required"]))
        return as_kept(column, found)


def as_kept(column: Column, value: Any) -> Any:
    """A value read from a text as `SheetRow.values` keep it: no text is "", nothing else None."""
    return "" if value is None and column.type in TEXTS else value


def sentence(fault: Fault, value: str) -> str:
    """A fault in the reader's words."""
    return _(SENTENCES[fault.code]) % {"value": value, **fault.params}


def typed_text(column: Column, value: Any) -> str:
    """The text that reads back as the value, whatever the language of the page."""
    if value is None or value == "":
        return ""
    if column.type == "percent":
        return f"{_digits(value * 100)}%"
    if column.type in _NUMBERS:
        return _digits(value)
    if column.type == "boolean":
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value.isoformat())


def kept_text(column: Column, canonical: str) -> str:
    """The typed text of a value as the browser gets it. Raises Unreadable for what is none."""
    if column.type not in _NUMBERS or not canonical:
        return canonical
    try:
        return typed_text(column, Decimal(canonical))
    except InvalidOperation as error:
        raise Unreadable(_(SENTENCES["not_a_number"]) % {"value": canonical}) from error


def _digits(value: Decimal) -> str:
    return f"{value:f}"


def _clean(typed: str) -> str:
    """Without control characters, which no database of ours stores."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")
