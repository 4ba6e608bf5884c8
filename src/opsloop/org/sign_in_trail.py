"""Signing in and out, and changes of one's own credentials, leave an audit line too."""

from typing import Any, Final

from allauth.account.signals import password_changed
from allauth.mfa.signals import authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import Signal

from opsloop.org import clock, hooks
from opsloop.org.models import Person

SIGNALS: Final[dict[str, Signal]] = {
    "org.sign_in": user_logged_in,
    "org.sign_out": user_logged_out,
    "org.change_password": password_changed,
    "org.add_second_factor": authenticator_added,
    "org.remove_second_factor": authenticator_removed,
}


def connect() -> None:
    """Listen for the life of the process; called once when the room starts."""
    for action, signal in SIGNALS.items():
        signal.connect(_listener(action), weak=False, dispatch_uid=action)
    user_locked_out.connect(_locked_out, dispatch_uid="org.throttled")


def _listener(action: str) -> Any:
    def leave_line(*, user: Person | None = None, **_ignored: object) -> None:
        if user is not None:  # signing out twice has nobody
            _record(action, user)

    return leave_line


def _locked_out(*, username: str | None = None, **_ignored: object) -> None:
    person = Person.objects.filter(username=username).first()
    if person is not None:
        _record("org.throttled", person)


def _record(action: str, person: Person) -> None:
    with transaction.atomic():
        hooks.record(by=person, now=clock.now(), action=action, subject=person)
