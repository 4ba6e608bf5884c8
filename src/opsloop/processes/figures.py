"""From the facts of a process's log to its figures: the analysis of a page, and of one window.

Results of a page are kept under the facts' digests, the calendar's fingerprint and the version of
the rules: other facts or another calendar make another key, so nothing is ever stale. They are kept
in memory; those that every reader of a process needs also on disk, where a new server finds them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from django.core.cache import cache

from opsloop.analysis.bottleneck import Bottleneck, StepDetail, examine_steps, rank_steps
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter, matching
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, group, load, spread, worked
from opsloop.analysis.event_log import EventLog, Hours, analyse
from opsloop.analysis.segments import analyse_columns
from opsloop.analysis.waiting_causes import StepCauses, causes, split, summarise
from opsloop.analysis.worktime import CLOCK, Calendar, fingerprint
from opsloop.datasets.queries import FactSet, fact_set
from opsloop.org.queries import calendar_for
from opsloop.processes import kept as on_disk
from opsloop.processes.models import HoursBasis, Process

# To be raised with every change of what a study answers: what is kept answers no more then.
RULES_VERSION: Final = 6
EVERYTHING: Final = ("outcome_no", "resource_no", "department_no", "amount_fen")
VARIANTS_KEPT: Final = 500
# Names of the studies that are made before anybody asks.
MEASURED: Final = "measured"
WAITS: Final = "waits"
_AT_ONCE: Final = 300_000  # rows studied in every respect within a second
_DAYS_KEPT: Final = 7 * 24 * 3600
_EXAMINED: Final = 5


@dataclass(frozen=True)
class Measured:
    """What one reading of a log says; steps are numbers, with the names they stand for."""

    log: EventLog
    stage_hours: dict[str, Hours]  # step → from the end of the step before to its own end
    roles: dict[str, str]  # step → the department (else the person) that does it most often
    steps: tuple[str, ...]  # names by activity_no
    variant_count: int
    covered_cases: int  # cases of the variants kept


@dataclass(frozen=True)
class Waits:
    """Where and why cases wait: several times the work of measuring."""

    bottleneck: Bottleneck
    details: tuple[StepDetail, ...]
    causes: tuple[StepCauses, ...]


class Findings:
    """One log analysed. Where and why cases wait is only found out when it is asked for."""

    def __init__(self, process: Process, wanted: CaseFilter, measured: Measured) -> None:
        self._process, self._wanted = process, wanted
        self.log, self.steps, self.roles = measured.log, measured.steps, measured.roles
        self.stage_hours, self.variant_count = measured.stage_hours, measured.variant_count
        self.covered_cases = measured.covered_cases

    @cached_property
    def _waits(self) -> Waits:
        return waits(self._process, self._wanted) or Waits(Bottleneck("waiting", ()), (), ())

    @property
    def bottleneck(self) -> Bottleneck:
        return self._waits.bottleneck

    @property
    def details(self) -> tuple[StepDetail, ...]:
        return self._waits.details

    @property
    def causes(self) -> tuple[StepCauses, ...]:
        return self._waits.causes

    @cached_property
    def number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.steps)}

    def name(self, activity_no: int) -> str:
        return self.steps[activity_no]


def calendar_of(process: Process, basis: str | None = None) -> Calendar:
    """The calendar hours are counted on: the clock, or the department's working time."""
    if (basis or process.hours_basis) == HoursBasis.NATURAL:
        return CLOCK
    return calendar_for(department=process.department)


def facts_of(process: Process, batch_ids: Sequence[int] | None = None) -> FactSet | None:
    """The facts of its log; None without a log or without rows in force."""
    if process.dataset is None:
        return None
    found = fact_set(process.dataset, batch_ids=batch_ids)
    return found if found.rows else None


def findings(process: Process, wanted: CaseFilter = EVERY_CASE) -> Findings | None:
    """The analysis of everything in force, or of the cases a filter keeps; None without records."""

    def study(facts: FactSet, calendar: Calendar) -> Measured:
        return _measured(process, facts, calendar)

    found: Measured | None = studied(process, MEASURED, study, wanted, kept_as=Measured)
    return None if found is None else Findings(process, wanted, found)


def waits(process: Process, wanted: CaseFilter = EVERY_CASE) -> Waits | None:
    """Where and why cases wait: of everything in force, or of the cases a filter keeps.

    People's own time is always that of the whole log: they were busy with the other cases too.
    """

    def study(facts: FactSet, calendar: Calendar) -> Waits:
        found = _waits_of(facts, calendar, told=not wanted)
        whole = waits(process) if wanted else None
        everything = facts_of(process) if wanted else None
        if whole is None or everything is None:
            return found
        busy = {detail.activity_no: detail.utilisation for detail in whole.details}
        details = (replace(one, utilisation=busy.get(one.activity_no)) for one in found.details)
        told = _causes_among(everything, facts, calendar)
        return replace(found, details=tuple(details), causes=told)

    found: Waits | None = studied(process, WAITS, study, wanted, kept_as=Waits)
    return found


def waits_are_near(process: Process, wanted: CaseFilter = EVERY_CASE) -> bool:
    """Whether `waits` answers within a moment: a small log, or an answer that is kept."""
    facts = facts_of(process)
    if facts is None or facts.rows <= _AT_ONCE:
        return True
    key = _key(process, _digests(facts), calendar_of(process), WAITS + _asked(wanted))
    return key in cache or on_disk.stands(key)


def _asked(wanted: CaseFilter) -> str:
    return repr(wanted) if wanted else ""


def studied(
    process: Process, question: str, study: Callable[[FactSet, Calendar], Any],
    wanted: CaseFilter = EVERY_CASE, *, kept_as: Any = None,
) -> Any:  # fmt: skip
    """A further study of the log, kept like the findings; None without records.

    `question` names the study with everything it depends on beside the facts, the calendar and
    the cases wanted; the study gets the facts of those cases only. An answer about every case is
    also kept on disk where its type is named.
    """
    facts = facts_of(process)
    if facts is None:
        return None
    calendar = calendar_of(process)
    key = _key(process, _digests(facts), calendar, question + _asked(wanted))
    held = cache.get(key)
    if held is not None:
        return held[0]
    lasting = None if wanted else kept_as
    found = on_disk.read(key, lasting) if lasting else None
    if found is None:
        found = study(narrowed(facts, calendar, wanted) if wanted else facts, calendar)
        if lasting:
            on_disk.write(key, found)
    cache.set(key, (found,), _DAYS_KEPT)
    return found


def narrowed(facts: FactSet, calendar: Calendar, wanted: CaseFilter) -> FactSet:
    """The facts of the cases a filter keeps, read into memory; whole cases, never single rows."""
    numbers = columns_of(facts, CLOCK)
    kept = numbers.case_no[matching(numbers, wanted, calendar)]
    del numbers
    table = facts.frame.collect()
    case_no = table.get_column("case_no").to_numpy()
    place = np.minimum(np.searchsorted(kept, case_no), max(len(kept) - 1, 0))
    mask = kept[place] == case_no if len(kept) else np.zeros(len(case_no), dtype=np.bool_)
    rows = nw.new_series("kept", mask, nw.Boolean, backend=table.implementation)
    return replace(facts, frame=table.filter(rows).lazy(), rows=int(mask.sum()))


def _causes_among(facts: FactSet, kept: FactSet, calendar: Calendar) -> tuple[StepCauses, ...]:
    """Why the kept cases waited, told on everybody's whole day of work."""
    columns = load(facts.frame, also=("resource_no",))
    if columns.resource is None or not columns.has_start or not kept.rows:
        return ()
    found = split(columns, calendar)
    case_no = np.repeat(columns.case_no, columns.lengths)[found.rows]
    mine = np.isin(case_no, load(kept.frame).case_no)
    parts = (getattr(found, field.name)[mine] for field in fields(found))
    return summarise(columns, type(found)(*parts))


def columns_of(facts: FactSet, calendar: Calendar) -> Columns:
    """The log in memory with everything the file stated."""
    return load(facts.frame, calendar=calendar, also=EVERYTHING)


def key_of(process: Process, digests: Sequence[str], question: str) -> str:
    """What the answer about every case of these fact files is kept under."""
    return _key(process, digests, calendar_of(process), question)


def _digests(facts: FactSet) -> list[str]:
    return [file.digest for file in facts.files]


def _key(process: Process, digests: Sequence[str], calendar: Calendar, question: str) -> str:
    parts = [
        str(RULES_VERSION), question, *digests, fingerprint(calendar), process.first_activity,
        process.last_activity,
    ]  # fmt: skip
    return "processes-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ends_of(process: Process, names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Numbers of the first and last step in the log; empty for one not stated or not found."""
    number = {name: place for place, name in enumerate(names)}
    wanted = (process.first_activity, process.last_activity)
    first, last = ([number[name]] if name in number else [] for name in wanted)
    return first, last


def _measured(process: Process, facts: FactSet, calendar: Calendar) -> Measured:
    steps = facts.names["activity"]
    starts, ends = ends_of(process, steps)
    columns = load(facts.frame, calendar=calendar, also=("outcome_no",))
    if facts.frame.implementation.is_polars():
        log = analyse_columns(columns, starts=starts, ends=ends)
    else:  # an engine for more than memory holds
        log = analyse(facts.frame, calendar=calendar, starts=starts, ends=ends)
    shown = log.variants[:VARIANTS_KEPT]
    return Measured(
        log=replace(log, variants=shown), stage_hours=_stages(columns, steps),
        roles=_roles(facts, steps), steps=steps, variant_count=len(log.variants),
        covered_cases=sum(variant.cases for variant in shown),
    )  # fmt: skip


def _waits_of(facts: FactSet, calendar: Calendar, *, told: bool) -> Waits:
    """Bottleneck, its first steps examined, and the causes where they are to be `told`."""
    clock = load(facts.frame, also=("resource_no",))
    counted = clock if calendar == CLOCK else worked(clock, calendar)
    bottleneck = rank_steps(counted)
    slowest = [load.activity_no for load in bottleneck.steps[:_EXAMINED]]
    details = examine_steps(counted, slowest)
    del counted
    return Waits(bottleneck, details, causes(clock, calendar=calendar) if told else ())


def _stages(columns: Columns, steps: Sequence[str]) -> dict[str, Hours]:
    """Hours from the end of the step before to the step's own end, as the printed form counts."""
    rows = group(columns.activity, len(steps))
    found = spread(stage_times(columns).astype(np.int64)[rows.order], rows.bounds)
    sums, medians, most = (one / HOUR_US for one in (found.total, found.median, found.p90))
    return {
        steps[number]: Hours(
            int(n), float(sums[at]), float(sums[at] / n), float(medians[at]), float(most[at])
        )
        for at, (number, n) in enumerate(zip(rows.codes.tolist(), found.n.tolist(), strict=True))
    }


def stage_times(columns: Columns) -> Floats:
    """Per row, µs the case stood at the step: work and the waiting before it.

    The first step of a case has only its work.
    """
    since = columns.previous(columns.end)
    since[columns.first] = columns.begin[columns.first]
    stage: Floats = np.maximum(columns.end - since, 0).astype(np.float64)
    return stage


def _roles(facts: FactSet, steps: Sequence[str]) -> dict[str, str]:
    """Who does each step: departments by default, people only where no department is known."""
    for column, names in (("department_no", "department"), ("resource_no", "resource")):
        if not facts.names[names]:
            continue
        counted = (
            facts.frame.filter(nw.col(column) >= 0)
            .group_by("activity_no", column)
            .agg(nw.len().alias("n"))
            .sort("activity_no", "n", column, descending=[False, True, False])
            .collect()
        )
        roles: dict[str, str] = {}
        for activity, who, _n in counted.iter_rows():
            roles.setdefault(steps[activity], facts.names[names][who])
        return roles
    return {}
