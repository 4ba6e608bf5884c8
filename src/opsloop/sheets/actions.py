"""Every write of the sheets room.

A form's own cells are written by its tool; here is what one request does as a whole, all or
nothing, and the records about cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from opsloop.org.models import Person
from opsloop.sheets.register import CellChange, Conflict, Conflicting, SheetSource
from opsloop.sheets.versions import changed_since


@dataclass(frozen=True)
class Block:
    """New rows that stand together: `after` is the id of the row above, "" for the top."""

    after: str
    rows: Sequence[Mapping[str, Any]]


RowVersion = tuple[str, str]


@transaction.atomic
def change(
    *, source: SheetSource, subject: Model, changes: Sequence[CellChange], by: Person,
    now: datetime, blocks: Sequence[Block] = (), removed: Sequence[RowVersion] = (),
) -> list[str]:  # fmt: skip
    """Change cells, add and remove rows, all or nothing; returns the ids of the new rows.

    Raises Conflicting, CellRefused, NotPermitted.
    """
    _hold(subject)
    if changes:
        source.change(subject, changes, by=by, now=now)
    if removed:
        source.delete(subject, removed, by=by, now=now)
    made: list[str] = []
    for block in blocks:
        made += source.insert(subject, block.rows, after=block.after, by=by, now=now)
    return made


@transaction.atomic
def move(
    *, source: SheetSource, subject: Model, row: str, after: str, by: Person, now: datetime
) -> None:
    """Put a row below another, "" for the top. Raises NotPermitted, CellRefused."""
    _hold(subject)
    source.move(subject, row, after=after, by=by, now=now)


@transaction.atomic
def change_header(
    *, source: SheetSource, subject: Model, values: Mapping[str, Any], version: str, by: Person,
    now: datetime,
) -> None:  # fmt: skip
    """Change fields of the title block read in `version`. Raises Conflicting, CellRefused."""
    held = _hold(subject)
    stands = source.fill(by, held).header
    changed = changed_since(version, stands, source.sheet.header)
    conflicts = [
        Conflict("", key, value, stands.get(key))
        for key, value in values.items()
        if key in changed and value != stands.get(key)
    ]
    if conflicts:
        raise Conflicting(conflicts)
    source.change_header(held, values, by=by, now=now)


def _hold(subject: Model) -> Model:
    """The form's record, locked: two requests about one form take turns."""
    rows = type(subject)._base_manager  # noqa: SLF001 - Django's documented name
    return rows.select_for_update().get(pk=subject.pk)
