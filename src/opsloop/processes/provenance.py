"""What the log says of a step, beside what people say of it (P-N1): cases, hands, hours, returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import narwhals.stable.v2 as nw

from opsloop.analysis.event_log import Hours
from opsloop.analysis.worktime import Calendar
from opsloop.datasets.queries import FactSet
from opsloop.processes.figures import findings, studied
from opsloop.processes.models import Process, Source, Step
from opsloop.processes.named_lists import split_names

PARTIES_SHOWN: Final = 3
Hands = dict[str, tuple[tuple[str, float], ...]]  # step → (department, share of its executions)


@dataclass(frozen=True)
class Seen:
    """One step in the log. `parties` are (department, share of its executions), most often first;
    `hours` run from the end of the step before.
    """

    cases: int
    share: float  # of all cases
    parties: tuple[tuple[str, float], ...]
    hours: Hours | None
    return_rate: float | None
    decisions: int


@dataclass(frozen=True)
class Compared:
    """A step of the form with what was seen of it; differences are measured − said."""

    step: Step
    seen: Seen | None

    @property
    def said_hours(self) -> Decimal | None:
        """The interview's hours, else those typed; None where the form repeats the log."""
        minutes = self._said("minutes", self.step.minutes)
        return None if minutes is None else Decimal(minutes) / 60

    @property
    def said_return_rate(self) -> Decimal | None:
        rate = self._said("return_rate", self.step.return_rate)
        return None if rate is None else Decimal(str(rate))

    @property
    def interview_hours(self) -> Decimal | None:
        minutes = self.step.interview.get("minutes")
        return None if minutes is None else Decimal(minutes) / 60

    @property
    def interview_return_rate(self) -> Decimal | None:
        rate = self.step.interview.get("return_rate")
        return None if rate is None else Decimal(rate)

    @property
    def interview_role(self) -> str:
        """What the interview called the role, where the form says otherwise now."""
        told = str(self.step.interview.get("role") or "")
        return told if told != self.step.role else ""

    def _said(self, cell: str, value: Any) -> Any:
        told = self.step.interview.get(cell)
        if told is not None:
            return told
        return None if self.step.sources.get(cell) == Source.LOG else value

    @property
    def median(self) -> float | None:
        return self.seen.hours.median if self.seen and self.seen.hours else None

    @property
    def hours_apart(self) -> float | None:
        said = self.said_hours
        return None if said is None or self.median is None else self.median - float(said)

    @property
    def returns_apart(self) -> float | None:
        rate, said = self.seen.return_rate if self.seen else None, self.said_return_rate
        return None if rate is None or said is None else rate - float(said)

    @property
    def role_differs(self) -> bool:
        """The form names departments of the log, but not the one that does the step most often."""
        if self.seen is None or not self.seen.parties:
            return False
        known, told = dict(self.seen.parties), split_names(self.step.role)
        return (
            bool(told)
            and any(name in known for name in told)
            and (self.seen.parties[0][0] not in told)
        )


def compared(process: Process, steps: list[Step]) -> list[Compared]:
    """Every step of a table beside the log."""
    known = seen(process)
    return [Compared(step, known.get(step.log_name)) for step in steps]


def seen(process: Process) -> Mapping[str, Seen]:
    """By the step's name in the log; empty without records."""
    found = findings(process)
    if found is None:
        return {}
    hands = parties(process)
    return {
        name: Seen(
            one.cases, one.cases / found.log.cases, hands.get(name, ()),
            found.stage_hours.get(name), one.return_rate if one.decisions else None, one.decisions,
        )
        for one in found.log.steps
        for name in [found.name(one.activity_no)]
    }  # fmt: skip


def parties(process: Process) -> Hands:
    """Who does each step, departments only; empty without records."""
    found: Hands = studied(process, "parties", _parties, kept_as=Hands) or {}
    return found


def _parties(facts: FactSet, _calendar: Calendar) -> Hands:
    """Departments by step; single people are never named on a form that everybody reads."""
    if not facts.names["department"]:
        return {}
    counted = (
        facts.frame.filter(nw.col("department_no") >= 0)
        .group_by("activity_no", "department_no")
        .agg(nw.len().alias("n"))
        .sort("activity_no", "n", "department_no", descending=[False, True, False])
        .collect()
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for activity, who, n in counted.iter_rows():
        step = facts.names["activity"][activity]
        found.setdefault(step, []).append((facts.names["department"][who], n))
    return {step: _shares(rows) for step, rows in found.items()}


def _shares(rows: list[tuple[str, int]]) -> tuple[tuple[str, float], ...]:
    whole = sum(n for _name, n in rows)
    return tuple((name, n / whole) for name, n in rows)
