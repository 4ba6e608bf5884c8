"""Lines of a ledger or budget that seem to repeat others, as warnings of the preview (X-21)."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from opsloop.analysis.double_counting import Amount, is_total, suspects
from opsloop.exchange.typed import Typed

_GROUP: Final = ("period_no", "department_no", "category_no")
# A category of more lines is a ledger of postings, where equal sums are chance.
_MOST_LINES: Final = 200
_ROWS_NAMED: Final = 6


def warnings(typed: Typed, mapping: Mapping[str, str]) -> pl.DataFrame:
    """Rows of `Typed.problem_rows` for lines called totals and lines that sum up others."""
    found = [*_called_totals(typed, mapping), *_sums(typed, mapping)]
    return pl.DataFrame(found, schema=typed.problem_rows.schema, orient="row")


def _called_totals(typed: Typed, mapping: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for name in ("item", "category"):
        totals = {no: text for no, text in enumerate(typed.names.get(name, ())) if is_total(text)}
        lines = typed.frame.filter(pl.col(f"{name}_no").is_in(list(totals)))
        for row, no in lines.select("source_row", f"{name}_no").iter_rows():
            yield row, mapping[name], "looks_like_total", totals[no], "{}", "warning"


def _sums(typed: Typed, mapping: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """The rule reads few lines: the engine first keeps the groups in which a line is half of all."""
    named = {
        name: [no for no, text in enumerate(typed.names.get(name, ())) if is_total(text)]
        for name in ("item", "category")
    }
    lines = typed.frame.filter(
        ~pl.col("item_no").is_in(named["item"]), ~pl.col("category_no").is_in(named["category"])
    )
    whole, amount = pl.col("amount_fen").sum().over(_GROUP), pl.col("amount_fen")
    some = ((2 * amount == whole) & (amount != 0)).any().over(_GROUP)
    kept = lines.filter(some, pl.len().over(_GROUP) <= _MOST_LINES).sort("seq")
    rows = kept["source_row"].to_list()
    for suspect in suspects([_amount(typed, line) for line in kept.iter_rows(named=True)]):
        if suspect.reason == "name":
            continue
        name = "item" if "item" in mapping and suspect.reason == "sum" else "category"
        line = kept.row(suspect.place, named=True)
        parts = ", ".join(str(rows[part]) for part in suspect.parts[:_ROWS_NAMED])
        more = " …" if len(suspect.parts) > _ROWS_NAMED else ""
        params = json.dumps({"rows": parts + more})
        label = mapping.get(name, mapping.get("item", ""))
        yield (
            rows[suspect.place],
            label,
            "sums_up_others",
            _name(typed, name, line),
            params,
            "warning",
        )


def _amount(typed: Typed, line: Mapping[str, int]) -> Amount:
    group = tuple(line[column] for column in _GROUP[:2])
    category, item = (_name(typed, name, line) for name in ("category", "item"))
    return Amount(group, category, item, line["amount_fen"])


def _name(typed: Typed, name: str, line: Mapping[str, int]) -> str:
    number = line[f"{name}_no"]
    return typed.names[name][number] if number >= 0 else ""
