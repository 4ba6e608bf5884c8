"""A ledger or a budget as people keep it: one of several sheets, months beside each other, sums."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from opsloop.cli.speech import Refusal, remark
from opsloop.cli.speech import gettext as _

Propose = Callable[[Any], Any]
_DIMENSIONS = ("category", "item", "department")


def table_of(path: Path, sheet: str | None, propose: Propose) -> Any:
    """The one table with amounts, its months as rows; months on sheets of their own become one.

    Raises RefusedFile; Refusal where several sheets could be meant.
    """
    found = {name: one for name, one in _tables(path, sheet).items() if _has_amounts(propose(one))}
    if len(found) > 1 and (joined := _months_joined(found, propose)) is not None:
        return joined
    if len(found) > 1:
        raise Refusal(
            _("%(file)s: the sheets %(sheets)s all hold amounts; name one of them.")
            % {"file": path.name, "sheets": ", ".join(found)}
        )
    return next(iter(found.values())) if found else _one(path, sheet)


def _one(path: Path, sheet: str | None) -> Any:
    from opsloop.exchange.sandbox import read_table
    from opsloop.exchange.wide import unpivoted

    return unpivoted(read_table(path, sheet=sheet), name=path.name)


def _tables(path: Path, sheet: str | None) -> Mapping[str, Any]:
    """Every visible sheet that can be read, by its name; the only one where there is one."""
    from opsloop.exchange.problems import RefusedFile
    from opsloop.exchange.sandbox import read_cells

    try:
        first = _one(path, sheet)
        names = [info.name for info in first.sheets if not info.hidden]
    except RefusedFile as error:
        if sheet is not None or error.code != "no_rows":
            raise
        first, names = None, [cells.sheet for cells in read_cells(path)]
    if sheet is not None or len(names) < 2:
        return {} if first is None else {first.sheet: first}
    found = {} if first is None else {first.sheet: first}
    for name in names:
        if name not in found:
            try:
                found[name] = _one(path, name)
            except RefusedFile:
                continue
    return {name: found[name] for name in names if name in found}


def _has_amounts(mapping: Any) -> bool:
    columns = mapping.columns.keys()
    amount = "amount" in columns or {"quantity", "unit_price"} <= columns
    return amount and bool(columns & set(_DIMENSIONS))


def _months_joined(found: Mapping[str, Any], propose: Propose) -> Any:
    """Sheets named by a month each, as one table that says the month; None when they are not."""
    import polars as pl

    from opsloop.exchange.dates import DateReading, parse_period

    tables = list(found.values())
    read = [parse_period(name, DateReading(epoch=None)) for name in found]
    months = [month for month in read if isinstance(month, int)]
    whole = len(set(months)) == len(tables)
    same = all(one.labels == tables[0].labels for one in tables)
    dated = any({"period", "date"} & propose(one).columns.keys() for one in tables)
    if not whole or not same or dated:
        return None
    label = _("Month")
    frames = [
        one.frame.with_columns(pl.lit(f"{month // 100:04d}-{month % 100:02d}").alias(label))
        for one, month in zip(tables, months, strict=True)
    ]
    rows = pl.concat([one.row_numbers for one in tables])
    return replace(tables[0], frame=pl.concat(frames), row_numbers=rows)


def lines_only(path: Path, table: Any, mapping: Any) -> tuple[Any, Any]:
    """Without rows that sum others up, amounts in the unit said above them; both are remarked."""
    from opsloop.exchange.sum_rows import in_stated_unit, without_sums

    columns: dict[str, str] = dict(mapping.columns)
    labels: Sequence[str] = [columns[name] for name in _DIMENSIONS if name in columns]
    table, sums = without_sums(table, labels)
    if sums:
        remark(
            _("%(file)s: %(count)d rows that sum up others were left out (row %(row)d).")
            % {"file": path.name, "count": len(sums), "row": sums[0]}
        )
    if "amount" in columns:
        table, columns["amount"] = in_stated_unit(table, columns["amount"])
    return table, replace(mapping, columns=columns)
