"""The sheets room in the browser: HTTP in, one call, one answer out."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from opsloop.org import clock
from opsloop.sheets import actions, histories, paste, queries
from opsloop.sheets.answers import grid
from opsloop.sheets.forms import (
    CELL_LIMIT,
    Changes,
    Clipboard,
    Commented,
    Deleted,
    Inserted,
    Moved,
    Pasted,
    Restored,
    SentBlock,
    SentHeader,
    SentRow,
    SentView,
    TooMuch,
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
    after = queries.state(queries.fresh(before.open))
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
    found, title = typed.changes(body.changes), typed.title(body.header)
    typed.settle()
    before = queries.state(opened)
    actions.change(
        source=opened.source, subject=opened.subject, changes=found, by=opened.person,
        now=clock.now(), removed=[(row.id, row.version) for row in body.delete], header=title,
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
        parent=body.parent, by=opened.person, now=clock.now(),
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


@grid("POST", edits=True)
def paste_preview(request: HttpRequest, opened: OpenForm) -> Json:
    """What a block from the clipboard would change; nothing is written."""
    body = body_of(request, Clipboard)
    anchor = paste.Anchor(body.row, body.column, body.targets)
    found = paste.preview(
        queries.state(opened), body.html, body.text, anchor, adds=body.mode == "rows",
        year=clock.today().year,
    )  # fmt: skip
    if len(found["rows"]) * len(found["columns"]) > CELL_LIMIT:
        raise TooMuch
    return found


@grid("POST", edits=True)
def paste_apply(request: HttpRequest, opened: OpenForm) -> Json:
    """Take a block over, all of it or nothing; posted to `changes`, the inverse takes it back."""
    body, typed = body_of(request, Pasted), _typed(opened)
    found = typed.changes([row for row in body.rows if row.row])
    new = SentBlock(after=body.after, rows=[row.cells for row in body.rows if not row.row])
    blocks, title = typed.blocks([new] if new.rows else []), typed.title(body.header)
    typed.settle()
    before = queries.state(opened)
    ids = actions.change(
        source=opened.source, subject=opened.subject, changes=found, blocks=blocks, header=title,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return queries.pasted(before, found, ids, title)


@grid("GET")
def comments_read(request: HttpRequest, opened: OpenForm) -> Json:
    row, column = request.GET.get("row", ""), request.GET.get("column")
    return {"comments": histories.comments(opened, row, column)}


@grid("POST")
def comment(request: HttpRequest, opened: OpenForm) -> Json:
    body = body_of(request, Commented)
    histories.require_row(opened, body.row)
    actions.comment(
        source=opened.source, subject=opened.subject, row=body.row, column=body.column,
        text=body.text, by=opened.person, now=clock.now(),
    )  # fmt: skip
    return {"comments": histories.comments(opened, body.row, body.column)}


def comments(request: HttpRequest, key: str, subject: str) -> HttpResponse:
    """Read the remarks at a row, or leave one."""
    answer = comment if request.method == "POST" else comments_read
    return answer(request, key=key, subject=subject)


@grid("POST")
def resolve(request: HttpRequest, opened: OpenForm, pk: int) -> Json:
    del request
    found = histories.comment_of(opened, pk)
    actions.resolve(comment=found, subject=opened.subject, by=opened.person, now=clock.now())
    return {"comments": histories.comments(opened, found.row, found.column)}


@grid("GET")
def history(request: HttpRequest, opened: OpenForm) -> Json:
    row, column = request.GET.get("row", ""), request.GET.get("column", "")
    return {"lines": histories.history(opened, row, column)}


@grid("POST", edits=True)
def restore(request: HttpRequest, opened: OpenForm) -> Json:
    """Put a value of the history back; like any other change."""
    body, typed = body_of(request, Restored), _typed(opened)
    cells = {body.column: typed.from_kept(body.column, body.value)}
    title = None if body.row else typed.title(SentHeader(cells=cells, version=body.version))
    sent = [SentRow(row=body.row, version=body.version, cells=cells)] if body.row else []
    found = typed.changes(sent)
    typed.settle()
    before = queries.state(opened)
    actions.change(
        source=opened.source, subject=opened.subject, changes=found, header=title,
        by=opened.person, now=clock.now(),
    )  # fmt: skip
    return _changed(before, found)


@grid("POST")
def view_save(request: HttpRequest, opened: OpenForm) -> Json:
    body = body_of(request, SentView)
    actions.save_view(
        source=opened.source, subject=opened.subject, by=opened.person, now=clock.now(),
        **body.model_dump(),
    )  # fmt: skip
    return {"views": queries.views(opened)}


@grid("POST")
def view_delete(request: HttpRequest, opened: OpenForm, pk: int) -> Json:
    del request
    view = histories.view_of(opened, pk)
    actions.delete_view(view=view, subject=opened.subject, by=opened.person, now=clock.now())
    return {"views": queries.views(opened)}
