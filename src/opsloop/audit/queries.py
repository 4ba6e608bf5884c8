"""Read the trail: a page of lines for the auditor, and whether the chain is whole."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.utils import timezone

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
    """One field of a line as text; `before` is empty where the action noted only the new value."""

    field: str
    before: str
    after: str


def changes_of(line: AuditEvent) -> list[Change]:
    """The fields of a line worth showing: those of a new record that are empty are left out."""
    found = []
    for name, value in line.changes.items():
        pair = value if isinstance(value, list) and len(value) == 2 else [None, value]
        change = Change(name, _shown(pair[0]), _shown(pair[1]))
        if change.before or change.after:
            found.append(change)
    return found


def _shown(value: object) -> str:
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
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
