"""Write one audit line; every action of every room calls this inside its own transaction."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from opsloop.audit.models import AuditEvent
from opsloop.org.models import Department, Person


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

    `action` is `room.verb` such as `loop.confirm`. Must run inside the transaction of the change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit line belongs to the transaction of its change")
    last = AuditEvent.objects.select_for_update().order_by("-id").first()
    line = AuditEvent(
        at=now,
        actor=by,
        action=action,
        subject_type=subject._meta.label_lower,  # noqa: SLF001 - Django's documented meta API
        subject_id=str(subject.pk),
        subject_label=str(subject)[:200],
        department=department,
        changes=json.loads(json.dumps(changes or {}, cls=DjangoJSONEncoder)),
        comment=comment,
        previous_digest=last.digest if last else "",
    )
    line.digest = digest_of(line)
    line.save(force_insert=True)
    return line


def digest_of(line: AuditEvent) -> str:
    """HMAC-SHA256 over the line and its predecessor's digest, under the install's audit key."""
    text = json.dumps(
        [
            line.previous_digest, line.at.isoformat(), line.actor_id, line.action,
            line.subject_type, line.subject_id, line.subject_label, line.department_id,
            line.changes, line.comment,
        ],
        ensure_ascii=False, sort_keys=True,
    )  # fmt: skip
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
