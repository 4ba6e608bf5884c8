"""Notices: told once, in the receiver's language, at the pace the person chose."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils.translation import gettext_lazy

from opsloop.notify import actions, queries
from opsloop.notify.channels import Message, email
from opsloop.notify.models import Delivery, Notice, Preference
from opsloop.org import actions as org
from opsloop.org.models import Person

WORKING = datetime(2024, 6, 5, 2, 0, tzinfo=UTC)  # Wednesday 10:00 in Shanghai
EVENING = datetime(2024, 6, 7, 12, 0, tzinfo=UTC)  # Friday 20:00, 端午 on Monday
TUESDAY = datetime(2024, 6, 11, 1, 0, tzinfo=UTC)  # 09:00, the next working minute


@pytest.fixture
def wang(db: None) -> Person:
    return Person.objects.create(username="wang", name="王芳", email="wang@example.com")


def tell(
    person: Person, key: str = "k1", now: datetime = WORKING, subject: object = "整改到期"
) -> Notice:
    return actions.post(
        to=person, kind="reminder", subject=subject, body="明天到期", link="/loop/7/",
        idempotency_key=key, now=now,
    )  # fmt: skip


def choose(person: Person, pace: str, *, quiet: bool = True, language: str = "zh-hans") -> None:
    actions.choose(person, email=pace, quiet_hours=quiet, language=language, by=person, now=WORKING)


def test_the_same_key_tells_once(wang):
    assert tell(wang) == tell(wang, subject="另一句")
    assert Notice.objects.get().subject == "整改到期"
    assert Delivery.objects.count() == 1


def test_a_message_leaves_once_with_its_link(wang):
    tell(wang)
    assert actions.deliver_waiting(WORKING) == 1
    assert actions.deliver_waiting(WORKING + timedelta(days=3)) == 0
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["wang@example.com"], "整改到期")
    assert "http://127.0.0.1:8000/loop/7/" in message.body


def test_an_evening_message_waits_for_the_next_working_minute(wang):
    tell(wang, now=EVENING)
    assert actions.deliver_waiting(EVENING + timedelta(days=2)) == 0
    assert Delivery.objects.get().due_at == TUESDAY
    assert actions.deliver_waiting(TUESDAY) == 1


def test_leave_is_quiet_too(wang):
    org.add_leave(wang, first_on=TUESDAY.date(), last_on=TUESDAY.date(), by=wang, now=WORKING)
    tell(wang, now=EVENING)
    assert Delivery.objects.get().due_at == TUESDAY + timedelta(days=1)


def test_who_wants_everything_at_once_is_woken(wang):
    choose(wang, Preference.Pace.AT_ONCE, quiet=False)
    tell(wang, now=EVENING)
    assert actions.deliver_waiting(EVENING) == 1


def test_a_digest_gathers_a_days_messages(wang):
    choose(wang, Preference.Pace.DAILY)
    tell(wang, "a", subject="第一条")
    tell(wang, "b", WORKING + timedelta(hours=3), subject="第二条")
    assert actions.deliver_waiting(WORKING + timedelta(hours=5)) == 0
    next_morning = datetime(2024, 6, 6, 1, 0, tzinfo=UTC)
    assert actions.deliver_waiting(next_morning) == 2
    (message,) = mail.outbox
    assert "第一条" in message.body
    assert "第二条" in message.body


def test_who_wants_no_mail_finds_it_in_the_product(wang):
    choose(wang, Preference.Pace.NEVER)
    tell(wang)
    assert actions.deliver_waiting(WORKING) == 0
    assert queries.unread_count(wang) == 1


def test_texts_are_put_down_in_the_receivers_language(wang):
    choose(wang, Preference.Pace.AT_ONCE, language="en")
    assert tell(wang, "en", subject=gettext_lazy("Employee")).subject == "Employee"


def test_a_failing_server_is_tried_again_with_growing_pauses(wang, monkeypatch):
    """The mail backend is real and refuses: its host does not listen."""
    monkeypatch.setattr(
        "django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"
    )
    monkeypatch.setattr("django.conf.settings.EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr("django.conf.settings.EMAIL_PORT", 9)
    tell(wang)
    moment, tries = WORKING, 0
    while Delivery.objects.get().state == Delivery.State.WAITING:
        assert actions.deliver_waiting(moment) == 0
        assert actions.deliver_waiting(moment) == 0, "not twice at the same moment"
        tries += 1
        delivery = Delivery.objects.get()
        assert delivery.attempts == tries
        assert delivery.due_at - moment == timedelta(minutes=2**tries)
        assert delivery.problem
        moment = delivery.due_at
    assert tries == actions.ATTEMPTS


def test_who_left_gets_nothing(wang):
    tell(wang)
    org.lock_person(wang, by=None, now=WORKING)
    assert actions.deliver_waiting(WORKING) == 0
    assert Delivery.objects.get().state == Delivery.State.FAILED


def test_a_subject_cannot_smuggle_a_header(wang):
    email.send(wang, [Message("a\nBcc: x@example.com", "", "")])
    assert mail.outbox[0].subject == "a Bcc: x@example.com"


def test_reading_is_private(wang):
    other = Person.objects.create(username="li", name="李")
    notice = tell(wang)
    assert actions.mark_read(other, notice=notice, now=WORKING) == 0
    assert actions.mark_read(wang, notice=notice, now=WORKING) == 1
    assert queries.unread_count(wang) == 0
    assert not queries.notices_of(other).exists()
