"""The navigation: an explicit list. What a person may not open is not shown."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from opsloop.org.models import Person
from opsloop.org.permissions import Permission


@dataclass(frozen=True)
class Entry:
    """One line of the navigation: the address it opens and the permission that shows it."""

    name: str
    label: Any
    icon: str
    permission: Permission


@dataclass(frozen=True)
class ShownEntry:
    label: Any
    icon: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Section:
    label: Any
    entries: tuple[ShownEntry, ...]


_P = Permission
NAVIGATION: Final[tuple[tuple[Any, tuple[Entry, ...]], ...]] = (
    ("", (
        Entry("loop:desk", _("My desk"), "desk", _P.DESK_VIEW),
    )),
    (_("Closed loop"), (
        Entry("loop:list", _("Deviations"), "deviation", _P.DEVIATION_VIEW),
        Entry("loop:dashboard", _("Loop dashboard"), "chart", _P.DEVIATION_VIEW),
        Entry("loop:lessons", _("Lessons"), "lesson", _P.LESSON_VIEW),
    )),
    (_("Tools"), (
        Entry("processes:list", _("Processes"), "process", _P.PROCESS_VIEW),
        Entry("costs:list", _("Costs"), "cost", _P.COST_VIEW),
        Entry("sheets:list", _("Forms"), "columns", _P.SIGNED_IN),
    )),
    (_("Facts"), (
        Entry("datasets:list", _("Data sets"), "dataset", _P.DATASET_VIEW),
        Entry("metrics:list", _("Metrics"), "metric", _P.METRIC_VIEW),
        Entry("jobs:list", _("Background work"), "clock", _P.SIGNED_IN),
    )),
    (_("Organisation"), (
        Entry("org:departments", _("Departments and people"), "people", _P.ORG_VIEW),
        Entry("org:calendars", _("Working calendars"), "calendar", _P.ORG_VIEW),
        Entry("notify:webhooks", _("Events to other systems"), "external", _P.INTEGRATION_EDIT),
        Entry("audit:list", _("Audit trail"), "audit", _P.AUDIT_VIEW),
    )),
)  # fmt: skip


def _addresses(person: Person) -> dict[str, str]:
    """Entry name → address, of what this person may open."""
    entries = (entry for _label, section in NAVIGATION for entry in section)
    found = (
        (entry.name, _address(entry.name, settings.ROOT_URLCONF))
        for entry in entries
        if person.may(entry.permission)
    )
    return {name: address for name, address in found if address}


@cache
def _address(name: str, site: str) -> str:
    """Addresses do not change while a site runs; a room that it leaves out has none."""
    del site
    with suppress(NoReverseMatch):
        return reverse(name)
    return ""


def sections_for(person: Person, path: str) -> list[Section]:
    """What this person sees in the navigation on the page at `path`."""
    addresses = _addresses(person)
    # The deepest address that the page lies under: the desk is not every page of its room.
    here = max((url for url in addresses.values() if path.startswith(url)), key=len, default="")
    found = [
        Section(label, tuple(
            ShownEntry(entry.label, entry.icon, addresses[entry.name], addresses[entry.name] == here)
            for entry in entries if entry.name in addresses
        ))
        for label, entries in NAVIGATION
    ]  # fmt: skip
    return [section for section in found if section.entries]
