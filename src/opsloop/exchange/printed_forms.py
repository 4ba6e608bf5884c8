"""The five company forms in their own words: titles, headings, other names, words of choices.

The words live in `printed_forms.toml`. A room declares its sheet by keys and dresses it here, so
that the printed layout, paste and import know the form by its exact headings.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from opsloop.exchange.columns import Column, Sheet


@dataclass(frozen=True)
class Heading:
    """One heading: as printed, and what else copies of the form call it."""

    printed: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class PrintedForm:
    """One company form. `full` and `header_full` stand in the full layout only.

    `words` gives per choice column the texts of each stored value, the printed one first.
    """

    key: str
    title: str
    titles: tuple[str, ...]
    header: Mapping[str, Heading]
    header_full: Mapping[str, Heading]
    columns: Mapping[str, Heading]
    full: Mapping[str, Heading]
    words: Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def printed_forms() -> Mapping[str, PrintedForm]:
    """Every company form by the key of its sheet."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return {key: _form(key, block) for key, block in tomllib.loads(text).items()}


def _form(key: str, block: Mapping[str, Any]) -> PrintedForm:
    def headings(part: str) -> dict[str, Heading]:
        return {
            name: Heading(texts[0], tuple(texts[1:])) for name, texts in block.get(part, {}).items()
        }

    words = {
        column: {value: tuple(texts) for value, texts in choices.items()}
        for column, choices in block.get("words", {}).items()
    }
    return PrintedForm(
        key, block["title"], tuple(block["titles"]), headings("header"), headings("header_full"),
        headings("columns"), headings("full"), words,
    )  # fmt: skip


def dressed(sheet: Sheet) -> Sheet:
    """The sheet with the printed title, headings, aliases and words of its company form.

    Columns the form does not print are marked so (`in_print`). Raises KeyError for a sheet that is
    no company form, ValueError when it lacks a printed column or declares them in another order.
    """
    form = printed_forms()[sheet.key]
    _same_order(sheet.key, form.header, sheet.header)
    _same_order(sheet.key, form.columns, sheet.columns)
    return replace(
        sheet,
        printed_title=form.title,
        titles=form.titles,
        header=tuple(_dressed(c, form.header, form.header_full, form.words) for c in sheet.header),
        columns=tuple(_dressed(c, form.columns, form.full, form.words) for c in sheet.columns),
    )


def _same_order(key: str, printed: Mapping[str, Heading], columns: Sequence[Column]) -> None:
    found = [column.key for column in columns if column.key in printed]
    if found != list(printed):
        raise ValueError(f"the sheet {key} declares {found}, its form prints {list(printed)}")


def _dressed(
    column: Column,
    printed: Mapping[str, Heading],
    full: Mapping[str, Heading],
    words: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Column:
    heading = printed.get(column.key) or full.get(column.key) or Heading("", ())
    texts = words.get(column.key, {})
    return replace(
        column,
        printed=heading.printed,
        aliases=(*heading.aliases, *column.aliases),
        in_print=column.key in printed,
        words=tuple((text, value) for value, known in texts.items() for text in known),
    )
