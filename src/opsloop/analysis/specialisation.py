"""Who does which steps, how much of each, and whose work is done again by whom."""

from dataclasses import dataclass

import numpy as np

from opsloop.analysis.event_columns import Columns, Ints, case_of_row
from opsloop.analysis.handover import Party, repeated


@dataclass(frozen=True)
class Share:
    """The executions of one step by one department or person."""

    activity_no: int
    party_no: int
    executions: int
    of_step: float  # of the step's executions by anybody known
    of_party: float  # of everything this party did


@dataclass(frozen=True)
class Redone:
    """What happened to one party's work: done again by itself, taken over, or redone for others."""

    party_no: int
    executions: int
    by_itself: int  # its own executions it repeated
    by_others: int  # its executions somebody else repeated
    for_others: int  # repetitions it did of somebody else's execution

    @property
    def share(self) -> float:
        """Of its executions, those that had to be done again."""
        return (self.by_itself + self.by_others) / self.executions if self.executions else 0.0


@dataclass(frozen=True)
class Specialisation:
    shares: tuple[Share, ...]  # by step, the party with most executions first
    redone: tuple[Redone, ...]  # most executions first


def specialisation(columns: Columns, party: Party) -> Specialisation:
    """Counts by department (`department`) or person (`resource`); empty when the log names none."""
    who = columns.department if party == "department" else columns.resource
    if who is None or not columns.cases:
        return Specialisation((), ())
    return Specialisation(_shares(columns.activity, who), _redone(columns, who))


def _shares(steps: Ints, who: Ints) -> tuple[Share, ...]:
    known = who >= 0
    width = int(who.max()) + 1
    table = np.bincount(
        steps[known].astype(np.int64) * width + who[known], minlength=(int(steps.max()) + 1) * width
    ).reshape(-1, width)
    of_step, of_party = table.sum(axis=1), table.sum(axis=0)
    found = [
        Share(step, one, n, n / int(of_step[step]), n / int(of_party[one]))
        for step, one in np.argwhere(table > 0).tolist()
        for n in (int(table[step, one]),)
    ]
    return tuple(
        sorted(found, key=lambda each: (each.activity_no, -each.executions, each.party_no))
    )


def _redone(columns: Columns, who: Ints) -> tuple[Redone, ...]:
    """Every repetition is told of the party that did the step the time before in the case."""
    again = np.flatnonzero(repeated(columns))
    order = np.lexsort((np.arange(len(who)), columns.activity, case_of_row(columns)))
    before = np.empty_like(who)
    before[order[1:]] = who[order[:-1]]
    first, second = before[again], who[again]
    known = (first >= 0) & (second >= 0)
    first, second = first[known], second[known]
    same = first == second
    width = int(who.max()) + 1
    executions = np.bincount(who[who >= 0], minlength=width)
    counts = (
        np.bincount(first[same], minlength=width), np.bincount(first[~same], minlength=width),
        np.bincount(second[~same], minlength=width),
    )  # fmt: skip
    found = [
        Redone(one, int(executions[one]), *(int(count[one]) for count in counts))
        for one in np.flatnonzero(executions).tolist()
    ]
    return tuple(sorted(found, key=lambda each: (-each.executions, each.party_no)))
