"""Filled forms as the browser gets them: canonical texts, no formatting, no language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from opsloop.exchange.columns import Column, FilledSheet, Formula, Remark, Sheet, SheetRow
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.sheets.versions import header_version

Json = dict[str, Any]
Counts = Mapping[str, Mapping[str, int]]


def cell(value: Any) -> Any:
    """A value as text: decimals plainly, dates by ISO 8601, nothing as ""; yes and no stay."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.isoformat() if isinstance(value, date) else value


def cells(values: Mapping[str, Any], columns: Sequence[Column]) -> Json:
    return {column.key: cell(values.get(column.key)) for column in columns}


def sheet(declared: Sheet, person: Person) -> Json:
    return {
        "key": declared.key,
        "title": str(declared.title),
        "isTree": declared.is_tree,
        "columns": [column(one, person) for one in declared.columns],
        "header": [column(one, person) for one in declared.header],
    }


def may_type(declared: Column, person: Person) -> bool:
    """Whether the person may type into a column of a form they may edit."""
    if declared.computed or not declared.editable:
        return False
    return not declared.editors or person.may(Permission(declared.editors))


def column(declared: Column, person: Person) -> Json:
    return {
        "key": declared.key,
        "label": str(declared.label),
        "type": declared.type,
        "unit": str(declared.unit),
        "required": declared.required,
        "choices": [[stored, str(label)] for stored, label in declared.choices],
        "editable": may_type(declared, person),
        "computed": declared.computed,
        "width": declared.width,
        "frozen": declared.frozen,
        "totalled": declared.totalled,
        "decimals": declared.decimals,
        "help": str(declared.help),
        "formula": _formula(declared.formula),
    }


def _formula(formula: Formula | None) -> Json | None:
    return None if formula is None else {"kind": formula.kind, "of": list(formula.of)}


def rows(filled: FilledSheet, remarks: Sequence[Remark], comments: Counts) -> list[Json]:
    """Every row with the remarks and the number of open comments at its cells."""
    said: dict[str, list[Json]] = {}
    for one in remarks:
        if one.row:
            said.setdefault(one.row, []).append(remark(one))
    columns = filled.sheet.columns
    return [
        row(one, columns, said.get(one.id, []), comments.get(one.id, {})) for one in filled.rows
    ]


def row(
    one: SheetRow, columns: Sequence[Column], remarks: Sequence[Json], comments: Mapping[str, int]
) -> Json:
    return {
        "id": one.id,
        "version": one.version,
        "parent": one.parent,
        "values": cells(one.values, columns),
        "sources": dict(one.sources),
        "health": one.health,
        "remarks": list(remarks),
        "comments": dict(comments),
    }


def remark(one: Remark) -> Json:
    return {
        "code": one.code,
        "tone": one.tone,
        "text": str(one.text),
        "column": one.column,
        "computed": one.computed,
        "written": one.written,
    }


def about_form(remarks: Iterable[Remark]) -> list[Json]:
    return [remark(one) for one in remarks if not one.row]


def header(filled: FilledSheet) -> Json:
    return {
        "header": cells(filled.header, filled.sheet.header),
        "headerVersion": header_version(filled),
    }


def totals(filled: FilledSheet) -> Json:
    return {key: cell(value) for key, value in filled.totals.items()}
