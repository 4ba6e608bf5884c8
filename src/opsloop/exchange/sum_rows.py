"""What stands in a table of amounts beside its lines: rows that sum them up, the unit above them."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from opsloop.exchange.mapping import unit_factor
from opsloop.exchange.table import Table


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def without_sums(table: Table, labels: Iterable[str]) -> tuple[Table, tuple[int, ...]]:
    """The table without rows whose texts under `labels` end in 合计, 小计 …; and their row numbers.

    Counted along, they would double what they sum up.
    """
    endings, words = ("|".join(_words()[name]) for name in ("endings", "words"))
    named = [
        pl.col(label).fill_null("").str.replace_all(r"\s", "").str.to_lowercase()
        .str.contains(f"(?:^|[^a-z])(?:{words})$|(?:{endings})$")
        for label in labels
    ]  # fmt: skip
    if not named:
        return table, ()
    sums = table.frame.select(pl.any_horizontal(named).alias("sum"))["sum"]
    # Where every row is called a total there is nothing it sums up.
    if not sums.any() or sums.all():
        return table, ()
    kept = replace(
        table, frame=table.frame.filter(~sums), row_numbers=table.row_numbers.filter(~sums)
    )
    return kept, tuple(table.row_numbers.filter(sums).unique(maintain_order=True).to_list())


def stated_unit(table: Table, label: str) -> str:
    """The unit said above the header for the amounts of `label`: 万元; empty when none is said.

    Plain 元 says nothing, and a label that names a unit of its own keeps it.
    """
    if unit_factor(label) != 1:
        return ""
    above = table.preview[: min(table.header_rows, default=1) - 1]
    said = {
        found["unit"] for row in above for cell in row
        if cell and (found := re.search(_words()["note"], cell))
    }  # fmt: skip
    return str(said.pop()) if len(said) == 1 and said != {_words()["plain"]} else ""


def in_stated_unit(table: Table, label: str) -> tuple[Table, str]:
    """The table with the unit said above its header written into the label of its amounts."""
    unit = stated_unit(table, label)
    if not unit:
        return table, label
    renamed = f"{label}({unit})"
    return replace(table, frame=table.frame.rename({label: renamed})), renamed
