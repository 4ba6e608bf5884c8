"""E-mail through Django's mail settings: one message as it is, several as a digest."""

import smtplib
from collections.abc import Sequence
from typing import Final

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from opsloop.notify.channels.message import Message, NotDelivered
from opsloop.org.models import Person

NAME: Final = "email"


def reaches(person: Person) -> bool:
    return bool(person.email)


def send(person: Person, messages: Sequence[Message]) -> None:
    """Raises `NotDelivered`."""
    if len(messages) == 1:
        subject = messages[0].subject
    else:
        subject = _("%(count)d notices from OpsLoop") % {"count": len(messages)}
    parts = ["\n".join(filter(None, [m.subject, m.body, m.link])) for m in messages]
    # A line break in a subject would be a header of somebody's choosing.
    mail = EmailMessage(" ".join(subject.split()), "\n\n".join(parts), to=[person.email])
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as problem:
        raise NotDelivered(str(problem)) from problem
