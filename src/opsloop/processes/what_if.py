"""The what-if page: wishes per step or a to-be table, simulated once the model repeats its log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.analysis import simulate as simulation
from opsloop.analysis.simulated_cases import AS_IS, Scenario
from opsloop.datasets.queries import FactSet
from opsloop.processes.differences import differences
from opsloop.processes.figures import studied
from opsloop.processes.models import Process, ProcessVersion, Step
from opsloop.ui.forms import Form

_MOST_PEOPLE: Final = 20
_WEEKDAYS: Final = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


@dataclass(frozen=True)
class SimulatedStep:
    """What the model knows of a step that a reader may want to change."""

    number: int
    name: str
    people: int
    weekdays: tuple[int, ...]  # worked on (Monday 0), when fewer than the log's usual ones


@dataclass(frozen=True)
class Simulator:
    """A fitted model with its validation; `fitted` is kept for the scenarios."""

    fitted: simulation.Fitted
    validation: simulation.Validation
    steps: tuple[SimulatedStep, ...]


@dataclass(frozen=True)
class Answer:
    """A scenario beside the process as it is; differences are scenario − as is, in hours."""

    to_be: simulation.Simulated
    median: simulation.Spread
    p90: simulation.Spread


def simulator(process: Process) -> Simulator | None:
    """The model of the process's log. None without records or with fewer than two cases."""

    def study(facts: FactSet, calendar: Any) -> Simulator | None:
        try:
            # A mapping proxy cannot be kept in the cache.
            plain = replace(calendar, exceptions=dict(calendar.exceptions))
            fitted = simulation.fit(facts.frame, calendar=plain)
        except simulation.NothingToSimulate:
            return None
        steps = _steps(fitted, facts.names["activity"])
        return Simulator(fitted, simulation.validate(fitted), steps)

    found: Simulator | None = studied(process, "simulator", study)
    return found


def _steps(fitted: simulation.Fitted, names: Sequence[str]) -> tuple[SimulatedStep, ...]:
    model, usual = fitted.model, fitted.model.office.usual
    found = []
    for step in sorted(model.order, key=model.order.__getitem__):
        week = model.office.steps[step].week
        fewer = bool((usual.weekdays & ~week.weekdays).any())
        worked = np.flatnonzero(week.weekdays).tolist() if fewer else []
        people = len(model.people[step][0])
        found.append(SimulatedStep(step, names[step], people, tuple(worked)))
    return tuple(found)


def answer(process: Process, model: Simulator, scenario: Scenario) -> Answer | None:
    """Simulate a scenario. None where the model may not be used, or nothing is changed."""
    if not model.validation.credible or scenario == AS_IS:
        return None

    def study(_facts: FactSet, _calendar: Any) -> Answer:
        to_be = simulation.simulate(model.fitted, scenario)
        return Answer(to_be, *to_be.less(model.validation.simulated))

    found: Answer = studied(process, f"what-if {scenario!r}", study)
    return found


def runs(told: simulation.Validation, answer: Answer | None) -> Iterator[Sequence[Any]]:
    """Median and P90 of every replication, as is and changed, with their headings."""
    yield (
        _("Run"),
        _("As is, median h"),
        _("As is, P90 h"),
        _("Changed, median h"),
        _("Changed, P90 h"),
    )
    changed: Sequence[Sequence[float | None]] = [(None, None)] * told.simulated.replications
    if answer is not None:
        changed = list(zip(answer.to_be.medians, answer.to_be.p90s, strict=True))
    as_is = zip(told.simulated.medians, told.simulated.p90s, strict=True)
    for number, (before, after) in enumerate(zip(as_is, changed, strict=True), start=1):
        yield number, *before, *after


class WhatIfForm(Form):
    """Wishes per step, for all of it, or those of a to-be table."""

    version = forms.ModelChoiceField(
        ProcessVersion.objects.none(), label=_("To-be table"), required=False,
        empty_label=_("None: only the changes below"),
    )  # fmt: skip
    returns = forms.IntegerField(
        label=_("Returns that remain (%)"), required=False, min_value=0, max_value=100
    )
    arrivals = forms.IntegerField(
        label=_("Requests beside today (%)"), required=False, min_value=10, max_value=300
    )

    def __init__(self, data: Mapping[str, Any], *, process: Process, model: Simulator) -> None:
        super().__init__(data)
        self.process, self.model = process, model
        versions: Any = self.fields["version"]
        versions.queryset = process.versions.filter(kind="to_be")
        for step in model.steps:
            self.fields |= _wishes(step)

    def rows(self) -> list[dict[str, Any]]:
        """A line of the table for each step."""
        return [
            {
                "step": step, "weekdays": [_WEEKDAYS[day] for day in step.weekdays],
                **{wish: self[f"{wish}_{step.number}"] for wish in _WISHES},
            }
            for step in self.model.steps
        ]  # fmt: skip

    def scenario(self) -> Scenario:
        """What is wished, in the simulator's terms. Call only when the form is valid."""
        said, version = self.cleaned_data, self.cleaned_data["version"]
        steps = [step.number for step in self.model.steps]
        table = AS_IS if version is None else table_changes(version, self.model)
        beside = [at for at, step in enumerate(steps) if at and said[f"beside_{step}"]]
        groups = [frozenset({steps[at - 1], steps[at]}) for at in beside]
        return Scenario(
            removed=table.removed | {step for step in steps if said[f"out_{step}"]},
            work=table.work, delay=table.delay,
            people={step: change for step in steps if (change := said[f"people_{step}"])},
            limits={
                **table.limits,
                **{step: float(yuan) for step in steps if (yuan := said[f"limit_{step}"])},
            },
            together=_joined([*table.together, *groups]),
            daily=frozenset(step for step in steps if said[f"daily_{step}"]),
            returns=1.0 if said["returns"] is None else said["returns"] / 100,
            arrivals=(said["arrivals"] or 100) / 100,
        )  # fmt: skip


_WISHES: Final = ("people", "limit", "daily", "out", "beside")


def _wishes(step: SimulatedStep) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {
        "people": forms.IntegerField(
            label=_("People more or fewer"), min_value=-_MOST_PEOPLE, max_value=_MOST_PEOPLE
        ),
        "limit": forms.DecimalField(
            label=_("Only from this amount (yuan)"), min_value=0, max_digits=14, decimal_places=2
        ),
        "daily": forms.BooleanField(label=_("Every working day")),
        "out": forms.BooleanField(label=_("Leave out")),
        "beside": forms.BooleanField(label=_("Beside the step before")),
    }
    for name, one in found.items():
        check = isinstance(one, forms.BooleanField)
        one.required = False
        one.widget.attrs |= {
            "class": "form-check-input" if check else "form-control",
            "aria-label": f"{step.name}: {one.label}",
        }
        one.disabled = (name == "people" and not step.people) or (
            name == "daily" and not step.weekdays
        )
    return {f"{name}_{step.number}": one for name, one in found.items()}


def _joined(groups: Sequence[frozenset[int]]) -> tuple[frozenset[int], ...]:
    """Groups that share a step become one."""
    found: list[frozenset[int]] = []
    for group in groups:
        touching = [one for one in found if one & group]
        found = [one for one in found if not one & group]
        found.append(group.union(*touching))
    return tuple(found)


def table_changes(version: ProcessVersion, model: Simulator) -> Scenario:
    """What a to-be table changes of the as-is, in the simulator's terms.

    A shorter duration shortens work and delay alike; a new amount lets smaller cases skip.
    """
    number = {step.name: step.number for step in model.steps}
    removed: set[int] = set()
    factors: dict[int, float] = {}
    limits: dict[int, float] = {}
    groups: dict[str, set[int]] = {}
    before: list[Step] = list(version.process.as_is.steps.all())
    for row in differences(before, list(version.steps.all())):
        if row.before is None or row.before.log_name not in number:
            continue
        step = number[row.before.log_name]
        if row.after is None:
            removed.add(step)
            continue
        if row.after.parallel_group:
            groups.setdefault(row.after.parallel_group, set()).add(step)
        if row.before.minutes and row.after.minutes not in (None, row.before.minutes):
            factors[step] = row.after.minutes / row.before.minutes
        if row.after.from_amount not in (None, row.before.from_amount):
            limits[step] = float(row.after.from_amount)
    together = tuple(frozenset(group) for group in groups.values() if len(group) > 1)
    return Scenario(
        removed=frozenset(removed), work=factors, delay=factors, limits=limits, together=together
    )
