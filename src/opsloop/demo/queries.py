"""Who can be chosen in the demo."""

from dataclasses import dataclass

from django.http import Http404

from opsloop.demo.records import company
from opsloop.org.models import Organisation, Person


class NotDemo(RuntimeError):
    """The database is not a demo one: its people have accounts of their own."""


@dataclass(frozen=True)
class Persona:
    """One card of the chooser."""

    username: str
    name: str
    position: str
    department: str
    roles: tuple[str, ...]


def _chosen() -> dict[str, str]:
    """Username → position of the people offered."""
    if not Organisation.current().is_demo:
        raise NotDemo
    return {row["username"]: row["position"] for row in company()["people"] if row["persona"]}


def personas_by_role() -> list[Persona]:
    """The people offered, in the order of the company file."""
    positions = _chosen()
    people = Person.objects.filter(username__in=positions, is_active=True)
    found = {person.username: person for person in people}
    return [
        Persona(
            username=username,
            name=str(found[username]),
            position=position,
            department=str(found[username].main_department or ""),
            roles=tuple(
                str(assignment.get_role_display()) for assignment in found[username].assignments
            ),
        )
        for username, position in positions.items()
        if username in found
    ]


def persona(username: str) -> Person:
    """The person behind a card; anybody else is not found."""
    if username not in _chosen():
        raise Http404
    return Person.objects.get(username=username)
