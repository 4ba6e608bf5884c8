"""What was written about a form and what stood in it before: comments, history, snapshots."""

from collections.abc import Sequence

from opsloop.sheets import queries, wire
from opsloop.sheets.models import CellComment, SavedView, Snapshot
from opsloop.sheets.queries import NoSuchForm, OpenForm
from opsloop.sheets.wire import Json

_SHOWN_LINES = 200


def require_row(opened: OpenForm, row: str) -> None:
    """Raises NoSuchForm for a row the person does not see: a form may show each their own."""
    if row and row not in queries.state(opened).by_id:
        raise NoSuchForm(row)


def comments(opened: OpenForm, row: str, column: str | None) -> list[Json]:
    """Remarks at a row, or at one of its cells, oldest first."""
    require_row(opened, row)
    found = CellComment.objects.filter(**opened.about, row=row)
    if column is not None:
        found = found.filter(column=column)
    return [_comment(one) for one in found.select_related("written_by", "resolved_by")]


def _comment(one: CellComment) -> Json:
    return {
        "id": one.pk, "row": one.row, "column": one.column, "text": one.text,
        "by": str(one.written_by or ""), "at": one.written_at.isoformat(),
        "resolvedBy": str(one.resolved_by or ""),
        "resolvedAt": one.resolved_at.isoformat() if one.resolved_at else "",
    }  # fmt: skip


def comment_of(opened: OpenForm, pk: int) -> CellComment:
    """A remark at a row the person sees. Raises NoSuchForm."""
    found = CellComment.objects.filter(**opened.about, pk=pk).first()
    if found is None:
        raise NoSuchForm(pk)
    require_row(opened, found.row)
    return found


def view_of(opened: OpenForm, pk: int) -> SavedView:
    """A saved view that is offered at the form. Raises NoSuchForm."""
    offered = {view["id"] for view in queries.views(opened)}
    if pk not in offered:
        raise NoSuchForm(pk)
    return SavedView.objects.get(pk=pk)


def history(opened: OpenForm, row: str, column: str) -> list[Json]:
    """The changes of a cell, newest first; the newest says where the present value comes from."""
    require_row(opened, row)
    try:
        opened.sheet.column(column)
    except KeyError as error:
        raise NoSuchForm(column) from error
    stands = queries.state(opened).by_id.get(row)
    source = stands.sources.get(column, "") if stands else ""
    lines: list[Json] = []
    for line in queries.past(opened, row, column):
        lines.append({
            "at": line.at.isoformat(), "by": line.by, "before": wire.cell(line.before),
            "after": wire.cell(line.after), "source": "" if lines else source,
        })  # fmt: skip
        if len(lines) == _SHOWN_LINES:
            break
    return lines


def snapshots(opened: OpenForm) -> Sequence[Snapshot]:
    """The named states of a form; only for who sees all of its rows."""
    if not opened.source.sees_all(opened.person, opened.subject):
        return []
    return list(Snapshot.objects.filter(**opened.about).select_related("taken_by")[:_SHOWN_LINES])


def snapshot_of(opened: OpenForm, pk: int) -> Snapshot:
    """Raises NoSuchForm."""
    for one in snapshots(opened):
        if one.pk == pk:
            return one
    raise NoSuchForm(pk)
