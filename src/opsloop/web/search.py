"""One search over every room that has something to find, each by its own queries and scope."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from opsloop.datasets import queries as datasets
from opsloop.loop import queries as loop
from opsloop.metrics import queries as metrics
from opsloop.org import queries as org
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.processes import queries as processes

LONGEST: Final = 60


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    hint: str = ""


@dataclass(frozen=True)
class Group:
    label: Any
    hits: list[Hit]


Finder = Callable[[Person, str, int], Iterable[Hit]]


def _deviations(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for found in loop.search(person, text, limit):
        yield Hit(str(found), reverse("loop:detail", args=[found.pk]), found.get_state_display())


def _lessons(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for found in loop.lessons_matching(loop.lessons_visible_to(person), text)[:limit]:
        yield Hit(found.title, reverse("loop:lesson", args=[found.pk]), found.cause)


def _processes(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for found in processes.search(person, text, limit):
        yield Hit(found.label, found.url, found.hint)


def _datasets(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for found in datasets.search(person, text, limit):
        yield Hit(found.label, found.url, found.hint)


def _metrics(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for found in metrics.metrics_visible_to(person, text=text)[:limit]:
        yield Hit(
            found.name, reverse("metrics:detail", args=[found.pk]), str(found.department or "")
        )


def _people(person: Person, text: str, limit: int) -> Iterable[Hit]:
    for place in Department.objects.visible_to(person).filter(name__icontains=text)[:limit]:
        yield Hit(place.name, reverse("org:department", args=[place.pk]))
    for found in org.people_visible_to(person, text=text)[:limit]:
        yield Hit(
            found.name, reverse("org:person", args=[found.pk]), str(found.main_department or "")
        )


# What is looked through, who may look, and how; an explicit list.
FINDERS: Final[tuple[tuple[Any, Permission, Finder], ...]] = (
    (_("Processes"), Permission.PROCESS_VIEW, _processes),
    (_("Deviations"), Permission.DEVIATION_VIEW, _deviations),
    (_("Lessons"), Permission.LESSON_VIEW, _lessons),
    (_("Data sets"), Permission.DATASET_VIEW, _datasets),
    (_("Metrics"), Permission.METRIC_VIEW, _metrics),
    (_("People and departments"), Permission.ORG_VIEW, _people),
)
LIMIT: Final = 8


def search(person: Person, text: str) -> list[Group]:
    """Up to `LIMIT` hits of each kind for a text; nothing for an empty one."""
    text = text.strip()[:LONGEST]
    if not text:
        return []
    groups = [
        Group(label, list(find(person, text, LIMIT)))
        for label, permission, find in FINDERS
        if person.may(permission)
    ]
    return [group for group in groups if group.hits]
