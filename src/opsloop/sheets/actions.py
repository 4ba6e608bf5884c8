"""Every write of the sheets room.

A form's own cells are written by its tool; here is what one request does as a whole, all or
nothing, and the records about cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from opsloop.audit.actions import record
from opsloop.exchange.returned.model import ReturnedForm as FormFile
from opsloop.org.models import Person
from opsloop.org.permissions import NotPermitted
from opsloop.sheets.kept import kept, kept_return
from opsloop.sheets.models import (
    CellComment,
    ReturnedForm,
    ReturnedState,
    SavedView,
    Snapshot,
)
from opsloop.sheets.register import (
    CellChange,
    CellRefused,
    Conflict,
    Conflicting,
    SheetSource,
)
from opsloop.sheets.told import tell
from opsloop.sheets.versions import changed_since


@dataclass(frozen=True)
class Block:
    """New rows that stand together: `after` is the id of the row above, "" for the top."""

    after: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TitleChange:
    """New values of the title block, read against `version`."""

    values: Mapping[str, Any]
    version: str


RowVersion = tuple[str, str]
KEPT_FILES: Final = 20


@dataclass(frozen=True)
class Decision:
    """What somebody takes over of a file or an older state."""

    changes: Sequence[CellChange]
    blocks: Sequence[Block]
    removed: Sequence[RowVersion]
    header: TitleChange | None


class AlreadyApplied(Exception):
    """The file was taken over already."""


@transaction.atomic
def change(
    *, source: SheetSource, subject: Model, changes: Sequence[CellChange], by: Person,
    now: datetime, blocks: Sequence[Block] = (), removed: Sequence[RowVersion] = (),
    header: TitleChange | None = None,
) -> list[str]:  # fmt: skip
    """Change title block and cells, remove and add rows, all or nothing; returns the ids of the new rows.

    Raises Conflicting, CellRefused, NotPermitted.
    """
    subject = _hold(source, subject, by)
    if header is not None:
        _write_header(source, subject, header, by=by, now=now)
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
    *, source: SheetSource, subject: Model, row: str, after: str, by: Person, now: datetime,
    parent: str | None = None,
) -> None:  # fmt: skip
    """Put a row below another, "" for the top; `parent` names the branch of a tree it goes into.

    Raises NotPermitted, CellRefused.
    """
    if parent is not None and not source.sheet.is_tree:
        raise CellRefused(row, "", _("The rows of this form have no branches."))
    subject = _hold(source, subject, by)
    source.move(subject, row, after=after, parent=parent, by=by, now=now)


@transaction.atomic
def change_header(
    *, source: SheetSource, subject: Model, values: Mapping[str, Any], version: str, by: Person,
    now: datetime,
) -> None:  # fmt: skip
    """Change fields of the title block read in `version`. Raises Conflicting, CellRefused."""
    held = _hold(source, subject, by)
    _write_header(source, held, TitleChange(values, version), by=by, now=now)


def _write_header(
    source: SheetSource, subject: Model, change: TitleChange, *, by: Person, now: datetime
) -> None:
    stands = source.fill(by, subject).header
    changed = changed_since(change.version, stands, source.sheet.header)
    conflicts = [
        Conflict("", key, value, stands.get(key))
        for key, value in change.values.items()
        if key in changed and value != stands.get(key)
    ]
    if conflicts:
        raise Conflicting(conflicts)
    source.change_header(subject, change.values, by=by, now=now)


def _hold(source: SheetSource, subject: Model, by: Person) -> Model:
    """The form as it stands now, its record locked: two requests about one form take turns."""
    rows = type(subject)._base_manager  # noqa: SLF001 - Django's documented name
    rows.select_for_update().get(pk=subject.pk)
    return source.locate(by, str(subject.pk))


@transaction.atomic
def comment(
    *, source: SheetSource, subject: Model, row: str, column: str, text: str, by: Person,
    now: datetime,
) -> CellComment:  # fmt: skip
    """Leave a remark at a cell and tell whom it concerns; `column` "" is the row, `row` "" the form."""
    made = CellComment.objects.create(
        **_about(source, subject), row=row, column=column, text=_plain(text),
        written_by=by, written_at=now,
    )  # fmt: skip
    changes = {"row": [None, row], "column": [None, column], "text": [None, made.text]}
    _record("sheets.comment", subject, by, now, changes)
    tell(made, source=source, subject=subject, now=now)
    return made


@transaction.atomic
def resolve(*, comment: CellComment, subject: Model, by: Person, now: datetime) -> CellComment:
    """Close a remark; one that is closed already stays as it is."""
    if comment.resolved_at is None:
        comment.resolved_by, comment.resolved_at = by, now
        comment.save(update_fields=["resolved_by", "resolved_at"])
        _record("sheets.resolve", subject, by, now, {"comment": [comment.text, None]})
    return comment


@transaction.atomic
def save_view(
    *, source: SheetSource, subject: Model, name: str, state: Mapping[str, Any], shared: bool,
    by: Person, now: datetime,
) -> SavedView:  # fmt: skip
    """Keep an arrangement under a name; one's own of the same name is replaced."""
    about = _about(source, subject)
    view, _new = SavedView.objects.update_or_create(
        sheet=about["sheet"], owner=by, name=_plain(name),
        defaults={
            "subject": about["subject"], "state": dict(state), "shared": shared, "saved_at": now
        },
    )  # fmt: skip
    _record("sheets.save_view", subject, by, now, {"view": [None, view.name]})
    return view


@transaction.atomic
def delete_view(*, view: SavedView, subject: Model, by: Person, now: datetime) -> None:
    """Forget an arrangement. Raises NotPermitted for somebody else's."""
    if view.owner_id != by.pk:
        raise NotPermitted(f"{by.username} does not own the view {view.pk}")
    _record("sheets.delete_view", subject, by, now, {"view": [view.name, None]})
    view.delete()


@transaction.atomic
def take_snapshot(
    *, source: SheetSource, subject: Model, name: str, by: Person, now: datetime
) -> Snapshot:
    """Keep the form as it stands under a name."""
    held = _hold(source, subject, by)
    made = Snapshot.objects.create(
        **_about(source, subject), name=_plain(name), content=kept(source.fill(by, held)),
        taken_by=by, taken_at=now,
    )  # fmt: skip
    _record("sheets.snapshot", subject, by, now, {"snapshot": [None, made.name]})
    return made


@transaction.atomic
def receive(
    *, sheet: str, subject: str, file_name: str, form: FormFile, by: Person, now: datetime
) -> ReturnedForm:
    """Keep a file that came back until somebody decides; `subject` "" is a form without a record.

    Of a person's files about one form the newest KEPT_FILES are kept.
    """
    about = {"sheet": sheet, "subject": subject, "received_by": by}
    made = ReturnedForm.objects.create(
        **about, file_name=_plain(file_name)[:200], content=kept_return(form), received_at=now
    )
    old = ReturnedForm.objects.filter(**about).order_by("-id").values_list("pk", flat=True)
    ReturnedForm.objects.filter(pk__in=list(old[KEPT_FILES:])).delete()
    record(
        by=by, now=now, action="sheets.receive", subject=made,
        changes={"file": [None, made.file_name], "sheet": [None, sheet]},
    )  # fmt: skip
    return made


@transaction.atomic
def apply(
    *, returned: ReturnedForm, source: SheetSource, subject: Model, decision: Decision, by: Person,
    now: datetime,
) -> list[str]:  # fmt: skip
    """Take over what was chosen of a file, all of it or nothing; returns the ids of new rows.

    Raises AlreadyApplied, and what `change` raises.
    """
    held = ReturnedForm.objects.select_for_update().get(pk=returned.pk)
    if held.state == ReturnedState.APPLIED:
        raise AlreadyApplied
    ids = change(
        source=source, subject=subject, changes=decision.changes, blocks=decision.blocks,
        removed=decision.removed, header=decision.header, by=by, now=now,
    )  # fmt: skip
    held.state = ReturnedState.APPLIED
    held.save(update_fields=["state"])
    _record("sheets.apply", subject, by, now, {"file": [None, held.file_name]})
    return ids


def _about(source: SheetSource, subject: Model) -> dict[str, str]:
    return {"sheet": source.sheet.key, "subject": str(subject.pk)}


def _plain(text: str) -> str:
    """Without control characters; NUL is refused by databases."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t").strip()


def _record(
    action: str, subject: Model, by: Person, now: datetime, changes: Mapping[str, Any]
) -> None:
    record(by=by, now=now, action=action, subject=subject, changes=changes)
