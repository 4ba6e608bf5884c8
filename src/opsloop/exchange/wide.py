"""Months side by side become rows: how people write a budget, and how facts keep it.

| 成本类别 | 子项名称 | 1月 | 2月 | … | 12月 | 合计 |  →  | 成本类别 | 子项名称 | 月份 | 金额 |
"""

import re
from dataclasses import replace

import polars as pl

from opsloop.exchange.dates import DateReading, parse_period
from opsloop.exchange.table import SOURCE_ROW, Table
from opsloop.exchange.values import EMPTY, WORDS, plain

# Fewer months beside each other may be anything.
FEWEST_MONTHS = 3
_WORDS = WORDS["wide"]
_NAMES: dict[str, int] = {**WORDS["months"], **_WORDS["names"]}
_UNIT = re.compile(r"[(\[（【].*?[)\]）】]")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_BESIDE = re.compile("|".join(_WORDS["beside"]))
_SUMS = re.compile("|".join(_WORDS["sums"]))
_ANY_YEAR = 2000


def unpivoted(table: Table, *, name: str = "") -> Table:
    """One row per row and month of a table whose months are columns; any other as it is.

    Columns that sum months up are left out, and so are empty cells. Months without a year get the
    one named above the table, by its sheet or by `name`, the file. `meta["wide"]` says how many
    months there were, `meta["wide_sums"]` which columns were left out.
    """
    months = {label: month for label in table.labels if (month := _month(label)) is not None}
    if len(set(months.values())) < max(FEWEST_MONTHS, len(months)):
        return table
    year = _year_of(table, name)
    sums = [label for label in table.labels if label not in months and _is_sum(label)]
    kept = [label for label in table.labels if label not in months and label not in sums]
    unit = "".join(_UNIT.findall(next(iter(months)))[-1:])
    period, amount = (_free(word, kept) for word in (_WORDS["period"], _WORDS["amount"] + unit))
    texts = {label: _text(month, year) for label, month in months.items()}
    long = (
        table.source()
        .with_row_index("\0row")
        .unpivot(list(months), index=["\0row", SOURCE_ROW, *kept], variable_name=period, value_name=amount)
        .with_columns(
            pl.col(period).replace_strict(list(months), list(range(len(months)))).alias("\0month"),
            pl.col(period).replace_strict(texts),
        )
        .filter(~_says_nothing(pl.col(amount)))
        .sort("\0row", "\0month")
    )  # fmt: skip
    meta = {**table.meta, "wide": str(len(months)), "wide_sums": ", ".join(sums)}
    return replace(
        table, frame=long.select(*kept, period, amount), row_numbers=long[SOURCE_ROW], meta=meta
    )


def _month(label: str) -> tuple[int | None, int] | None:
    """Year (None: not said) and month of a column label; None when it is none."""
    shown = _BESIDE.sub("", plain(_UNIT.sub("", label))).strip(" -/_·")
    if shown in _NAMES:
        return None, _NAMES[shown]
    spaced = re.sub(rf"({WORDS['dates']['year']})[\s/_·-]+", r"\1", shown)
    with_year = parse_period(spaced, DateReading(epoch=None))
    if isinstance(with_year, int):
        return with_year // 100, with_year % 100
    bare = parse_period(spaced, DateReading(default_year=_ANY_YEAR, epoch=None))
    return (None, bare % 100) if isinstance(bare, int) and not _YEAR.search(shown) else None


def _is_sum(label: str) -> bool:
    return _SUMS.search(plain(_UNIT.sub("", label))) is not None


def _year_of(table: Table, name: str) -> int | None:
    """The one year named above the header, else by the sheet, else by the file."""
    above = table.preview[: min(table.header_rows, default=1) - 1]
    title = " ".join(cell for row in above for cell in row if cell)
    for text in (title, table.sheet, name):
        years = set(_YEAR.findall(text))
        if len(years) == 1:
            return int(years.pop())
    return None


def _text(month: tuple[int | None, int], year: int | None) -> str:
    stated = month[0] or year
    if stated is None:
        return f"{month[1]}{WORDS['dates']['month'][1]}"
    return f"{stated}-{month[1]:02}"


def _free(label: str, taken: list[str]) -> str:
    """The label, told apart from a column that has it already."""
    return label if label not in taken else f"{label} 2"


def _says_nothing(column: pl.Expr) -> pl.Expr:
    shown = column.str.strip_chars()
    return column.is_null() | shown.str.to_lowercase().is_in(sorted(EMPTY))
