"""Read the trail: a page of lines for the auditor, and whether the chain is whole."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from opsloop.audit.actions import anchor_file, digest_of
from opsloop.audit.models import Anchor, AuditEvent, AuditQuerySet, ChainHead
from opsloop.org.models import Person

RETENTION_DAYS: Final = 184  # at least; the product itself never deletes a line
SHOWN_LENGTH: Final = 120


@dataclass(frozen=True)
class ChainStatus:
    """`broken_at` is the first line that does not follow; `reason` a code for the sentence."""

    length: int
    whole: bool
    reason: str = ""  # altered | gap | head | anchor
    broken_at: int | None = None
    last_anchor: date | None = None


@dataclass(frozen=True)
class Filters:
    """What the auditor narrows the trail to; empty values narrow nothing."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first_on: date | None = None
    last_on: date | None = None


def lines(person: Person, filters: Filters) -> AuditQuerySet:
    """Lines that fit the filters, newest first."""
    found = AuditEvent.objects.visible_to(person).select_related("actor", "department")
    if filters.actor:
        found = found.filter(actor__username=filters.actor)
    if filters.action:
        found = found.filter(action=filters.action)
    if filters.subject:
        found = found.filter(subject_label__icontains=filters.subject)
    if filters.first_on:
        found = found.filter(at__gte=_midnight(filters.first_on))
    if filters.last_on:
        found = found.filter(at__lt=_midnight(date.fromordinal(filters.last_on.toordinal() + 1)))
    return found.order_by("-id")


@dataclass(frozen=True)
class Change:
    """One field of a line as text; `before` is empty where the action noted only the new value.

    `label` is what the record's form calls the field; a field without a name shows its identifier.
    """

    field: str
    label: str
    before: str
    after: str


def changes_of(line: AuditEvent) -> list[Change]:
    """The fields of a line worth showing: those of a new record that are empty are left out."""
    found = []
    for name, value in line.changes.items():
        pair = value if isinstance(value, list) and len(value) == 2 else [None, value]
        column = _column(line.subject_type, name)
        before, after = (_shown(_said(column, one)) for one in pair)
        change = Change(name, _label(column, name), before, after)
        if change.before or change.after:
            found.append(change)
    return found


def _column(subject_type: str, name: str) -> "models.Field[Any, Any] | None":
    """The column of the record a line is about, if it still has one of this name."""
    try:
        found = apps.get_model(subject_type)._meta.get_field(name)  # noqa: SLF001 - documented
    except (LookupError, ValueError, FieldDoesNotExist):
        return None
    return found if isinstance(found, models.Field) else None


def _label(column: "models.Field[Any, Any] | None", name: str) -> str:
    """A column nobody named is called by Django after its identifier, which says less."""
    if column is None or str(column.verbose_name) == name.replace("_", " "):
        return name
    return capfirst(str(column.verbose_name))


def _said(column: "models.Field[Any, Any] | None", value: Any) -> Any:
    """A choice by its word, yes and no as words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if column is None or not isinstance(value, str):
        return value
    return dict(column.flatchoices).get(value, value)


def _shown(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"


@dataclass(frozen=True)
class HeadStatus:
    """The length of the chain and its last anchored day, without recomputing anything."""

    length: int
    last_anchor: date | None


def head_status() -> HeadStatus:
    head = ChainHead.objects.filter(pk=ChainHead.ONLY).first()
    newest = Anchor.objects.order_by("-day").first()
    return HeadStatus(head.length if head else 0, newest.day if newest else None)


def verify_chain() -> ChainStatus:
    """Recompute every digest in order; compare the end and every anchored day."""
    anchored = _anchored_digests()
    newest = Anchor.objects.order_by("-day").first()
    last_anchor = newest.day if newest else None
    previous, length = "", 0
    for line in AuditEvent.objects.order_by("id").iterator(chunk_size=2_000):
        length += 1
        if line.previous_digest != previous:
            return ChainStatus(length, False, "gap", line.pk, last_anchor)
        if digest_of(line) != line.digest:
            return ChainStatus(length, False, "altered", line.pk, last_anchor)
        if anchored.pop(length, line.digest) != line.digest:
            return ChainStatus(length, False, "anchor", line.pk, last_anchor)
        previous = line.digest
    head = ChainHead.objects.filter(pk=ChainHead.ONLY).first() or ChainHead()
    if anchored:
        return ChainStatus(length, False, "anchor", None, last_anchor)
    if (head.length, head.digest) != (length, previous):
        return ChainStatus(length, False, "head", None, last_anchor)
    return ChainStatus(length, True, last_anchor=last_anchor)


def _anchored_digests() -> dict[int, str]:
    """Chain length → digest, from the anchors of the database and those of the file."""
    found = {anchor.length: anchor.digest for anchor in Anchor.objects.all()}
    path = anchor_file()
    if path.exists():
        for text in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            found.setdefault(int(row["length"]), str(row["digest"]))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
