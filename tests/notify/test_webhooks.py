"""Other systems are told of what was committed: once each, signed, in their topics only."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from opsloop.audit.actions import record
from opsloop.audit.models import AuditEvent
from opsloop.notify import outbound, webhooks
from opsloop.notify.models import Webhook, WebhookDelivery
from opsloop.org import clock
from opsloop.org.permissions import NotPermitted, Role
from tests.notify.test_outbound import heard  # noqa: F401 - fixture
from tests.org.conftest import NOW, company  # noqa: F401 - fixture

State = WebhookDelivery.State


@pytest.fixture
def admin(company):  # noqa: F811
    return company.somebody(Role.SYSTEM_ADMIN)


@pytest.fixture
def receiver(admin, heard):  # noqa: F811
    return webhooks.create(name="集团OA", url=heard.url, topics=["loop"], by=admin, now=NOW)


def happen(admin, action="loop.confirm", count=1):
    with transaction.atomic():
        for _ in range(count):
            record(by=admin, now=NOW, action=action, subject=admin)


def test_an_event_arrives_once_and_says_what_happened_but_not_what_stands_there(
    receiver, admin, heard  # noqa: F811
):  # fmt: skip
    happen(admin)
    assert [webhooks.send_events(NOW), webhooks.send_events(NOW)] == [1, 0]
    ((_path, headers, body),) = heard.requests
    line = AuditEvent.objects.get(action="loop.confirm")
    assert json.loads(body) == {
        "id": line.pk, "type": "loop.confirm", "at": "2024-06-05T02:00:00+00:00",
        "subject": {"type": "org.person", "id": str(admin.pk)}, "department": None,
    }  # fmt: skip
    assert headers["webhook-id"] == f"{receiver.pk}-{line.pk}"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == (State.SENT, 204, 1)


def test_the_signature_is_checked_with_the_shown_secret_alone(receiver, admin, heard):  # noqa: F811
    happen(admin)
    webhooks.send_events(NOW)
    ((_path, headers, body),) = heard.requests
    key = base64.b64decode(webhooks.secret_of(receiver).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_the_signature_is_that_of_the_standard():
    """Computed by hand: base64(HMAC-SHA256(key, "1-2.3.{}"))."""
    webhook = Webhook(salt="s")
    by_hand = hmac.new(
        base64.b64decode(webhooks.secret_of(webhook)[6:]), b"1-2.3.{}", hashlib.sha256
    ).digest()
    assert (
        webhooks.signature(webhook, "1-2", 3, b"{}") == "v1," + base64.b64encode(by_hand).decode()
    )


def test_other_topics_and_what_was_undone_are_not_told(receiver, admin, heard):  # noqa: F811
    happen(admin, "org.edit_person")
    happen(admin, "loopy.confirm")
    with pytest.raises(RuntimeError), transaction.atomic():
        happen(admin)
        raise RuntimeError
    webhooks.send_events(NOW)
    assert heard.requests == []


def test_what_happened_before_it_was_set_up_is_not_told(admin, heard):  # noqa: F811
    happen(admin)
    webhooks.create(name="OA", url=heard.url, topics=["loop"], by=admin, now=NOW)
    assert webhooks.send_events(NOW) == 0


def test_a_failure_is_tried_again_at_growing_distances_and_then_given_up(
    receiver, admin, heard  # noqa: F811
):  # fmt: skip
    heard.status = 500
    happen(admin)
    moment, attempts = NOW, []
    for minute in range(600):
        before = len(heard.requests)
        webhooks.send_events(moment)
        attempts += [minute] * (len(heard.requests) - before)
        moment += timedelta(minutes=1)
    assert attempts == [0, 2, 6, 14, 30, 62, 126, 254]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status) == (State.FAILED, 500)
    assert len({headers["webhook-id"] for _p, headers, _b in heard.requests}) == 1


def test_a_receiver_that_does_not_answer_ends_its_round_but_not_that_of_others(
    receiver, admin, heard, settings  # noqa: F811
):  # fmt: skip
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1", "no-such-host.invalid"]
    dead = webhooks.create(
        name="A", url="https://no-such-host.invalid/", topics=["loop"], by=admin, now=NOW
    )
    happen(admin, count=3)
    assert webhooks.send_events(NOW) == 3
    attempts = dead.deliveries.order_by("id").values_list("attempts", flat=True)
    assert list(attempts) == [1, 0, 0]
    assert dead.deliveries.order_by("id")[0].problem


def test_many_events_take_several_rounds_and_none_is_lost(receiver, admin, heard):  # noqa: F811
    happen(admin, count=webhooks.A_TICK + 5)
    assert [webhooks.send_events(NOW), webhooks.send_events(NOW)] == [webhooks.A_TICK, 5]
    ids = [json.loads(body)["id"] for _p, _h, body in heard.requests]
    assert ids == sorted(ids)


def test_a_paused_receiver_gets_later_what_happened_meanwhile(receiver, admin, heard):  # noqa: F811
    settings = {"name": "OA", "url": heard.url, "topics": ["loop"], "by": admin, "now": NOW}
    webhooks.change(receiver, is_active=False, **settings)
    happen(admin)
    assert webhooks.send_events(NOW) == 0
    webhooks.change(receiver, is_active=True, **settings)
    assert webhooks.send_events(NOW) == 1


def test_a_host_struck_from_the_list_is_called_no_more(receiver, admin, heard, settings):  # noqa: F811
    settings.OUTBOUND_PRIVATE_HOSTS = []
    happen(admin)
    assert webhooks.send_events(NOW) == 0
    assert "127.0.0.1" in WebhookDelivery.objects.get().problem
    assert heard.requests == []


def test_deliveries_are_forgotten_after_a_month(receiver, admin):
    happen(admin)
    webhooks.send_events(NOW)
    webhooks.send_events(NOW + webhooks.KEPT + timedelta(days=1))
    assert not WebhookDelivery.objects.exists()


def test_a_renewed_secret_signs_from_now_on(receiver, admin):
    before = webhooks.secret_of(receiver)
    assert webhooks.secret_of(webhooks.renew_secret(receiver, by=admin, now=NOW)) != before


def test_only_the_system_administrator_sends_things_out(company, heard):  # noqa: F811
    for role in (Role.OPERATIONS_MANAGER, Role.SECURITY_ADMIN, Role.EXECUTIVE):
        with pytest.raises(NotPermitted):
            webhooks.create(
                name="x", url=heard.url, topics=["loop"], by=company.somebody(role), now=NOW
            )


def test_an_address_that_is_not_listed_is_refused_before_anything_is_written(admin):
    with pytest.raises(outbound.NotAllowed):
        webhooks.create(name="x", url="https://example.com/", topics=["loop"], by=admin, now=NOW)
    assert not Webhook.objects.exists()


def test_the_pages_set_up_test_edit_renew_and_remove(admin, heard, client):  # noqa: F811
    client.force_login(admin)
    given = {"name": "集团OA", "url": heard.url, "topics": ["loop", "costs"]}
    refused = client.post(
        reverse("notify:webhook_create"), {**given, "url": "https://example.com/"}
    )
    assert "OPSLOOP_OUTBOUND_HOSTS" in refused.text
    client.post(reverse("notify:webhook_create"), given)
    webhook = Webhook.objects.get()
    page = reverse("notify:webhook", args=[webhook.pk])
    client.post(reverse("notify:webhook_test", args=[webhook.pk]))
    webhooks.send_events(clock.now())
    assert len(heard.requests) == 1
    assert webhooks.secret_of(webhook) in client.get(page).text
    assert "HTTP 204" in client.get(page).text
    edit = reverse("notify:webhook_edit", args=[webhook.pk])
    assert "example.com" in client.post(edit, {**given, "url": "https://example.com/"}).text
    assert client.post(edit, {**given, "name": "ERP"}).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.name, webhook.is_active) == ("ERP", False)
    before = webhooks.secret_of(webhook)
    client.post(reverse("notify:webhook_renew", args=[webhook.pk]))
    webhook.refresh_from_db()
    assert webhooks.secret_of(webhook) != before
    assert "ERP" in client.get(reverse("notify:webhooks")).text
    client.post(reverse("notify:webhook_remove", args=[webhook.pk]))
    assert not Webhook.objects.exists()
    trail = AuditEvent.objects.filter(subject_type="notify.webhook").order_by("id")
    assert [line.action.partition(".")[2] for line in trail] == [
        "create_webhook", "test_webhook", "change_webhook", "renew_webhook", "remove_webhook",
    ]  # fmt: skip
