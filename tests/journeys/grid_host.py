"""A site with grids over forms in memory: the protocol of sheets without a tool behind it.

`/grid-host/<name>/` shows the form put under that name with `host(form)`; `Form.others_write` is
what a second person does meanwhile. Used as ROOT_URLCONF.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path

from opsloop.config import urls as product
from opsloop.org.permissions import Permission

PAGE = (
    '{% extends "ui/page.html" %}{% block title %}{{ title }}{% endblock %}'
    "{% block content %}{% grid base %}{% endblock %}"
)
NUMERIC = {"number", "money", "percent", "hours"}
Cells = dict[str, str]


def column(key: str, label: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    plain = {
        "unit": "", "required": False, "choices": [], "editable": True, "computed": False, "width": 16,
        "frozen": False, "totalled": False, "decimals": None, "help": "", "formula": None,
    }  # fmt: skip
    return {"key": key, "label": label, "type": kind, **plain, **more}


class Wrong(Exception):
    """A typed value that cannot be read."""


def parse(kind: str, typed: str) -> str:
    """A typed text as canonical value; only what the journeys type."""
    text = typed.strip().replace(",", "")
    if not text or kind not in NUMERIC | {"date"}:
        return typed.strip()
    if kind == "date":
        return "-".join(
            part.zfill(2) for part in text.replace("/", "-").replace(".", "-").split("-")
        )
    factor = (
        Decimal(10_000) if text.endswith("万") else Decimal("0.01") if text.endswith("%") else 1
    )
    try:
        value = Decimal(text.rstrip("万%")) * factor
    except InvalidOperation:
        raise Wrong(f"“{typed}”不是数字") from None
    return format(value.normalize(), "f")


@dataclass
class Form:
    """Rows of one form; `down` makes the server unreachable, `log` keeps what arrived."""

    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    is_tree: bool = False
    may_edit: bool = True
    title: str = "现有流程梳理与优化表"
    header: Cells = field(default_factory=dict)
    views: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    serial: int = 0
    down: bool = False

    def add(self, after: str | None = None, parent: str = "", **values: str) -> dict[str, Any]:
        self.serial += 1
        row = {
            "id": str(self.serial), "version": "1", "parent": parent, "sources": {}, "health": "",
            "values": {one["key"]: values.get(one["key"], "") for one in self.columns},
            "remarks": [], "comments": {},
        }  # fmt: skip
        place = len(self.rows) if after is None else self.place(after) + 1
        self.rows.insert(place, row)
        return row

    def place(self, row: str) -> int:
        return next((at for at, one in enumerate(self.rows) if one["id"] == row), -1)

    def row(self, row: str) -> dict[str, Any]:
        return self.rows[self.place(row)]

    def kind(self, key: str) -> str:
        return str(next(one["type"] for one in self.columns if one["key"] == key))

    def others_write(self, row: str, key: str, value: str) -> None:
        held = self.row(row)
        held["values"][key] = value
        held["version"] = str(int(held["version"]) + 1)

    @property
    def totals(self) -> Cells:
        return {
            one["key"]: str(sum(Decimal(row["values"][one["key"]] or 0) for row in self.rows))
            for one in self.columns if one["totalled"]
        }  # fmt: skip

    def data(self) -> dict[str, Any]:
        labels = [column(key, key) for key in self.header]
        return {
            "sheet": {"key": "host", "title": self.title, "isTree": self.is_tree, "columns": self.columns, "header": labels},
            "header": self.header, "headerVersion": "1", "rows": self.rows, "totals": self.totals, "remarks": [],
            "may": {"edit": self.may_edit, "comment": True, "rows": self.may_edit}, "views": self.views,
        }  # fmt: skip

    def change(self, changes: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        """All or nothing, as the server does it."""
        problems, values = [], []
        for one in changes:
            for key, typed in one["cells"].items():
                try:
                    values.append((one["row"], key, parse(self.kind(key), typed)))
                except Wrong as wrong:
                    problems.append(
                        {"row": one["row"], "column": key, "value": typed, "text": str(wrong)}
                    )
        if problems:
            return 422, {"problems": problems}
        stale = {one["row"] for one in changes if self.row(one["row"])["version"] != one["version"]}
        conflicts = [
            {"row": row, "column": key, "yours": value, "theirs": self.row(row)["values"][key],
             "version": self.row(row)["version"], "by": "孙专员", "at": "2024-06-05T10:00:00+08:00"}
            for row, key, value in values if row in stale
        ]  # fmt: skip
        if conflicts:
            return 409, {"conflicts": conflicts, "rows": [self.row(row) for row in stale]}
        inverse = {
            one["row"]: {key: self.row(one["row"])["values"][key] for key in one["cells"]}
            for one in changes
        }
        for row, key, value in values:
            self.history.append({"row": row, "column": key, "at": "2024-06-05T10:00:00+08:00", "by": "赵主管",
                                 "before": self.row(row)["values"][key], "after": value, "source": "typed"})  # fmt: skip
            self.row(row)["values"][key] = value
        for row in inverse:
            self.row(row)["version"] = str(int(self.row(row)["version"]) + 1)
        back = [
            {"row": row, "version": self.row(row)["version"], "cells": cells}
            for row, cells in inverse.items()
        ]
        return 200, {
            "rows": [self.row(row) for row in inverse],
            "totals": self.totals,
            "remarks": [],
            "inverse": back,
        }


FORMS: dict[str, Form] = {}


def host(form: Form, name: str = "one") -> str:
    """Put a form on the site; answers the address of its page."""
    FORMS[name] = form
    return f"/grid-host/{name}/"


def _insert(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    ids, after = [], body["after"] or None
    for cells in body["rows"]:
        row = form.add(after, **{key: parse(form.kind(key), typed) for key, typed in cells.items()})
        ids.append(row["id"])
        after = row["id"]
    return {"rows": form.rows, "ids": ids, "totals": form.totals}


def _delete(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    first = form.place(body["rows"][0]["id"])
    gone = [form.rows.pop(form.place(one["id"])) for one in body["rows"]]
    after = form.rows[first - 1]["id"] if first else ""
    return {
        "rows": form.rows,
        "totals": form.totals,
        "inverse": {"after": after, "rows": [row["values"] for row in gone]},
    }


def _move(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    row = form.rows.pop(form.place(body["row"]))
    row["parent"] = body.get("parent", row["parent"])
    form.rows.insert(form.place(body["after"]) + 1 if body["after"] else 0, row)
    return {"rows": form.rows}


def _preview(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    keys = [one["key"] for one in form.columns]
    first = form.place(body["row"]) if body["mode"] == "cells" and body["row"] else len(form.rows)
    columns = keys[keys.index(body["column"]) :] if body["mode"] == "cells" else keys
    rows, problems = [], 0
    for offset, line in enumerate(body["text"].rstrip("\n").split("\n")):
        cells: dict[str, Any] = {}
        for key, typed in zip(columns, line.split("\t"), strict=False):
            try:
                cells[key] = {
                    "typed": typed,
                    "value": parse(form.kind(key), typed),
                    "problem": "",
                    "changes": True,
                }
            except Wrong as wrong:
                cells[key] = {"typed": typed, "value": "", "problem": str(wrong), "changes": False}
                problems += 1
        at = first + offset
        rows.append({"row": form.rows[at]["id"] if at < len(form.rows) else "", "cells": cells})
    width = max(len(row["cells"]) for row in rows)
    new = sum(not row["row"] for row in rows)
    return {"columns": columns[:width], "matched": "position", "rows": rows, "problems": problems, "new": new,
            "changed": sum(len(row["cells"]) for row in rows if row["row"])}  # fmt: skip


def _apply(form: Form, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    status, answer = form.change([one for one in body["rows"] if one["row"]])
    if status != 200:
        return status, answer
    made = _insert(
        form,
        {"after": body["after"], "rows": [one["cells"] for one in body["rows"] if not one["row"]]},
    )
    answer["rows"] += [form.row(row) for row in made["ids"]]
    answer |= {"ids": made["ids"], "order": [row["id"] for row in form.rows]}
    return 200, answer


def _comment(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    one = {
        "id": len(form.comments) + 1,
        "by": "赵主管",
        "at": "2024-06-05T10:00:00+08:00",
        "resolvedAt": "",
        **body,
    }
    form.comments.append(one)
    count = form.row(body["row"])["comments"]
    count[body["column"]] = count.get(body["column"], 0) + 1
    here = [
        kept
        for kept in form.comments
        if kept["row"] == body["row"] and kept["column"] == body["column"]
    ]
    return {"comments": here}


def _view(form: Form, body: dict[str, Any]) -> dict[str, Any]:
    form.views.append({"id": len(form.views) + 1, "mine": True, **body})
    return {"views": form.views}


WRITES: dict[str, Callable[[Form, dict[str, Any]], Any]] = {
    "changes": lambda form, body: form.change(body["changes"]), "rows/insert": _insert, "rows/delete": _delete,
    "rows/move": _move, "paste/preview": _preview, "paste/apply": _apply, "comments": _comment, "views": _view,
}  # fmt: skip


def show(request: HttpRequest, name: str) -> HttpResponse:
    page = engines["django"].from_string(PAGE)
    context = {"title": FORMS[name].title, "base": f"/grid-host/{name}/api/"}
    return HttpResponse(page.render(context, request))


def answer(request: HttpRequest, name: str, what: str) -> HttpResponse:
    form = FORMS[name]
    if form.down:
        return JsonResponse({"title": "down"}, status=503)
    if request.method == "GET":
        here = {key: request.GET.get(key) for key in ("row", "column")}
        kept = [
            one
            for one in (form.comments if what == "comments" else form.history)
            if all(one[key] == here[key] for key in here)
        ]
        return JsonResponse(
            form.data() if what == "data" else {"comments": kept, "lines": kept[::-1]}
        )
    given = WRITES[what](form, json.loads(request.body))
    status, body = given if isinstance(given, tuple) else (200, given)
    return JsonResponse(body, status=status)


urlpatterns = [
    *product.urlpatterns,
    path("grid-host/<name>/", show, name="grid_host"),
    path("grid-host/<name>/api/<path:what>", answer, name="grid_host_api"),
]
handler404 = product.handler404


def access_table() -> dict[str, Permission]:
    return {
        **product.access_table(),
        "grid_host": Permission.PUBLIC,
        "grid_host_api": Permission.PUBLIC,
    }
