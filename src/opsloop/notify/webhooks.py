"""Events to other systems: set up by an administrator, taken from the audit trail, signed, sent.

The trail is the outbox: a line is written with the change itself, in one order for all writers, so
what was committed is sent and nothing else. A delivery says what happened to which record; what the
record holds is read through the API, with the rights of the receiver's own token.

Signed as in Standard Webhooks: `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
`id.timestamp.body`.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from http import HTTPStatus
from operator import or_
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.crypto import salted_hmac

from opsloop.audit.actions import changes_between, record
from opsloop.audit.models import AuditEvent
from opsloop.notify import outbound
from opsloop.notify.models import Webhook, WebhookDelivery
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require

ATTEMPTS: Final = 8
FIRST_PAUSE: Final = timedelta(minutes=1)  # doubles with every attempt
KEPT: Final = timedelta(days=30)
# One slow receiver must not keep the others, nor the rest of the schedule, waiting.
A_TICK: Final = 20
COLLECTED: Final = 500
TEST: Final = "notify.test_webhook"


@transaction.atomic
def create(*, name: str, url: str, topics: Sequence[str], by: Person, now: datetime) -> Webhook:
    """A new receiver of what happens from now on. Raises `outbound.NotAllowed`."""
    require(by, Permission.INTEGRATION_EDIT)
    outbound.target_of(url)
    newest = AuditEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    webhook = Webhook.objects.create(
        name=name, url=url, topics=sorted(topics), salt=secrets.token_urlsafe(16),
        seen_line=newest, created_by=by, created_at=now,
    )  # fmt: skip
    _record("notify.create_webhook", webhook, by, now, {"url": [None, url]})
    return webhook


@transaction.atomic
def change(
    webhook: Webhook, *, name: str, url: str, topics: Sequence[str], is_active: bool, by: Person,
    now: datetime,
) -> Webhook:  # fmt: skip
    """Another name, address or topics; a paused receiver later gets what happened meanwhile."""
    require(by, Permission.INTEGRATION_EDIT)
    outbound.target_of(url)
    after = {"name": name, "url": url, "topics": sorted(topics), "is_active": is_active}
    stored = Webhook.objects.select_for_update().get(pk=webhook.pk)
    changes = changes_between({field: getattr(stored, field) for field in after}, after)
    for field, value in after.items():
        setattr(stored, field, value)
    stored.save(update_fields=[*after])
    if changes:
        _record("notify.change_webhook", stored, by, now, changes)
    return stored


@transaction.atomic
def renew_secret(webhook: Webhook, *, by: Person, now: datetime) -> Webhook:
    """From now on signed with another secret."""
    require(by, Permission.INTEGRATION_EDIT)
    stored = Webhook.objects.select_for_update().get(pk=webhook.pk)
    stored.salt = secrets.token_urlsafe(16)
    stored.save(update_fields=["salt"])
    _record("notify.renew_webhook", stored, by, now, {})
    return stored


@transaction.atomic
def remove(webhook: Webhook, *, by: Person, now: datetime) -> None:
    """Nothing more is sent; the log of deliveries goes with it, the trail remains."""
    require(by, Permission.INTEGRATION_EDIT)
    _record("notify.remove_webhook", webhook, by, now, {"url": [webhook.url, None]})
    webhook.delete()


@transaction.atomic
def send_test(webhook: Webhook, *, by: Person, now: datetime) -> WebhookDelivery:
    """An event that says nothing but that events arrive."""
    require(by, Permission.INTEGRATION_EDIT)
    line = _record(TEST, webhook, by, now, {})
    return WebhookDelivery.objects.create(webhook=webhook, line=line, due_at=now)


def secret_of(webhook: Webhook) -> str:
    """What the receiver checks signatures with; derived from the site's key, stored nowhere."""
    return "whsec_" + base64.b64encode(_key(webhook)).decode()


def _key(webhook: Webhook) -> bytes:
    return salted_hmac(
        "opsloop.notify.webhooks", webhook.salt, secret=settings.SECRET_KEY, algorithm="sha256"
    ).digest()


def signature(webhook: Webhook, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature of one delivery."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(webhook), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def send_events(now: datetime) -> int:
    """Queue what the trail holds that is new, send what is due; returns how many arrived.

    Safe to run again at any time, and by two schedulers at once.
    """
    sent = 0
    for webhook in Webhook.objects.filter(is_active=True).order_by("id"):
        _collect(webhook, now)
        sent += _send_due(webhook, now)
    WebhookDelivery.objects.filter(due_at__lt=now - KEPT).exclude(
        state=WebhookDelivery.State.WAITING
    ).delete()
    return sent


@transaction.atomic
def _collect(webhook: Webhook, now: datetime) -> None:
    stored = Webhook.objects.select_for_update().get(pk=webhook.pk)
    of_topics = reduce(or_, (Q(action__startswith=f"{topic}.") for topic in stored.topics), Q())
    lines = AuditEvent.objects.filter(of_topics, pk__gt=stored.seen_line).order_by("id")
    found = list(lines[:COLLECTED])
    WebhookDelivery.objects.bulk_create(
        (WebhookDelivery(webhook=stored, line=line, due_at=now) for line in found),
        ignore_conflicts=True,
    )
    if found:
        stored.seen_line = found[-1].pk
        stored.save(update_fields=["seen_line"])


def _send_due(webhook: Webhook, now: datetime) -> int:
    """In order; the first that does not arrive ends this round for its receiver."""
    for sent in range(A_TICK):
        delivery = _claim(webhook, now)
        if delivery is None or not _send(webhook, delivery, now):
            return sent
    return A_TICK


@transaction.atomic
def _claim(webhook: Webhook, now: datetime) -> WebhookDelivery | None:
    """Count the attempt and put its repetition off; the outcome overwrites both."""
    waiting = WebhookDelivery.objects.select_for_update(of=("self",)).filter(
        webhook=webhook, state=WebhookDelivery.State.WAITING, due_at__lte=now
    )
    delivery = waiting.select_related("line__department").order_by("id").first()
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.due_at = now + FIRST_PAUSE * 2**delivery.attempts
    if delivery.attempts >= ATTEMPTS:
        delivery.state = WebhookDelivery.State.FAILED
    delivery.save(update_fields=["attempts", "due_at", "state"])
    return delivery


def _send(webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> bool:
    row = WebhookDelivery.objects.filter(pk=delivery.pk)
    body = payload(delivery.line)
    message_id, timestamp = f"{webhook.pk}-{delivery.line_id}", int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "OpsLoop",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(webhook, message_id, timestamp, body),
    }
    try:
        status = outbound.post(webhook.url, body, headers)
    except (outbound.NotAllowed, outbound.Unreachable) as problem:
        row.update(status=None, problem=str(problem)[:300])
        return False
    arrived = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    if arrived:
        row.update(
            state=WebhookDelivery.State.SENT, status=status, sent_at=now, due_at=now, problem=""
        )
    else:
        row.update(status=status, problem="")
    return arrived


def payload(line: AuditEvent) -> bytes:
    """What happened to which record, when; never what the record holds."""
    event = {
        "id": line.pk,
        "type": line.action,
        "at": line.at.astimezone(UTC).isoformat(),
        "subject": {"type": line.subject_type, "id": line.subject_id},
        "department": line.department.code if line.department else None,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _record(
    action: str, webhook: Webhook, by: Person, now: datetime, changes: dict[str, list[object]]
) -> AuditEvent:
    return record(by=by, now=now, action=action, subject=webhook, changes=changes)
