"""What higher rooms plug into the organisation when they start (`AppConfig.ready`).

The audit trail stands above this room, and so does whatever has due dates. Both are told about
changes here through a registered function; without a recorder no change can be made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from django.db import models

from opsloop.org.models import Department, Person


class Recorder(Protocol):
    """`audit.actions.record`."""

    def __call__(
        self,
        *,
        by: Person | None,
        now: datetime,
        action: str,
        subject: models.Model,
        changes: Mapping[str, Any] | None = None,
        comment: str = "",
        department: Department | None = None,
    ) -> object: ...


@dataclass(frozen=True)
class Moved:
    """Something due on another day because a calendar changed."""

    label: str
    before: date | datetime
    after: date | datetime
    url: str = ""


class CalendarHook(Protocol):
    """Recompute what depends on calendars, inside the same transaction; list what moved."""

    def __call__(self, *, by: Person | None, now: datetime) -> list[Moved]: ...


_recorders: list[Recorder] = []
_calendar_hooks: dict[str, CalendarHook] = {}


def register_recorder(recorder: Recorder) -> None:
    _recorders[:] = [recorder]


def register_calendar_hook(room: str, hook: CalendarHook) -> None:
    """One hook a room; registering again replaces it."""
    _calendar_hooks[room] = hook


def record(
    *,
    by: Person | None,
    now: datetime,
    action: str,
    subject: models.Model,
    changes: Mapping[str, Any] | None = None,
    comment: str = "",
    department: Department | None = None,
) -> None:
    """Leave the audit line of a change; raises `RuntimeError` when nobody keeps the trail."""
    if not _recorders:
        raise RuntimeError("no audit trail is registered; a change without a trail is refused")
    _recorders[0](
        by=by, now=now, action=action, subject=subject, changes=changes, comment=comment,
        department=department,
    )  # fmt: skip


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Fields that differ, as `{field: [before, after]}`."""
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def calendars_changed(*, by: Person | None, now: datetime) -> list[Moved]:
    """Let every registered room recompute; returns all that moved."""
    return [moved for hook in _calendar_hooks.values() for moved in hook(by=by, now=now)]
