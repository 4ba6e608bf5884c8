"""A form as JSON and back: a snapshot, or a returned file until somebody decides about it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.exchange.problems import Problem
from opsloop.exchange.returned.model import Aside, MatchedColumn, ReturnedForm, ReturnedRow
from opsloop.sheets import wire

Json = dict[str, Any]


def kept(filled: FilledSheet) -> Json:
    """A filled form; texts as `sheets.wire` writes them."""
    columns = filled.sheet.columns
    return {
        "header": wire.cells(filled.header, filled.sheet.header),
        "rows": [
            {
                "id": row.id, "version": row.version, "parent": row.parent,
                "values": wire.cells(row.values, columns), "sources": dict(row.sources),
            }
            for row in filled.rows
        ],
    }  # fmt: skip


def filled(sheet: Sheet, content: Json) -> FilledSheet:
    """The filled form that was kept; columns the form no longer has are left out."""
    rows = tuple(
        SheetRow(
            row["id"], _values(row["values"], sheet.columns), row["version"], row["parent"],
            row["sources"],
        )
        for row in content["rows"]
    )  # fmt: skip
    return FilledSheet(sheet, _values(content["header"], sheet.header), rows)


def as_returned(sheet: Sheet, content: Json) -> ReturnedForm:
    """A kept form as if it came back in a file: what it differs in can be taken over again."""
    state = filled(sheet, content)
    columns = [column for column in sheet.columns if not column.computed]
    rows = tuple(
        ReturnedRow(at, {column.key: row.values.get(column.key) for column in columns}, {}, row.id)
        for at, row in enumerate(state.rows, start=1)
    )
    matched = tuple(MatchedColumn(at, "", one.key, "key") for at, one in enumerate(columns))
    return ReturnedForm(
        state.header, rows, matched, has_ids=True, exported=True, format="xlsx"
    )  # fmt: skip


def kept_return(form: ReturnedForm) -> Json:
    """A returned form with everything that was found in it."""
    content = asdict(form)
    content["header"] = _texts(form.header)
    for told, row in zip(content["rows"], form.rows, strict=True):
        told["values"], told["written"] = _texts(row.values), _texts(row.written)
    return content


def returned(sheet: Sheet, content: Json) -> ReturnedForm:
    """The returned form that was kept."""
    rows = tuple(
        ReturnedRow(**{
            **row, "values": _values(row["values"], sheet.columns),
            "written": _values(row["written"], sheet.columns),
            "problems": _problems(row["problems"]),
        })
        for row in content["rows"]
    )  # fmt: skip
    return ReturnedForm(**{
        **content, "rows": rows, "header": _values(content["header"], sheet.header),
        "columns": tuple(MatchedColumn(**one) for one in content["columns"]),
        "asides": tuple(Aside(**one) for one in content["asides"]),
        "unknown": tuple(content["unknown"]),
        "header_problems": _problems(content["header_problems"]),
    })  # fmt: skip


def _problems(content: Mapping[str, Json]) -> dict[str, Problem]:
    return {key: Problem(**one) for key, one in content.items()}


def _texts(values: Mapping[str, Any]) -> Json:
    return {key: wire.cell(value) for key, value in values.items()}


def _values(texts: Mapping[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    known = {column.key: column for column in columns}
    return {key: _value(known[key], text) for key, text in texts.items() if key in known}


def _value(column: Column, text: Any) -> Any:
    if text == "":
        return None
    match column.type:
        case "number" | "money" | "percent" | "hours":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
    return text
