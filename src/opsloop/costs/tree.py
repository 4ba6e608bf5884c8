"""The cost tree as it is shown: each category after the one it lies below."""

from collections.abc import Sequence
from dataclasses import dataclass

from opsloop.costs.models import CategoryLink, CostCategory
from opsloop.org.models import Person


@dataclass(frozen=True)
class Node:
    """One category and how deep it lies; 0 is a root."""

    category: CostCategory
    depth: int

    @property
    def name(self) -> str:
        return self.category.name


def nodes(person: Person) -> Sequence[Node]:
    """The whole tree, top down, as this person may see it."""
    known = list(CostCategory.objects.visible_to(person).select_related("parent"))
    below: dict[int | None, list[CostCategory]] = {}
    for category in known:
        below.setdefault(category.parent_id, []).append(category)
    found: list[Node] = []
    waiting = [(category, 0) for category in reversed(below.get(None, []))]
    while waiting:
        category, depth = waiting.pop()
        found.append(Node(category, depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(category.pk, []))]
    return found


def below(name: str, person: Person) -> frozenset[str]:
    """A category and everything below it, by the closure; an unknown name stands for itself."""
    links = CategoryLink.objects.filter(
        ancestor__name=name, descendant__in=CostCategory.objects.visible_to(person)
    )
    return frozenset({name, *links.values_list("descendant__name", flat=True)})
