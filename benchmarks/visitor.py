"""A small company and somebody signed in to it, for pages measured over generated records."""

from collections.abc import Callable
from datetime import datetime
from typing import Any


def company(username: str, role: Any, now: datetime, *, everywhere: bool) -> tuple[Any, Any]:
    """A company of one department and one person with a role in it, or in all of it."""
    from opsloop.org import actions as org

    org.set_up_organisation(by=None, now=now, name="Bench")
    department = org.create_department(name="Bench", code="B", parent=None, by=None, now=now)
    person = org.create_person(
        username=username, name=username.title(), department=department, position="", by=None,
        now=now,
    )  # fmt: skip
    scope = None if everywhere else department
    org.grant_role(person=person, role=role, department=scope, by=None, now=now)
    return department, person


def made(fill: Callable[[datetime], None], *, when_empty: Any) -> None:
    """The tables, and once what `fill` writes, whole or not at all."""
    from django.core.management import call_command
    from django.db import transaction

    from opsloop.org import clock

    call_command("migrate", verbosity=0)
    if not when_empty.exists():
        with transaction.atomic():
            fill(clock.now())


def cookie(username: str) -> str:
    """The session key of somebody who has just signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from opsloop.org.models import Person

    person, session = Person.objects.get(username=username), SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)
