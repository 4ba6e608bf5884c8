"""Write one audit line; every action of every room calls this inside its own transaction."""

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from opsloop.audit.models import Anchor, AuditEvent, ChainHead
from opsloop.org.models import Department, Person

log = logging.getLogger(__name__)

LABEL_LENGTH: Final = 200


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Fields that differ, as `{field: [before, after]}`."""
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def record(
    *,
    by: Person | None,
    now: datetime,
    action: str,
    subject: models.Model,
    changes: Mapping[str, Any] | None = None,
    comment: str = "",
    department: Department | None = None,
) -> AuditEvent:
    """Append one line to the chain. `by` is None for the product itself (a schedule, a worker).

    `action` is `room.verb` such as `loop.confirm`. Must run inside the transaction of the change,
    best as its last statement: writers queue for the chain's head until they commit.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit line belongs to the transaction of its change")
    head, _ = ChainHead.objects.select_for_update().get_or_create(pk=ChainHead.ONLY)
    line = AuditEvent(
        at=now.astimezone(UTC),
        actor=by,
        action=action,
        subject_type=subject._meta.label_lower,  # noqa: SLF001 - Django's documented meta API
        subject_id=str(subject.pk),
        subject_label=_label(subject),
        department=department or _department_of(subject),
        changes=_plain(changes or {}),
        comment=comment.replace("\x00", ""),
        previous_digest=head.digest,
    )
    line.digest = digest_of(line)
    line.save(force_insert=True)
    ChainHead.objects.filter(pk=ChainHead.ONLY).update(digest=line.digest, length=head.length + 1)
    return line


def digest_of(line: AuditEvent) -> str:
    """HMAC-SHA256 over the line and its predecessor's digest, under the install's audit key.

    Equal before saving and after reading back, on every database: instants are taken in UTC and
    the changes hold no floats, whose spelling differs.
    """
    text = json.dumps(
        [
            line.previous_digest, line.at.astimezone(UTC).isoformat(), line.actor_id, line.action,
            line.subject_type, line.subject_id, line.subject_label, line.department_id,
            line.changes, line.comment,
        ],
        ensure_ascii=False, sort_keys=True,
    )  # fmt: skip
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def anchor_chain(now: datetime) -> Anchor | None:
    """Note once a day how long the chain is and how it ends, in the database and in a file.

    The file (`audit_anchors.jsonl` beside the database; ship it elsewhere) shows a chain that was
    cut at its end or rewritten together with the database. None while there is nothing to anchor
    or the day has its anchor.
    """
    today = timezone.localdate(now)
    head = ChainHead.objects.select_for_update().filter(pk=ChainHead.ONLY).first()
    if head is None or Anchor.objects.filter(day=today).exists():
        return None
    anchor = Anchor.objects.create(day=today, length=head.length, digest=head.digest)
    line = json.dumps({"day": str(today), "length": head.length, "digest": head.digest})
    path = anchor_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("audit anchor %s", line)
    return anchor


def anchor_file() -> Path:
    return Path(settings.HOME) / "audit_anchors.jsonl"


def _label(subject: models.Model) -> str:
    """The subject's name as stored: masking names on display must not blind the trail."""
    name = subject.name if isinstance(subject, Person) else str(subject)
    return name.replace("\x00", "")[:LABEL_LENGTH]


def _department_of(subject: models.Model) -> Department | None:
    department = getattr(subject, "department", None)
    return department if isinstance(department, Department) else None


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as any database gives them back: JSON, floats spelled as text, no NUL."""
    text = json.dumps(changes, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False)
    plain: dict[str, Any] = json.loads(text.replace("\\u0000", ""), parse_float=str)
    return plain
