"""Is this install fit to serve? One list of questions for `serve` (refuse) and `doctor` (report)."""

import ipaddress
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHORTEST_SECRET: Final = 32
# Words that stand in examples and old manuals; a secret that holds one is no secret.
KNOWN: Final = ("changeme", "change-me", "secret-key", "insecure", "example", "password", "opsloop")


@dataclass(frozen=True)
class Fault:
    """What is wrong and what to do; a fatal one stops `opsloop serve`."""

    text: str
    is_fatal: bool = True


def start_django() -> None:
    """Load the settings and the apps; every command that needs the database calls this first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")
    import django

    django.setup()


def is_weak(secret: str) -> bool:
    """Too short, too plain or well known."""
    lowered = secret.lower()
    return (
        len(secret) < SHORTEST_SECRET
        or len(set(secret)) < 10
        or any(word in lowered for word in KNOWN)
    )


def is_public(host: str) -> bool:
    """Does a bind to `host` reach beyond this machine?"""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return True


def faults(host: str = "127.0.0.1") -> list[Fault]:
    """Everything found, the fatal ones first. Needs `start_django`."""
    found = [*_secrets(), *_exposure(host), *_folders(), *_database()]
    return sorted(found, key=lambda fault: not fault.is_fatal)


def _secrets() -> Iterator[Fault]:
    from django.conf import settings

    for name in ("SECRET_KEY", "AUDIT_KEY"):
        if is_weak(getattr(settings, name)):
            yield Fault(f"{name} is weak or well known: unset OPSLOOP_{name} to have one made")
    path = settings.HOME / "secrets.json"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Fault(f"others can read {path}: chmod 600 it, then replace the secrets")


def _exposure(host: str) -> Iterator[Fault]:
    from django.conf import settings

    if not is_public(host):
        return
    if settings.DEBUG:
        yield Fault("OPSLOOP_DEBUG must be off where other machines can reach the site")
    if not settings.HTTPS:
        yield Fault(
            "the site is reachable without TLS: put it behind TLS, set OPSLOOP_HTTPS=1",
            is_fatal=False,
        )
    if settings.DEMO:
        yield Fault("demo mode lets anybody in as anybody", is_fatal=False)


def _folders() -> Iterator[Fault]:
    from django.conf import settings

    for folder in (settings.HOME, settings.FACTS_ROOT, settings.UPLOADS_ROOT):
        path = Path(folder)
        nearest = next(place for place in (path, *path.parents) if place.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            yield Fault(f"{path} cannot be written")


def _database() -> Iterator[Fault]:
    from django.conf import settings
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    if connection.vendor == "sqlite" and not settings.SQLITE_IS_SAFE:
        yield Fault("this SQLite can corrupt its log: the slower journal is used", is_fatal=False)
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield Fault("the database is not prepared: run `opsloop init`")
            return
    except DatabaseError as error:
        yield Fault(f"the database does not answer: {error}")
        return
    yield from _demo(is_wanted=settings.DEMO)


def _demo(*, is_wanted: bool) -> Iterator[Fault]:
    from opsloop.org.models import Organisation, Person

    is_demo = Organisation.current().is_demo
    if is_wanted and not is_demo and Person.objects.exists():
        yield Fault("OPSLOOP_DEMO is set, but this database holds a real company")
    if is_demo and not is_wanted:
        yield Fault("this database holds the demo company: set OPSLOOP_DEMO=1 or use another")
