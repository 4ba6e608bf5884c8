"""Who is meant by an `@` in a text."""

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q

from opsloop.org.models import Person

LONGEST_NAME: Final = 20
MOST_MENTIONS: Final = 20
AFTER_AT: Final = re.compile(rf"[@＠]([^\s@＠]{{1,{LONGEST_NAME}}})")
LATIN: Final = re.compile(r"[A-Za-z0-9_-]{2}")


def mentioned(text: str) -> list[Person]:
    """Active people whose name or user name follows an `@`, at most those of 20 marks.

    Chinese writes on without a space (`@王建军请核对`), so the longest name that fits is meant; of
    several people of one name, all are.
    """
    tails = [found[1] for found in AFTER_AT.finditer(text)][:MOST_MENTIONS]
    heads = {tail[:length] for tail in tails for length in range(1, len(tail) + 1)}
    known = _called(heads)
    people: dict[int, Person] = {}
    for tail in tails:
        fitting = [name for name in known if _begins(tail, name)]
        if fitting:
            people |= {person.pk: person for person in known[max(fitting, key=len)]}
    return list(people.values())


def _begins(tail: str, name: str) -> bool:
    """Whether the text goes on after the name: letters of one word are not split."""
    edge = tail[len(name) - 1 : len(name) + 1]
    return tail.startswith(name) and not LATIN.fullmatch(edge)


def named(names: Iterable[str]) -> list[Person]:
    """Active people of exactly these names, as the cells of a form write them."""
    return [person for called in _called(set(names)).values() for person in called]


def _called(names: set[str]) -> dict[str, list[Person]]:
    """Name or user name → the active people who bear it."""
    wanted = [Q(name__in=names), Q(username__in=names)]
    found: dict[str, list[Person]] = {}
    if not names:
        return found
    for person in Person.objects.active().filter(reduce(or_, wanted)).order_by("pk"):
        for name in {person.name, person.username} & names:
            found.setdefault(name, []).append(person)
    return found
