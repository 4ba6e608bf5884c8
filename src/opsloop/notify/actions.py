"""Post a notice inside the change it tells of; deliver what waits, at the pace each person chose."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import translation

from opsloop.analysis.worktime import NoWorkingTime, add_workdays, add_working_time
from opsloop.audit.actions import changes_between, record
from opsloop.notify.channels import CHANNELS, Message, NotDelivered
from opsloop.notify.models import Delivery, Notice, Preference
from opsloop.org.models import Person
from opsloop.org.queries import calendar_for

ATTEMPTS: Final = 8
FIRST_PAUSE: Final = timedelta(minutes=1)  # doubles with every attempt
BATCH: Final = 200


@transaction.atomic
def post(
    *,
    to: Person,
    kind: str,
    subject: Any,
    body: Any = "",
    link: str = "",
    idempotency_key: str,
    now: datetime,
) -> Notice:
    """Tell a person something once: the same key again changes nothing and returns the first.

    `subject` and `body` may be lazy; they are put down in the receiver's language. Call it inside
    the transaction of the change, so that a change undone tells nobody.
    """
    preference = Preference.of(to)
    with translation.override(preference.language):
        texts = {"subject": str(subject)[:200], "body": str(body)}
    notice, is_new = Notice.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={"to": to, "kind": kind, "link": link, "posted_at": now, **texts},
    )
    if is_new and preference.email != Preference.Pace.NEVER:
        Delivery.objects.bulk_create(
            Delivery(notice=notice, channel=name, due_at=due_at(preference, now))
            for name, channel in CHANNELS.items()
            if channel.reaches(to)
        )
    return notice


def due_at(preference: Preference, now: datetime) -> datetime:
    """When a notice of `now` may leave: at once, in the next working minute, or with the digest.

    The digest of a workday leaves when the next workday begins.
    """
    daily = preference.email == Preference.Pace.DAILY
    if not daily and not preference.quiet_hours:
        return now
    zone = ZoneInfo(settings.TIME_ZONE)
    calendar = calendar_for(person=preference.person)
    local = now.astimezone(zone).replace(tzinfo=None)
    try:
        if daily:
            day = add_workdays(calendar, local.date(), 1)
            opens = calendar.sessions_on(day)[0][0]
            moment = datetime.combine(day, datetime.min.time()) + timedelta(minutes=opens)
        else:
            # The instant after which a first second of working time has passed, less that second.
            moment = add_working_time(calendar, local, 1) - timedelta(seconds=1)
    except NoWorkingTime:
        return now
    return moment.replace(tzinfo=zone)


@transaction.atomic
def mark_read(person: Person, *, notice: Notice | None = None, now: datetime) -> int:
    """Mark one notice, or all of a person's, as read; returns how many were not."""
    unread = Notice.objects.visible_to(person).unread()
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=now)


@transaction.atomic
def choose(
    person: Person, *, email: str, quiet_hours: bool, language: str, by: Person, now: datetime
) -> Preference:
    """A person's own choice of pace, quiet hours and language."""
    preference = Preference.of(person)
    before = {"email": preference.email, "quiet_hours": preference.quiet_hours}
    preference.email, preference.quiet_hours = email, quiet_hours
    preference.language = language
    preference.save()
    record(
        by=by, now=now, action="notify.choose", subject=preference,
        changes=changes_between(before, {"email": email, "quiet_hours": quiet_hours}),
    )  # fmt: skip
    return preference


def deliver_waiting(now: datetime) -> int:
    """Send what is due; returns the number of messages sent. Safe to run again at any time.

    What is to be sent is claimed first, so of two schedulers one finds nothing, and no database
    lock is held while a mail server thinks. A failed message waits twice as long each time and is
    given up after eight attempts; one claimed by a process that died is tried again.
    """
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=now)
    keys = waiting.order_by("notice__to", "channel").values_list("notice__to", "channel").distinct()
    return sum(_deliver_to(person_id, channel, now) for person_id, channel in keys[:BATCH])


def _deliver_to(person_id: int, channel: str, now: datetime) -> int:
    """Everything one person is owed through one channel: one digest, or message by message."""
    claimed = _claim(person_id, channel, now)
    person = Person.objects.get(pk=person_id)
    preference = Preference.of(person)
    digest = preference.email == Preference.Pace.DAILY
    groups = [claimed] if digest and claimed else [[delivery] for delivery in claimed]
    with translation.override(preference.language):
        return sum(_send(person, channel, group, now) for group in groups)


@transaction.atomic
def _claim(person_id: int, channel: str, now: datetime) -> list[Delivery]:
    """Count the attempt and put its repetition off; the outcome overwrites both."""
    due = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(
            state=Delivery.State.WAITING, due_at__lte=now, channel=channel, notice__to=person_id
        )
        .select_related("notice")
    )
    claimed = list(due.order_by("id"))
    for delivery in claimed:
        delivery.attempts += 1
        delivery.due_at = now + FIRST_PAUSE * 2**delivery.attempts
        if delivery.attempts >= ATTEMPTS:
            delivery.state = Delivery.State.FAILED
        delivery.save(update_fields=["attempts", "due_at", "state"])
    return claimed


def _send(person: Person, channel: str, group: list[Delivery], now: datetime) -> int:
    """One message (or digest) through one channel; notes what became of its deliveries."""
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in group])
    if not person.is_active or not CHANNELS[channel].reaches(person):
        rows.update(state=Delivery.State.FAILED, problem="unreachable")
        return 0
    try:
        CHANNELS[channel].send(person, [_message(delivery.notice) for delivery in group])
    except NotDelivered as problem:
        rows.update(problem=str(problem)[:300])
        return 0
    rows.update(state=Delivery.State.SENT, sent_at=now, problem="")
    return len(group)


def _message(notice: Notice) -> Message:
    link = f"{settings.SITE_URL.rstrip('/')}{notice.link}" if notice.link else ""
    return Message(notice.subject, notice.body, link)
