"""The room's wiring: due days follow the calendars of the organisation."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from opsloop.org.hooks import Moved
    from opsloop.org.models import Person


class LoopConfig(AppConfig):
    name = "opsloop.loop"
    label = "loop"

    def ready(self) -> None:
        """Due days follow the calendars: the organisation tells this room when one changed."""
        from opsloop.org.hooks import register_calendar_hook

        register_calendar_hook(self.label, refit)


def refit(*, by: "Person | None", now: datetime) -> "list[Moved]":
    """What moved, in the organisation's terms."""
    from opsloop.loop.actions import refit_due_days
    from opsloop.loop.notices import link_of
    from opsloop.org.hooks import Moved

    return [
        Moved(row.what, before, row.due_on, link_of(row.deviation))
        for row, before in refit_due_days(by=by, now=now)
    ]
