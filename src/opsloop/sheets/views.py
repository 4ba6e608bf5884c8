"""The sheets room in the browser: HTTP in, one call, one answer out."""

from collections.abc import Sequence

from django.http import HttpRequest

from opsloop.org import clock
from opsloop.sheets import actions, queries
from opsloop.sheets.answers import grid
from opsloop.sheets.forms import (
    Changes,
    Deleted,
    Inserted,
    Moved,
    SentHeader,
    Typed,
    body_of,
)
from opsloop.sheets.queries import OpenForm, State
from opsloop.sheets.reading import Reader
from opsloop.sheets.register import CellChange
from opsloop.sheets.wire import Json


def _typed(opened: OpenForm) -> Typed:
    return Typed(opened.sheet, opened.person, Reader(clock.today()))


def _changed(before: State, changes: Sequence[CellChange]) -> Json:
    after = queries.state(before.open)
    return {**queries.changed(before, after), "inverse": queries.inverse(before, after, changes)}


@grid("GET")
def data(request: HttpRequest, opened: OpenForm) -> Json:
    """Declaration, values, remarks, comments and views of a form."""
    del request
    return queries.data(queries.state(opened))


@grid("POST", edits=True)
def changes(request: HttpRequest, opened: OpenForm) -> Json:
    """Change cells; with `delete` also take rows out, in the same transaction."""
    body, typed = body_of(request, Changes), _typed(opened)
    found = typed.changes(body.changes)
    typed.settle()
    before = queries.state(opened)
    actions.change(
        source=opened.source, subject=opened.subject, changes=found, by=opened.person,
        now=clock.now(), removed=[(row.id, row.version) for row in body.delete],
    )  # fmt: skip
    return _changed(before, found)


@grid("POST", edits=True)
def insert(request: HttpRequest, opened: OpenForm) -> Json:
    body, typed = body_of(request, Inserted), _typed(opened)
    blocks = typed.blocks(body.all)
    typed.settle()
    ids = actions.change(
        source=opened.source, subject=opened.subject, changes=(), blocks=blocks,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return {**queries.whole(opened), "ids": ids}


@grid("POST", edits=True)
def delete(request: HttpRequest, opened: OpenForm) -> Json:
    """Take rows out; posted to `rows/insert`, the inverse puts them back where they stood."""
    body, before = body_of(request, Deleted), queries.state(opened)
    removed = [(row.id, row.version) for row in body.rows]
    actions.change(
        source=opened.source, subject=opened.subject, changes=(), removed=removed,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return {**queries.whole(opened), "inverse": queries.put_back(before, removed)}


@grid("POST", edits=True)
def move(request: HttpRequest, opened: OpenForm) -> Json:
    body = body_of(request, Moved)
    actions.move(
        source=opened.source, subject=opened.subject, row=body.row, after=body.after,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return queries.whole(opened)


@grid("POST", edits=True)
def header(request: HttpRequest, opened: OpenForm) -> Json:
    body, typed = body_of(request, SentHeader), _typed(opened)
    values = typed.cells("", body.cells, opened.sheet.header)
    typed.settle()
    actions.change_header(
        source=opened.source, subject=opened.subject, values=values, version=body.version,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return queries.titled(opened)
