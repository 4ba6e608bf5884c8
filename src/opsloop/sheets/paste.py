"""A block from a spreadsheet before it is taken over: where each cell would go and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.problems import Problem, RefusedFile
from opsloop.exchange.returned.clipboard import clipboard
from opsloop.exchange.returned.compare import difference, same
from opsloop.exchange.returned.model import ReturnedForm, ReturnedRow
from opsloop.exchange.returned.reading import read
from opsloop.sheets import wire
from opsloop.sheets.queries import State
from opsloop.sheets.reading import as_kept, typed_text
from opsloop.sheets.wire import Json


@dataclass(frozen=True)
class Anchor:
    """Where the block begins: a row and a column by their keys, "" for none.

    `rows` are the ids below the anchor in the order somebody sees them, when a filter or a sorting
    differs from the form's own order.
    """

    row: str = ""
    column: str = ""
    rows: Sequence[str] = ()


def preview(now: State, html: str, text: str, anchor: Anchor, *, adds: bool, year: int) -> Json:
    """What a block would change; `adds` makes every row a new one. Raises RefusedFile.

    Cells come back as typed texts that read as the same value whatever the block's headings said.
    """
    cells = clipboard(html, text)
    start = anchor.column or now.open.sheet.columns[0].key
    found = read(cells, now.open.sheet, start=start, year=year)
    columns = [
        column for column in now.open.sheet.columns
        if column.key in {one.key for one in found.columns} and wire.may_type(column, now.open.person)
    ]  # fmt: skip
    targets = list(_targets(now, found, anchor, adds=adds))
    rows = [_row(now, row, target, columns) for row, target in targets]
    if now.open.source.has_fixed_rows:
        _refuse_new(rows)
    shown = [cell for row in rows for cell in row["cells"].values()]
    return {
        "columns": [column.key for column in columns],
        "matched": "position" if any(one.by == "position" for one in found.columns) else "header",
        "rows": rows,
        "problems": sum(bool(cell["problem"]) for cell in shown),
        "new": sum(not row["row"] for row in rows) if not now.open.source.has_fixed_rows else 0,
        "changed": sum(
            cell["changes"] for row in rows if row["row"] for cell in row["cells"].values()
        ),
        "header": _header(now, found),
        "unknown": list(found.unknown),
    }


def _targets(
    now: State, found: ReturnedForm, anchor: Anchor, *, adds: bool
) -> Iterator[tuple[ReturnedRow, str]]:
    """Each row of the block with the id of the row it goes to, "" for a new one."""
    if adds:
        yield from ((row, "") for row in found.rows)
        return
    if found.has_ids or (now.open.source.has_fixed_rows and _names_rows(now, found)):
        yield from _matched(now, found)
        return
    ids = list(anchor.rows) or [row.id for row in now.filled.rows]
    at = ids.index(anchor.row) if anchor.row in ids else len(ids)
    for offset, row in enumerate(found.rows):
        yield row, ids[at + offset] if at + offset < len(ids) else ""


def _matched(now: State, found: ReturnedForm) -> Iterator[tuple[ReturnedRow, str]]:
    """The rows that would change something, by their ids or names; what is equal stays out."""
    change = difference(now.filled, found)
    known = {one.returned.row: one.id for one in (*change.changed, *change.locked)}
    new = {row.row for row in (*change.added, *change.gone)}
    for row in found.rows:
        if row.row in known or row.row in new:
            yield row, known.get(row.row, "")


def _names_rows(now: State, found: ReturnedForm) -> bool:
    """Whether the block brings every column by which a row of the form is known."""
    named = {column.key for column in now.open.sheet.columns if column.required}
    return named <= {one.key for one in found.columns if one.by != "position"}


def _row(now: State, row: ReturnedRow, target: str, columns: Sequence[Column]) -> Json:
    stands = now.by_id.get(target)
    values = stands.values if stands else {}
    return {
        "row": target,
        "version": stands.version if stands else "",
        "name": _name(now.open.sheet, row.texts if stands is None else values),
        "cells": {column.key: _cell(row, column, values) for column in columns},
    }


def _name(sheet: Sheet, said: Mapping[str, Any]) -> str:
    """What a row is known by: the texts of the cells that must be filled."""
    texts = (said.get(column.key) for column in sheet.columns if column.required)
    return " · ".join(str(text) for text in texts if text)


def _cell(row: ReturnedRow, column: Column, stands: Mapping[str, Any]) -> Json:
    problem = row.problems.get(column.key)
    if problem is not None and problem.severity == "error":
        text = row.texts.get(column.key, "")
        return {"typed": text, "value": "", "problem": said(problem), "changes": False}
    value = as_kept(column, row.values.get(column.key))
    return {
        "typed": typed_text(column, value),
        "value": wire.cell(value),
        "problem": "",
        "changes": not same(column, stands.get(column.key), value),
    }


def _refuse_new(rows: Sequence[Json]) -> None:
    """Rows of a form that come from elsewhere are not added by pasting."""
    for row in rows:
        if not row["row"]:
            for cell in row["cells"].values():
                cell["problem"] = _("The form has no such row, and none can be added.")


def _header(now: State, found: ReturnedForm) -> Json:
    """The fields of a pasted title block that would change, as typed texts."""
    changed = {}
    for column in now.open.sheet.header:
        if column.key not in found.header or not wire.may_type(column, now.open.person):
            continue
        value = as_kept(column, found.header[column.key])
        if not same(column, now.filled.header.get(column.key), value):
            changed[column.key] = typed_text(column, value)
    return changed


def said(problem: Problem) -> str:
    """A problem in the reader's words."""
    return _(problem.sentence) % {"value": problem.value, **problem.params}


def refused(error: RefusedFile) -> str:
    """Why a file is not read, in the reader's words."""
    return _(error.sentence) % error.params
