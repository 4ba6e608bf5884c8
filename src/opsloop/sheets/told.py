"""Whom a remark at a cell is told to: the mentioned, the row's people, and who spoke there before."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import FilledSheet
from opsloop.notify.actions import post
from opsloop.notify.mentions import mentioned, named
from opsloop.org.models import Person
from opsloop.sheets.models import CellComment
from opsloop.sheets.register import SheetSource


def tell(made: CellComment, *, source: SheetSource, subject: Model, now: datetime) -> None:
    """One notice to each of them who may open the form; the writer is not told."""
    assert made.written_by is not None, "a remark is written by somebody"
    asked = mentioned(made.text)
    filled = source.fill(made.written_by, subject)
    meant = {person.pk for person in asked}
    people = {
        person.pk: person for person in (*asked, *named(_names(filled, made.row)), *_spoke(made))
    }
    people.pop(made.written_by.pk, None)
    where = _where(filled, made)
    for person in people.values():
        if _may_read(source, subject, person, made.row):
            title = _("{} mentions you") if person.pk in meant else _("{} left a comment")
            post(
                to=person, kind="sheets.comment", subject=format_lazy(title, str(made.written_by)),
                body=format_lazy("{} · {}\n{}", source.title(subject), where, made.text),
                link=source.address(subject), now=now,
                idempotency_key=f"sheets.comment:{made.pk}:{person.pk}",
            )  # fmt: skip


def _where(filled: FilledSheet, made: CellComment) -> Any:
    """The row as its first cells say it, and the column."""
    values = next((row.values for row in filled.rows if row.id == made.row), {})
    words = [str(values[column.key]) for column in filled.sheet.columns if values.get(column.key)]
    label = next((c.label for c in filled.sheet.columns if c.key == made.column), _("whole row"))
    return format_lazy("{} · {}", " ".join(words[:2]) or filled.sheet.title, label)


def _names(filled: FilledSheet, row: str) -> list[str]:
    """Names in the person columns of the row."""
    columns = [column.key for column in filled.sheet.columns if column.type == "person"]
    values = next((one.values for one in filled.rows if one.id == row), {})
    return [str(values[key]) for key in columns if values.get(key)]


def _spoke(made: CellComment) -> list[Person]:
    """Who left a remark at this cell before."""
    before = CellComment.objects.filter(
        sheet=made.sheet, subject=made.subject, row=made.row, column=made.column, pk__lt=made.pk
    )
    return list(Person.objects.active().filter(pk__in=before.values("written_by")))


def _may_read(source: SheetSource, subject: Model, person: Person, row: str) -> bool:
    """Whether the person may open the form and sees this row of it."""
    try:
        found = source.locate(person, str(subject.pk))
    except ObjectDoesNotExist:
        return False
    if not row or source.sees_all(person, found):
        return True
    return any(one.id == row for one in source.fill(person, found).rows)
