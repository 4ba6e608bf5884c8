"""Studies of single steps: who does them, what they cost, and which executions took far too long."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from opsloop.analysis import outliers
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats
from opsloop.analysis.handover import Party
from opsloop.analysis.specialisation import Specialisation, specialisation
from opsloop.analysis.step_costs import StepCosts, step_costs
from opsloop.analysis.worktime import fingerprint
from opsloop.datasets.queries import FactSet
from opsloop.org.queries import calendar_for
from opsloop.processes.figures import columns_of, stage_times, studied
from opsloop.processes.models import Process

MEASURES: Final = ("stage", "work")
Measure = Literal["stage", "work"]
_FEN: Final = 100


@dataclass(frozen=True)
class Named:
    """A study's result with the names its numbers stand for."""

    result: Any
    names: dict[str, tuple[str, ...]]


def specialised(process: Process, party: Party, wanted: CaseFilter = EVERY_CASE) -> Named | None:
    """Who does which steps, by department or by person."""

    def study(facts: FactSet, calendar: Any) -> Named:
        found: Specialisation = specialisation(columns_of(facts, calendar), party)
        return Named(found, dict(facts.names))

    found: Named | None = studied(process, f"specialised {party}", study, wanted)
    return found


def costed(process: Process, wanted: CaseFilter = EVERY_CASE) -> Named | None:
    """Costs by step and month, always on the department's working time: nights are not paid."""
    rates = {rate.party: int(rate.yuan * _FEN) for rate in process.rates.all()}
    usual = None if process.hourly_rate is None else int(process.hourly_rate * _FEN)
    office = calendar_for(department=process.department)

    def study(facts: FactSet, _calendar: Any) -> Named:
        number = {name: at for at, name in enumerate(facts.names.get("department", ()))}
        of_number = {number[name]: fen for name, fen in rates.items() if name in number}
        found: StepCosts = step_costs(columns_of(facts, office), of_number, usual)
        return Named(found, dict(facts.names))

    asked = f"costed {sorted(rates.items())} {usual} {fingerprint(office)}"
    found: Named | None = studied(process, asked, study, wanted)
    return found


def far_out(
    process: Process, measure: Measure, wanted: CaseFilter = EVERY_CASE, *, most: int | None = None
) -> Named | None:
    """Outliers of every step, by the time at the step or by the work alone."""

    def study(facts: FactSet, calendar: Any) -> Named:
        columns = columns_of(facts, calendar)
        hours = _hours(columns, measure)
        return Named(outliers.step_outliers(columns, hours, most=most), dict(facts.names))

    found: Named | None = studied(process, f"far out {measure} {most}", study, wanted)
    return found


def _hours(columns: Columns, measure: Measure) -> Floats:
    if measure == "work" and columns.has_start:
        return outliers.work_hours(columns)
    hours: Floats = stage_times(columns) / HOUR_US
    return hours
