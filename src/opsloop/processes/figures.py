"""From the facts of a process's log to its figures: the analysis of a page, and of one window.

Results of a page are kept under the facts' digests, the calendar's fingerprint and the version of
the rules: other facts or another calendar make another key, so nothing is ever stale.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import narwhals.stable.v2 as nw
import numpy as np
from django.core.cache import cache

from opsloop.analysis.bottleneck import Bottleneck, StepDetail, examine, find_bottleneck
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter, matching
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, load
from opsloop.analysis.event_log import EventLog, Hours, analyse
from opsloop.analysis.waiting_causes import StepCauses, split, summarise, waiting_causes
from opsloop.analysis.worktime import CLOCK, Calendar, fingerprint
from opsloop.datasets.queries import FactSet, fact_set
from opsloop.org.queries import calendar_for
from opsloop.processes.models import HoursBasis, Process

RULES_VERSION: Final = 5
EVERYTHING: Final = ("outcome_no", "resource_no", "department_no", "amount_fen")
VARIANTS_KEPT: Final = 500
_DAYS_KEPT: Final = 7 * 24 * 3600
_EXAMINED: Final = 5


@dataclass(frozen=True)
class Findings:
    """One log analysed, with the names its numbers stand for."""

    log: EventLog
    stage_hours: dict[str, Hours]  # step → from the end of the step before to its own end
    roles: dict[str, str]  # step → the department (else the person) that does it most often
    bottleneck: Bottleneck
    details: tuple[StepDetail, ...]
    causes: tuple[StepCauses, ...]
    steps: tuple[str, ...]  # names by activity_no
    variant_count: int
    covered_cases: int  # cases of the variants kept

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
    """The analysis of everything in force, or of the cases a filter keeps.

    From the cache when the facts are the same. People's own time is always that of the whole log:
    they were busy with the other cases too.
    """

    def study(facts: FactSet, calendar: Calendar) -> Findings:
        if not wanted:
            return _analysed(process, facts, calendar)
        kept = narrowed(facts, calendar, wanted)
        found = _analysed(process, kept, calendar)
        whole = findings(process)
        assert whole is not None
        busy = {detail.activity_no: detail.utilisation for detail in whole.details}
        details = (replace(one, utilisation=busy.get(one.activity_no)) for one in found.details)
        return replace(
            found, details=tuple(details), causes=_causes_among(facts, kept, calendar)
        )  # fmt: skip

    found: Findings | None = studied(process, _asked(wanted), study)
    return found


def _asked(wanted: CaseFilter) -> str:
    return repr(wanted) if wanted else ""


def studied(
    process: Process, question: str, study: Callable[[FactSet, Calendar], Any],
    wanted: CaseFilter = EVERY_CASE,
) -> Any:  # fmt: skip
    """A further study of the log, kept like the findings; None without records.

    `question` names the study with everything it depends on beside the facts, the calendar and
    the cases wanted; the study gets the facts of those cases only.
    """
    facts = facts_of(process)
    if facts is None:
        return None
    calendar = calendar_of(process)
    key = _key(process, facts, calendar, question + _asked(wanted))
    kept = cache.get(key)
    if kept is None:
        kept = (study(narrowed(facts, calendar, wanted) if wanted else facts, calendar),)
        cache.set(key, kept, _DAYS_KEPT)
    return kept[0]


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


def _key(process: Process, facts: FactSet, calendar: Calendar, question: str = "") -> str:
    parts = [
        str(RULES_VERSION), question, *(file.digest for file in facts.files), fingerprint(calendar),
        process.first_activity, process.last_activity,
    ]  # fmt: skip
    return "processes:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ends_of(process: Process, names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Numbers of the first and last step in the log; empty for one not stated or not found."""
    number = {name: place for place, name in enumerate(names)}
    wanted = (process.first_activity, process.last_activity)
    first, last = ([number[name]] if name in number else [] for name in wanted)
    return first, last


def _analysed(process: Process, facts: FactSet, calendar: Calendar) -> Findings:
    steps = facts.names["activity"]
    starts, ends = ends_of(process, steps)
    log = analyse(facts.frame, calendar=calendar, starts=starts, ends=ends)
    bottleneck = find_bottleneck(facts.frame, calendar=calendar)
    wanted = [load.activity_no for load in bottleneck.steps[:_EXAMINED]]
    kept = log.variants[:VARIANTS_KEPT]
    return Findings(
        log=replace(log, variants=kept), stage_hours=_stages(facts, calendar, steps),
        roles=_roles(facts, steps), bottleneck=bottleneck,
        details=examine(facts.frame, wanted, calendar=calendar),
        causes=waiting_causes(facts.frame, calendar=calendar), steps=steps,
        variant_count=len(log.variants), covered_cases=sum(variant.cases for variant in kept),
    )  # fmt: skip


def _stages(facts: FactSet, calendar: Calendar, steps: Sequence[str]) -> dict[str, Hours]:
    """Hours from the end of the step before to the step's own end, as the printed form counts."""
    columns = load(facts.frame, calendar=calendar)
    found: dict[str, Hours] = {}
    times = stage_times(columns)
    for number, name in enumerate(steps):
        mine = times[columns.activity == number] / HOUR_US
        if len(mine):
            found[name] = Hours(
                len(mine), float(mine.sum()), float(mine.mean()), float(np.median(mine)),
                float(np.quantile(mine, 0.9)),
            )  # fmt: skip
    return found


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
