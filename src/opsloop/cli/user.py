"""`opsloop user …`: accounts from the command line of the machine the product runs on."""

import json
import os
from typing import Any

import click


@click.group()
def user() -> None:
    """Accounts: one-time links, locks."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")
    django.setup()


@user.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def link(username: str, as_json: bool) -> None:
    """Print a link with which USERNAME sets a password; it works once, within a day."""
    from django.conf import settings
    from django.urls import reverse

    from opsloop.org import actions
    from opsloop.org.clock import now

    token = _refusing(lambda: actions.issue_link(_person(username), by=None, now=now()))
    url = settings.SITE_URL.rstrip("/") + reverse("org:welcome", args=[token])
    _answer({"username": username, "link": url}, as_json, url)


@user.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lock(username: str, as_json: bool) -> None:
    """Let USERNAME sign in no more; open sessions end with their next request."""
    from opsloop.org import actions
    from opsloop.org.clock import now

    _refusing(lambda: actions.lock_person(_person(username), by=None, now=now()))
    _answer({"username": username, "active": False}, as_json, f"{username} is locked.")


@user.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def unlock(username: str, as_json: bool) -> None:
    """Let USERNAME sign in again, and forget failed attempts."""
    from axes.utils import reset

    from opsloop.org import actions
    from opsloop.org.clock import now

    _refusing(lambda: actions.unlock_person(_person(username), by=None, now=now()))
    reset(username=username)
    _answer({"username": username, "active": True}, as_json, f"{username} is unlocked.")


@user.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_users(as_json: bool) -> None:
    """List accounts with their roles."""
    from opsloop.org.models import Person

    rows: list[dict[str, Any]] = [
        {
            "username": person.username,
            "name": person.name,
            "active": person.is_active,
            "roles": sorted({row.role for row in person.role_assignments.all()}),
        }
        for person in Person.objects.prefetch_related("role_assignments").order_by("username")
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "active" if row["active"] else "locked"
        click.echo(f"{row['username']:<20} {row['name']:<12} {state:<7} {', '.join(row['roles'])}")


def _person(username: str) -> Any:
    from opsloop.org.models import Person

    person = Person.objects.filter(username=username).first()
    if person is None:
        raise click.ClickException(f"there is no person {username!r}")
    return person


def _refusing(change: Any) -> Any:
    """Carry out a change; a refusal ends the command with its sentence and exit code 1."""
    from opsloop.org.refusals import Refused

    try:
        return change()
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused


def _answer(values: dict[str, object], as_json: bool, sentence: str) -> None:
    click.echo(json.dumps(values, ensure_ascii=False) if as_json else sentence)
