"""Which steps could run side by side, and how short the process could be at best.

A step depends on an earlier one when it takes in what that one puts out. The lower bound is the
longest chain of dependent steps (critical path); nothing is faster however many people help.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FormStep:
    """A row of the form as the rule needs it; hours of one basis."""

    name: str
    hours: float
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParallelHint:
    """`pairs` are steps without a chain between them, by place; `path` is the longest chain."""

    sequential: float
    lower_bound: float
    path: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]


def same_document(one: str, other: str) -> bool:
    """“纸质/电子申请表” and “申请表” name one document: one text holds the other."""
    return one in other or other in one


def dependencies(steps: Sequence[FormStep]) -> frozenset[tuple[int, int]]:
    """(earlier, later) where the later takes in an output of the earlier.

    Of several steps that put out the same document the last one before counts, and so does the
    first, because the others only pass it on.
    """
    return frozenset(
        (before, place)
        for place, step in enumerate(steps)
        for before in range(place)
        if any(same_document(made, used) for made in steps[before].outputs for used in step.inputs)
    )


def longest_path(
    hours: Mapping[int, float], pairs: Iterable[tuple[int, int]]
) -> tuple[float, tuple[int, ...]]:
    """Length of the longest chain and its members; pairs lead from smaller to larger numbers."""
    before: dict[int, list[int]] = {number: [] for number in hours}
    for first, then in pairs:
        before[then].append(first)
    chains: dict[int, tuple[float, tuple[int, ...]]] = {}
    for number in sorted(hours):
        behind = max((chains[one] for one in before[number]), default=(0.0, ()))
        chains[number] = behind[0] + hours[number], (*behind[1], number)
    return max(chains.values(), default=(0.0, ()))


def parallel_hint(steps: Sequence[FormStep]) -> ParallelHint:
    """What the form's own inputs and outputs allow to run side by side."""
    pairs = dependencies(steps)
    hours = {place: step.hours for place, step in enumerate(steps)}
    bound, path = longest_path(hours, pairs)
    reaches = _closure(len(steps), pairs)
    free = tuple(
        (one, other)
        for one in range(len(steps))
        for other in range(one + 1, len(steps))
        # A step nobody feeds and that feeds nobody says nothing about its place.
        if other not in reaches[one] and _placed(one, pairs) and _placed(other, pairs)
    )
    return ParallelHint(sum(hours.values()), bound, path, free)


def _placed(step: int, pairs: Iterable[tuple[int, int]]) -> bool:
    return any(step in pair for pair in pairs)


def _closure(n: int, pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    reaches: list[set[int]] = [set() for _ in range(n)]
    direct: list[set[int]] = [set() for _ in range(n)]
    for first, then in pairs:
        direct[first].add(then)
    for place in reversed(range(n)):
        for then in direct[place]:
            reaches[place] |= {then} | reaches[then]
    return reaches
