"""Every read of the sheets room: an opened form, what changed in it, who changed a cell and when."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Model, Q

from opsloop.audit.models import AuditEvent
from opsloop.exchange.columns import FilledSheet, Remark, Sheet, SheetRow
from opsloop.org.models import Person
from opsloop.org.permissions import NotPermitted
from opsloop.sheets import wire
from opsloop.sheets.actions import TitleChange
from opsloop.sheets.models import CellComment, SavedView
from opsloop.sheets.reading import typed_text
from opsloop.sheets.register import CellChange, Conflict, SheetForm, SheetSource, forms
from opsloop.sheets.versions import header_version
from opsloop.sheets.wire import Json


class NoSuchForm(ObjectDoesNotExist):
    """There is no such form, or the person may not see it."""


@dataclass(frozen=True)
class OpenForm:
    """A form one person opened; `key` is the record's part of the address."""

    form: SheetForm
    source: SheetSource
    subject: Model
    person: Person
    key: str

    @property
    def sheet(self) -> Sheet:
        return self.source.sheet

    @property
    def may_edit(self) -> bool:
        return self.source.may_edit(self.person, self.subject)

    def require_edit(self) -> None:
        """Raises NotPermitted for a person who may only read."""
        if not self.may_edit:
            raise NotPermitted(f"{self.person.username} may not edit {self.sheet.key} {self.key}")

    def named(self) -> FilledSheet:
        """The filled form with the name of its record, as it is written to paper and files."""
        filled = self.source.fill(self.person, self.subject)
        return replace(filled, name=self.source.title(self.subject))

    @property
    def about(self) -> dict[str, str]:
        """How records about the form name it."""
        return {"sheet": self.sheet.key, "subject": self.key}


def open_form(person: Person, sheet: str, subject: str) -> OpenForm:
    """The form at an address, in the person's scope. Raises NoSuchForm."""
    form = forms().get(sheet)
    if form is None or form.source is None:
        raise NoSuchForm(sheet)
    try:
        located = form.source.locate(person, subject)
    except ObjectDoesNotExist as error:
        raise NoSuchForm(subject) from error
    return OpenForm(form, form.source, located, person, str(located.pk))


@dataclass(frozen=True)
class State:
    """A form as it stands for one person, with everything said about it."""

    open: OpenForm
    filled: FilledSheet
    remarks: tuple[Remark, ...]
    comments: Mapping[str, Mapping[str, int]]

    @cached_property
    def rows(self) -> list[Json]:
        return wire.rows(self.filled, self.remarks, self.comments)

    @cached_property
    def by_id(self) -> dict[str, SheetRow]:
        return {row.id: row for row in self.filled.rows}


def state(opened: OpenForm) -> State:
    filled = opened.source.fill(opened.person, opened.subject)
    return State(opened, filled, opened.form.remarks(filled), open_comments(opened))


def open_comments(opened: OpenForm) -> dict[str, dict[str, int]]:
    """Unresolved comments: row → column → how many."""
    lines = CellComment.objects.filter(**opened.about, resolved_at=None)
    found: dict[str, dict[str, int]] = {}
    for row, column, count in lines.values_list("row", "column").annotate(Count("id")).order_by():
        found.setdefault(row, {})[column] = count
    return found


def data(now: State) -> Json:
    """Everything the grid needs to begin."""
    opened = now.open
    may_edit = opened.may_edit
    return {
        "sheet": wire.sheet(opened.sheet, opened.person),
        **wire.header(now.filled),
        "rows": now.rows,
        "totals": wire.totals(now.filled),
        "remarks": wire.about_form(now.remarks),
        "may": {
            "edit": may_edit,
            "comment": True,
            "rows": may_edit and not opened.source.has_fixed_rows,
        },
        "views": views(opened),
    }


def views(opened: OpenForm) -> list[Json]:
    """One's own views of this kind of form, and those shared at this form."""
    mine = Q(owner=opened.person)
    seen = SavedView.objects.filter(sheet=opened.sheet.key).filter(
        mine | Q(shared=True, subject=opened.key)
    )
    return [
        {
            "id": view.pk, "name": view.name, "shared": view.shared, "state": view.state,
            "mine": view.owner_id == opened.person.pk,
        }
        for view in seen
    ]  # fmt: skip


def changed(before: State, after: State) -> Json:
    """What a write changed, as the grid takes it: rows that read differently now, and new ones."""
    stood = {row["id"]: row for row in before.rows}
    return {
        "rows": [row for row in after.rows if stood.get(row["id"]) != row],
        "totals": wire.totals(after.filled),
        "remarks": wire.about_form(after.remarks),
    }


def inverse(before: State, after: State, changes: Sequence[CellChange]) -> list[Json]:
    """The changes that put the cells back, against the versions that stand now."""
    sheet = after.open.sheet
    found = []
    for change in changes:
        old, new = before.by_id.get(change.row), after.by_id.get(change.row)
        if old is None or new is None:
            continue
        cells = {key: typed_text(sheet.column(key), old.values.get(key)) for key in change.values}
        found.append({"row": change.row, "version": new.version, "cells": cells})
    return found


def pasted(
    before: State, changes: Sequence[CellChange], ids: Sequence[str], title: TitleChange | None
) -> Json:
    """What a paste changed; `inverse` is the body that takes it back, `ids` are the new rows."""
    after = state(fresh(before.open))
    made = [{"id": row, "version": after.by_id[row].version} for row in ids]
    back: Json = {"changes": inverse(before, after, changes), "delete": made}
    if title is not None:
        fields = {column.key: column for column in after.open.sheet.header}
        cells = {
            key: typed_text(fields[key], before.filled.header.get(key)) for key in title.values
        }
        back["header"] = {"cells": cells, "version": header_version(after.filled)}
    order = [row.id for row in after.filled.rows]
    return {
        **changed(before, after), **wire.header(after.filled), "ids": list(ids), "order": order,
        "inverse": back,
    }  # fmt: skip


def blocks_of(before: State, removed: Sequence[str]) -> list[Json]:
    """Removed rows as blocks to insert again: runs of neighbours, each below the row it stood below."""
    gone, above, running = set(removed), "", False
    blocks: list[Json] = []
    editable = before.open.sheet.editable
    for row in before.filled.rows:
        if row.id not in gone:
            above, running = row.id, False
            continue
        if not running:
            blocks.append({"after": above, "rows": []})
        cells = {column.key: typed_text(column, row.values.get(column.key)) for column in editable}
        blocks[-1]["rows"].append(cells)
        running = True
    return blocks


def whole(opened: OpenForm) -> Json:
    """All rows as they stand, with totals and remarks."""
    now = state(opened)
    return {
        "rows": now.rows, "totals": wire.totals(now.filled),
        "remarks": wire.about_form(now.remarks),
    }  # fmt: skip


def titled(opened: OpenForm) -> Json:
    """The title block as it stands, with its version and what is said about the form."""
    now = state(fresh(opened))
    return {**wire.header(now.filled), "remarks": wire.about_form(now.remarks)}


def fresh(opened: OpenForm) -> OpenForm:
    """The form read again after its record changed."""
    return open_form(opened.person, opened.sheet.key, opened.key)


def put_back(before: State, removed: Sequence[tuple[str, str]]) -> Json:
    """The body that inserts removed rows again where they stood."""
    blocks = blocks_of(before, [row for row, _version in removed])
    return blocks[0] if len(blocks) == 1 else {"blocks": blocks}


def rows_of(opened: OpenForm, ids: Collection[str]) -> list[Json]:
    return [row for row in state(opened).rows if row["id"] in ids]


def conflicts(opened: OpenForm, found: Sequence[Conflict]) -> list[Json]:
    """Both values of each cell, and who wrote the one that stands, when."""
    stands = state(opened)
    told = []
    for one in found:
        row = stands.by_id.get(one.row)
        line = next(past(opened, one.row, one.column), None)
        told.append({
            "row": one.row, "column": one.column, "yours": wire.cell(one.yours),
            "theirs": wire.cell(one.theirs), "version": row.version if row else "",
            "by": one.by or (line.by if line else ""),
            "at": _moment(one.at or (line.at if line else None)),
        })  # fmt: skip
    return told


@dataclass(frozen=True)
class Line:
    """One change of a cell, as the audit trail keeps it."""

    at: Any
    by: str
    before: Any
    after: Any


def past(opened: OpenForm, row: str, column: str) -> Iterator[Line]:
    """The changes of a cell, newest first."""
    try:
        subject = opened.source.row_subject(opened.subject, row)
    except ObjectDoesNotExist:
        return
    lines = AuditEvent.objects.all().about(subject).select_related("actor").order_by("-id")
    for line in lines:
        pair = opened.source.past_value(column, line.changes)
        if pair is not None:
            yield Line(line.at, str(line.actor or ""), *pair)


def _moment(at: Any) -> str:
    return at.isoformat() if at else ""
