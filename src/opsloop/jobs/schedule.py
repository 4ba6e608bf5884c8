"""The tick: each periodic task scans the database and acts, so a missed tick loses nothing.

One worker at a time ticks, by a lease; when it dies another takes over within a minute.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from opsloop.jobs.edge import survive
from opsloop.jobs.models import Lease
from opsloop.org import clock

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 15.0
LEASE: Final = timedelta(seconds=60)
DUTY: Final = "periodic"


def take(duty: str, holder: str, now: datetime) -> bool:
    """Take or keep a duty; False while another holder's lease stands."""
    free = Lease.objects.filter(Q(holder=holder) | Q(until__lt=now), name=duty)
    if free.update(holder=holder, until=now + LEASE):
        return True
    try:
        with transaction.atomic():
            Lease.objects.create(name=duty, holder=holder, until=now + LEASE)
    except IntegrityError:
        return False
    return True


def tick(now: datetime) -> list[str]:
    """Run every periodic task once; returns the paths of those that failed."""

    def well(path: str) -> bool:
        return survive(lambda: import_string(path)(now=now), path)

    return [path for path in settings.PERIODIC_TASKS if not well(path)]


def run(stop: threading.Event, holder: str, reap: Callable[[datetime], int]) -> None:
    """Tick until `stop` is set. Every worker reaps; only the holder of the duty ticks."""
    while True:
        close_old_connections()
        try:
            now = clock.now()
            reap(now)
            if take(DUTY, holder, now):
                tick(now)
        except DatabaseError:
            log.warning("the database is not answering; the tick is repeated")
        if stop.wait(TICK_SECONDS):
            break
    Lease.objects.filter(name=DUTY, holder=holder).delete()
    connection.close()
