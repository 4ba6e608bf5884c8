"""How often the same field is typed again: by hand, in two or more steps of one process."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldUse:
    """A field of a step's form or system; `by_hand` when a person types it there."""

    step: str
    name: str
    by_hand: bool = True


@dataclass(frozen=True)
class Reentry:
    """One field and the steps it is typed in; every step after the first is a duplicate entry."""

    name: str
    steps: tuple[str, ...]

    @property
    def duplicates(self) -> int:
        return len(self.steps) - 1


@dataclass(frozen=True)
class ReentryCost:
    fields: tuple[Reentry, ...]
    per_case: int  # duplicate entries in one case
    minutes_a_month: float | None  # None without a known volume


def reentries(
    uses: Iterable[FieldUse], *, cases_a_month: float | None = None, minutes_each: float = 0.5
) -> ReentryCost:
    """Fields typed by hand in two or more steps, most often first; spaces and case do not matter."""
    typed: dict[str, tuple[str, dict[str, None]]] = {}
    for use in uses:
        key = "".join(use.name.split()).casefold()
        if use.by_hand and key:
            typed.setdefault(key, (use.name.strip(), {}))[1][use.step] = None
    found = [Reentry(name, tuple(steps)) for name, steps in typed.values() if len(steps) > 1]
    found.sort(key=lambda one: (-one.duplicates, one.name))
    per_case = sum(one.duplicates for one in found)
    minutes = None if cases_a_month is None else per_case * cases_a_month * minutes_each
    return ReentryCost(tuple(found), per_case, minutes)
