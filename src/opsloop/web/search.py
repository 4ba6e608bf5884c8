"""One search over every room that has something to find."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

from django.utils.translation import gettext_lazy as _

from opsloop.org.models import Person
from opsloop.org.permissions import Permission


class Hit(Protocol):
    """What a room's `queries.search(person, text, limit)` returns, already within the person's reach."""

    @property
    def label(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def hint(self) -> str: ...


@dataclass(frozen=True)
class Group:
    label: Any
    hits: Sequence[Hit]


# room's queries → what its hits are called, and who may look
ROOMS: Final[tuple[tuple[str, Any, Permission], ...]] = (
    ("opsloop.loop.queries", _("Deviations and lessons"), Permission.DEVIATION_VIEW),
    ("opsloop.processes.queries", _("Processes"), Permission.PROCESS_VIEW),
    ("opsloop.costs.queries", _("Costs"), Permission.COST_VIEW),
    ("opsloop.metrics.queries", _("Metrics"), Permission.METRIC_VIEW),
    ("opsloop.datasets.queries", _("Data sets"), Permission.DATASET_VIEW),
    ("opsloop.org.queries", _("People and departments"), Permission.ORG_VIEW),
)
LIMIT: Final = 8


def search(person: Person, text: str) -> list[Group]:
    """Up to `LIMIT` hits a room for a text of at least one character."""
    text = text.strip()[:60]
    if not text:
        return []
    groups = []
    for module, label, permission in ROOMS:
        if person.may(permission):
            hits = import_module(module).search(person, text, LIMIT)
            groups.append(Group(label, hits))
    return [group for group in groups if group.hits]
