"""A pilot as an experiment: what the proof needs, before and after, the controls, the weeks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, Final, Literal

import numpy as np

from opsloop.analysis import comparison, power
from opsloop.analysis.control_chart import MINIMUM_POINTS, Limits, limits
from opsloop.analysis.effect import SEED, Plan, Verdict, needed_n, verdict
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, case_spans, load
from opsloop.analysis.samples import Durations, Proportion
from opsloop.analysis.stability import Stability, stability
from opsloop.analysis.step_costs import case_costs
from opsloop.analysis.worktime import CLOCK
from opsloop.datasets.queries import FactSet
from opsloop.org.queries import calendar_for
from opsloop.processes import windows
from opsloop.processes.figures import columns_of, studied
from opsloop.processes.models import Moment, Pilot, Process, SatisfactionReading

_EPOCH: Final = date(1970, 1, 1)
_FEN: Final = 100
_FEWEST: Final = 10  # cases of a unit below which the whole process stands in for it
Aspect = Literal["time", "cost", "returns", "rework", "satisfaction"]


@dataclass(frozen=True)
class Forecast:
    """What the proof will need, told before the pilot starts (P-N9, V-04).

    `cases` per side for the planned change of the median, `weeks` at the present volume; the same
    for the return rate where it has a target. None where no number would do. `is_company` says
    that the unit has too few cases and the whole process stands in for its spread.
    """

    n: int
    median: float | None
    return_rate: float | None
    cases_a_week: float
    cases: int | None
    weeks: int | None
    return_cases: int | None = None
    return_weeks: int | None = None
    is_company: bool = False


@dataclass(frozen=True)
class Card:
    """One aspect before and after in the pilot unit, the change with its 95 % interval (P25).

    Hours, yuan a case, or rates 0–1; `missing` says what would have to be recorded.
    """

    aspect: Aspect
    before: float | None = None
    after: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    n_before: int = 0
    n_after: int = 0
    proven: bool = False
    missing: str = ""

    @property
    def change(self) -> float | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def better(self) -> bool | None:
        """Whether it went the right way; None without a change."""
        if not self.change:
            return None
        return (self.change > 0) == (self.aspect == "satisfaction")


@dataclass(frozen=True)
class Group:
    """Median hours and cases of one group of units, before and after."""

    before: float | None
    after: float | None
    n_before: int
    n_after: int

    @property
    def change(self) -> float | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True)
class Week:
    """Cases submitted in the week of a Monday (ISO date) and their median hours."""

    monday: str
    median: float
    cases: int
    is_after: bool


@dataclass(frozen=True)
class Trial:
    """Everything the log says about a pilot; the unit's cases submitted up to its roll-out."""

    verdict: Verdict
    stability: Stability
    weeks: tuple[Week, ...]
    baseline_limits: Limits | None  # of the weeks before the start
    unit: Group
    control: Group
    cards: tuple[Card, ...]
    too_young: int  # finished cases left out because slower ones of their age are still open


@dataclass(frozen=True)
class _Log:
    """The log's cases with what a pilot compares them by."""

    columns: Columns
    hours: Floats
    old: Any  # finished, and old enough that slower ones of their age are finished too
    too_young: int
    returned: Any
    reworked: Any
    cost: Floats | None  # yuan of work by case
    departments: Sequence[str]

    def unit(self, names: Sequence[str]) -> Any:
        """Cases submitted in one of these departments."""
        if self.columns.department is None:
            return np.zeros(self.columns.cases, dtype=np.bool_)
        numbers = [at for at, name in enumerate(self.departments) if name in names]
        return np.isin(self.columns.department[self.columns.first], numbers)

    def from_day(self, day: date) -> Any:
        return self.columns.day >= (day - _EPOCH).days


def _read(process: Process, facts: FactSet, calendar: Any) -> _Log:
    columns = columns_of(facts, calendar)
    names = facts.names["activity"]
    finished = windows.finished(columns, names, process)
    old = finished & (columns.day <= _old_enough(facts, finished))
    return _Log(
        columns, case_spans(columns) / HOUR_US, old, int((finished & ~old).sum()),
        windows.returned(columns, names, process), _reworked(columns),
        _costs(process, facts), facts.names.get("department", ()),
    )  # fmt: skip


def _old_enough(facts: FactSet, finished: Any) -> int:
    """The last day of submission whose cases had time to finish: nineteen in twenty do by then."""
    clock = load(facts.frame, calendar=CLOCK)
    if not finished.any():
        return int(clock.day.max(initial=0))
    tail = float(np.quantile(case_spans(clock)[finished] / HOUR_US, 0.95))
    return int(clock.end.max() // (24 * HOUR_US) - tail // 24)


def _reworked(columns: Columns) -> Any:
    """Per case: was any step done more than once?"""
    steps = int(columns.activity.max(initial=0)) + 1
    case = np.repeat(np.arange(columns.cases), columns.lengths)
    done, times = np.unique(case * steps + columns.activity, return_counts=True)
    found = np.zeros(columns.cases, dtype=np.bool_)
    found[done[times > 1] // steps] = True
    return found


def _costs(process: Process, facts: FactSet) -> Floats | None:
    """Yuan of work by case, on working time: nights are not paid; NaN where a rate is missing.

    None without any rate, or where the log does not tell work from waiting.
    """
    rates = {rate.party: int(rate.yuan * _FEN) for rate in process.rates.all()}
    usual = None if process.hourly_rate is None else int(process.hourly_rate * _FEN)
    columns = columns_of(facts, calendar_for(department=process.department))
    if not columns.has_start or (usual is None and not rates):
        return None
    number = {name: at for at, name in enumerate(facts.names.get("department", ()))}
    of_number = {number[name]: fen for name, fen in rates.items() if name in number}
    yuan: Floats = case_costs(columns, of_number, usual) / _FEN
    return yuan


def forecast(
    process: Process, *, unit: str, start_on: date, target_hours: Decimal,
    target_return_rate: Decimal | None = None,
) -> Forecast | None:  # fmt: skip
    """Cases each side and weeks the proof will need; None without records before the start."""

    def study(facts: FactSet, calendar: Any) -> Forecast | None:
        log = _read(process, facts, calendar)
        before = log.old & ~log.from_day(start_on)
        mine = before & log.unit([unit])
        kept = mine if mine.sum() >= _FEWEST else before
        if not kept.any():
            return None
        days = int(log.columns.day[before].max() - log.columns.day[before].min()) + 1
        a_week = float(mine.sum()) / days * 7
        hours = Durations(log.hours[kept])
        rate = float(log.returned[kept].mean())
        cases = needed_n(Plan("lower", target_hours), hours)
        asked = None if target_return_rate is None else float(target_return_rate)
        returns = None if asked is None else power.needed_for_proportions(rate, asked)
        return Forecast(
            int(kept.sum()), float(np.median(hours.hours)), rate, a_week,
            cases, _weeks(cases, a_week), returns, _weeks(returns, a_week),
            is_company=kept is before,
        )  # fmt: skip

    asked = f"forecast {unit} {start_on} {target_hours} {target_return_rate}"
    found: Forecast | None = studied(process, asked, study)
    return found


def _weeks(cases: int | None, a_week: float) -> int | None:
    return None if cases is None or not a_week else ceil(cases / a_week)


def kept(found: Forecast | None) -> dict[str, Any]:
    """The forecast as the pilot keeps it."""
    return {} if found is None else asdict(found)


def promised(pilot: Pilot) -> Forecast | None:
    """The forecast that was told when the pilot was started."""
    return Forecast(**pilot.forecast) if pilot.forecast else None


def trial(pilot: Pilot) -> Trial | None:
    """Judge a pilot by difference-in-differences on the cycle time of finished cases."""
    process = pilot.process

    def study(facts: FactSet, calendar: Any) -> Trial:
        return _judge(pilot, _read(process, facts, calendar))

    rates = sorted(process.rates.values_list("party", "yuan"))
    order = [step.log_name for step in process.as_is.steps.all()]
    asked = repr((
        "trial", pilot.unit, pilot.controls, pilot.start_on, pilot.target_hours,
        pilot.rolled_out_on, process.hourly_rate, rates, order,
    ))  # fmt: skip
    found: Trial | None = studied(process, asked, study)
    if found is None:
        return None
    return replace(found, cards=(*found.cards, satisfaction(list(pilot.readings.all()))))


def _judge(pilot: Pilot, log: _Log) -> Trial:
    after = log.from_day(pilot.start_on)
    counted = log.old
    if pilot.rolled_out_on is not None:
        # From the roll-out on the controls work by the new version too.
        counted = counted & ~log.from_day(pilot.rolled_out_on)
    unit, control = log.unit([pilot.unit]), log.unit(pilot.controls)
    mine = (counted & unit & ~after, counted & unit & after)
    theirs = (counted & control & ~after, counted & control & after)
    mine_hours, their_hours = (
        (Durations(log.hours[before]), Durations(log.hours[later]))
        for before, later in (mine, theirs)
    )
    with_control = all(len(one.hours) for one in their_hours)
    weeks = _weekly(log, log.old & unit, after)
    since = [week.median for week in weeks if week.is_after]
    earlier = [week.median for week in weeks if not week.is_after]
    return Trial(
        verdict(
            Plan("lower", pilot.target_hours), *mine_hours,
            control=their_hours if with_control else None,
        ),
        stability(since, float(pilot.target_hours)), weeks,
        limits(earlier) if len(earlier) >= MINIMUM_POINTS else None,
        _group(mine_hours), _group(their_hours), _cards(log, *mine), log.too_young,
    )  # fmt: skip


def _group(hours: tuple[Durations, Durations]) -> Group:
    before, after = (float(np.median(one.hours)) if len(one.hours) else None for one in hours)
    return Group(before, after, len(hours[0].hours), len(hours[1].hours))


def _weekly(log: _Log, mine: Any, after: Any) -> tuple[Week, ...]:
    """The unit's weeks; that of the start is cut in two by the day."""
    monday = log.columns.day - (log.columns.day + 3) % 7
    found = []
    for late in (False, True):
        chosen = mine & (after == late)
        for week in np.unique(monday[chosen]).tolist():
            hours = log.hours[chosen & (monday == week)]
            day = (_EPOCH + timedelta(days=week)).isoformat()
            found.append(Week(day, float(np.median(hours)), len(hours), late))
    return tuple(found)


def _cards(log: _Log, before: Any, after: Any) -> tuple[Card, ...]:
    cost = (
        Card("cost", missing="rate" if log.columns.has_start else "starts")
        if log.cost is None
        else _of_values("cost", _known(log.cost[before]), _known(log.cost[after]))
    )
    return (
        _of_values("time", log.hours[before], log.hours[after]), cost,
        _of_shares("returns", log.returned[before], log.returned[after]),
        _of_shares("rework", log.reworked[before], log.reworked[after]),
    )  # fmt: skip


def _known(values: Floats) -> Floats:
    known: Floats = values[~np.isnan(values)]
    return known


def _of_values(aspect: Aspect, before: Floats, after: Floats) -> Card:
    """Medians, with the bootstrap interval of their difference and the Mann–Whitney p."""
    n_before, n_after = len(before), len(after)
    if not n_before or not n_after:
        return Card(aspect, n_before=n_before, n_after=n_after, missing="cases")
    found = comparison.of_durations(
        Durations(before), Durations(after), "median", np.random.default_rng(SEED)
    )
    return Card(
        aspect, float(found.before), float(found.after), found.change_low, found.change_high,
        found.p_value, n_before, n_after, found.proven and found.enough,
    )  # fmt: skip


def _of_shares(aspect: Aspect, before: Any, after: Any) -> Card:
    return _of_proportions(
        aspect, Proportion(int(before.sum()), len(before)), Proportion(int(after.sum()), len(after))
    )


def _of_proportions(aspect: Aspect, before: Proportion, after: Proportion) -> Card:
    """Shares, with the Newcombe interval of their difference."""
    if not before.n or not after.n:
        return Card(aspect, n_before=before.n, n_after=after.n, missing="cases")
    found = comparison.of_proportions(before, after)
    return Card(
        aspect, float(found.before), float(found.after), found.low, found.high, found.p_value,
        before.n, after.n, found.proven,
    )  # fmt: skip


def satisfaction(readings: Sequence[SatisfactionReading]) -> Card:
    """Everybody asked before against everybody asked since; one survey a side is the usual case."""
    sides = [
        Proportion(
            sum(one.satisfied for one in readings if one.moment == moment),
            sum(one.asked for one in readings if one.moment == moment),
        )
        for moment in (Moment.BEFORE, Moment.AFTER)
    ]  # fmt: skip
    found = _of_proportions("satisfaction", *sides)
    return replace(found, missing="survey") if found.missing else found


def weeks_to_go(found: Trial) -> int | None:
    """Weeks until the cases since the start suffice, at the pace so far; 0 when they do."""
    since = [week for week in found.weeks if week.is_after]
    needed, n = found.verdict.needed_n, found.unit.n_after
    if needed is None or not n or not since:
        return None
    return max(0, ceil((needed - n) * len(since) / n))
