"""Every read of the process room: the list, the form, map, variants, bottleneck, cases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Max, Q
from django.urls import reverse

from opsloop.analysis.bottleneck import StepDetail, StepLoad
from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.event_log import Hours
from opsloop.analysis.priority import DEFAULT_WEIGHTS, Burden, Score, priorities
from opsloop.analysis.waiting_causes import StepCauses
from opsloop.datasets.models import BatchState
from opsloop.datasets.queries import coverage
from opsloop.exchange.columns import Remark
from opsloop.loop.queries import LoopColumns, deviations_visible_to, for_dimension
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedQuerySet
from opsloop.processes import case_history, figures, keys
from opsloop.processes.conformity import conformity
from opsloop.processes.levels import Level, held_against
from opsloop.processes.models import Process, Step, VersionKind
from opsloop.processes.named_lists import join_names, split_names
from opsloop.processes.pictures import cause_label
from opsloop.processes.provenance import PARTIES_SHOWN, Compared, compared, seen
from opsloop.processes.queries.steps import shown_names
from opsloop.processes.remarks import remarks, total_hours

_BATCHES: Final = "dataset__batches"


def processes(person: Person) -> ScopedQuerySet[Any]:
    """Processes a person may open, with when records last came in."""
    committed = Q(**{f"{_BATCHES}__state": BatchState.COMMITTED})
    return (
        Process.objects.visible_to(person)
        .select_related("department", "owner", "dataset")
        .prefetch_related("co_departments")
        .annotate(
            last_import=Max(f"{_BATCHES}__committed_at", filter=committed),
            step_count=Count("versions__steps", filter=Q(versions__kind=VersionKind.AS_IS), distinct=True),
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One process in the list; figures are None without records."""

    process: Process
    cases_a_month: float | None
    cycle: Hours | None
    return_rate: float | None
    open_deviations: int
    last_import: datetime | None
    step_count: int
    score: Score = field(default_factory=lambda: Score(0, None, ()))
    fitness: float | None = None
    last_review: str = ""


def lines(person: Person, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> list[Line]:
    """The list, what is most worth improving first (P-N2)."""
    rows = list(processes(person).prefetch_related("reviews", "versions__steps"))
    deviations = _open_deviations(person)
    found = {row.pk: _line(row, deviations.get(row.pk, 0)) for row in rows}
    scores = priorities([_burden(line) for line in found.values()], weights)
    ranked = [replace(found[score.key], score=score) for score in scores]
    return sorted(ranked, key=lambda line: (-(line.score.points or -1), line.process.name))


def _line(process: Any, deviations: int) -> Line:
    found = figures.findings(process)
    months = len(coverage(process.dataset)) if found else 0
    checked = conformity(process) if found else None
    reviews = process.reviews.all()
    return Line(
        process,
        found.log.cases / months if found and months else None,
        found.log.case_hours if found else None,
        found.log.returns.case_rate if found else None,
        deviations, process.last_import, process.step_count,
        fitness=checked.result.fitness if checked else None,
        last_review=reviews[0].period if reviews else "",
    )  # fmt: skip


def cases_a_month(process: Process) -> float | None:
    """Monthly volume over the months the log covers; None without records."""
    found = figures.findings(process)
    months = len(coverage(process.dataset)) if found and process.dataset else 0
    return found.log.cases / months if found and months else None


def _burden(line: Line) -> Burden:
    time = None
    if line.cycle is not None and line.cycle.median is not None:
        time = (line.cases_a_month or 0) * line.cycle.median
    complaints = line.process.complaint_rate
    return Burden(
        line.process.pk, time, line.return_rate, None if complaints is None else float(complaints)
    )


def _open_deviations(person: Person) -> dict[int, int]:
    """Open deviations by process."""
    counts: dict[int, int] = {}
    rows = deviations_visible_to(person).filter(tool=keys.TOOL, closed_at=None)
    for dimension in rows.values_list("dimension", flat=True):
        process = keys.Dimension.parse(dimension).process
        counts[process] = counts.get(process, 0) + 1
    return counts


@dataclass(frozen=True)
class Row:
    """A row of the form: what is written, what the log measures, what the loop says."""

    told: Compared
    loop: LoopColumns | None

    @property
    def step(self) -> Step:
        return self.told.step

    @property
    def parties(self) -> tuple[tuple[str, float], ...]:
        """Who does the step most often, by the log."""
        return self.told.seen.parties[:PARTIES_SHOWN] if self.told.seen else ()

    @property
    def median(self) -> float | None:
        return self.told.median

    @property
    def over_limit(self) -> bool:
        limit = self.step.limit_hours
        return limit is not None and self.median is not None and self.median > float(limit)


@dataclass(frozen=True)
class Form:
    """The printed form with everything that stands behind it."""

    process: Process
    departments: str
    rows: tuple[Row, ...]
    total: Decimal | None
    measured_total: float | None
    cycle: Hours | None
    returns: Any
    remarks: tuple[Remark, ...]
    whole: LoopColumns | None
    missing: tuple[str, ...]  # steps of the log that no row of the form names
    cost: Decimal | None = None  # yuan: Σ work of a case × the cost of an hour
    held_against: Level | None = None  # the proven or first cycle median of the process's metric

    @property
    def return_over_limit(self) -> bool:
        limit = self.process.return_limit
        rate = self.returns.case_rate if self.returns else None
        return limit is not None and rate is not None and rate > float(limit)


def form(process: Process, person: Person) -> Form:
    """現状: the step table of a process, its measures and its contradictions."""
    steps = list(process.as_is.steps.all())
    found = figures.findings(process)
    own = keys.Dimension(process.pk).key
    dimensions = {step.pk: keys.Dimension(process.pk, step.log_name).key for step in steps}
    loop = for_dimension(keys.TOOL, [own, *dimensions.values()], person=person)
    rows = tuple(Row(told, loop.get(dimensions[told.step.pk])) for told in compared(process, steps))
    medians = [row.median for row in rows if row.median is not None]
    named = {step.log_name for step in steps}
    return Form(
        process, departments_of(process), rows, total_hours(steps),
        sum(medians) if medians else None, found.log.case_hours if found else None,
        found.log.returns if found else None, tuple(remarks(process, steps)), loop.get(own),
        tuple(name for name in seen(process) if name not in named), _cost(process, found),
        held_against(process, keys.CYCLE_HOURS),
    )  # fmt: skip


def _cost(process: Process, found: figures.Findings | None) -> Decimal | None:
    """What the work of one case costs (P-A19); stage times would count waiting as work."""
    if found is None or process.hourly_rate is None or not found.log.has_start:
        return None
    worked = sum(step.hours.sum for step in found.log.steps if step.hours)
    return process.hourly_rate * Decimal(repr(worked / found.log.cases)) if worked else None


def departments_of(process: Process) -> str:
    """责任部门 as printed: the accountable one first, then the co-owners (S5)."""
    others = [department.name for department in process.co_departments.all()]
    return join_names([process.department.name, *others])


def may_edit(process: Process, person: Person) -> bool:
    return person.may(Permission.PROCESS_EDIT, process.department)


@dataclass(frozen=True)
class VariantLine:
    """One variant with the share of cases it and all more frequent ones cover."""

    number: int
    sequence: tuple[int, ...]
    steps: tuple[str, ...]
    cases: int
    share: float
    covered: float
    median_hours: float
    returns: int
    example: int

    @property
    def address(self) -> str:
        """The variant as a filter names it."""
        return "-".join(map(str, self.sequence))


def variants(found: figures.Findings, *, limit: int) -> list[VariantLine]:
    """The most frequent variants first."""
    listed, covered = [], 0.0
    for number, variant in enumerate(found.log.variants[:limit], start=1):
        covered += variant.share
        steps = tuple(found.name(step) for step in variant.steps)
        listed.append(
            VariantLine(
                number, variant.steps, steps, variant.cases, variant.share, covered, variant.median_hours,
                variant.returns, variant.example,
            )
        )  # fmt: skip
    return listed


@dataclass(frozen=True)
class Event:
    """One execution on a case's timeline; hours on the process's calendar and on the clock."""

    step: str
    who: str
    begin: datetime
    end: datetime
    outcome: int
    waited: float | None
    waited_clock: float | None
    worked: float
    row_url: str

    @property
    def spent(self) -> float:
        """Hours the case stood at the step: waiting and work."""
        return (self.waited or 0.0) + self.worked


@dataclass(frozen=True)
class Case:
    number: int
    name: str
    events: tuple[Event, ...]
    hours: float
    clock_hours: float

    @property
    def longest(self) -> Event | None:
        """Where the case stood longest."""
        return max(self.events, key=lambda event: event.spent, default=None)


@dataclass(frozen=True)
class CaseLine:
    number: int
    name: str
    events: int
    begin: datetime
    hours: float
    is_open: bool


_CASES_A_PAGE: Final = 50


def slowest_cases(
    process: Process, *, text: str = "", wanted: CaseFilter = EVERY_CASE, limit: int = _CASES_A_PAGE
) -> list[CaseLine]:
    """The slowest cases by their hours, or those whose id contains a text."""
    facts = figures.facts_of(process)
    if facts is None:
        return []
    return [
        CaseLine(number, name, events, _moment(begin), hours, is_open=not done)
        for number, name, events, begin, hours, done in case_history.case_rows(
            process, facts, text, limit, wanted
        )
    ]


def case(process: Process, number: int, *, people: bool = False) -> Case | None:
    """One case's history; None when the log has no such case.

    Who held it: the person for whoever may see people, else the department, else a pseudonym.
    """
    facts = figures.facts_of(process)
    found = case_history.one_case(process, facts, number) if facts else None
    if facts is None or found is None:
        return None
    names = facts.texts("case", [number])
    events = tuple(_events(facts, found, people=people))
    return Case(number, names.get(number, str(number)), events, found.hours, found.clock_hours)


def _events(facts: Any, found: case_history.CaseTimes, *, people: bool) -> Iterator[Event]:
    names = shown_names(facts.names, people=people)
    steps = names["activity"]
    for row in found.rows:
        url = reverse("datasets:rows", args=[facts.batch_ids[row.batch_no]])
        yield Event(
            steps[row.activity_no], _holder(row, names, people=people),
            _moment(row.begin), _moment(row.end), row.outcome_no, row.waited, row.waited_clock,
            row.worked, f"{url}?rows={row.source_row}",
        )  # fmt: skip


def _holder(row: case_history.CaseRow, names: Mapping[str, Sequence[str]], *, people: bool) -> str:
    person = names["resource"][row.resource_no] if row.resource_no >= 0 else ""
    unit = names["department"][row.department_no] if row.department_no >= 0 else ""
    if people and person:
        return f"{person} ({unit})" if unit else person
    return unit or person


def _moment(instant_us: int) -> datetime:
    """Wall-clock time of the organisation, as the facts keep it."""
    return datetime(1970, 1, 1) + timedelta(microseconds=instant_us)


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    hint: str


def search(person: Person, text: str, limit: int) -> Sequence[Hit]:
    """Processes whose name, or a step of which, contains a text."""
    wanted = Q(name__icontains=text) | Q(versions__steps__name__icontains=text)
    rows = Process.objects.visible_to(person).filter(wanted).select_related("department")
    return [
        Hit(row.name, reverse("processes:detail", args=[row.pk]), row.department.name)
        for row in rows.distinct()[:limit]
    ]


@dataclass(frozen=True)
class Load:
    """One step on the bottleneck page: its share of the waiting and the other definitions."""

    step: str
    load: StepLoad
    detail: StepDetail | None
    causes: tuple[tuple[str, float], ...]  # shares of on-duty waiting, largest first


def longest_waits(found: figures.Findings) -> list[tuple[str, Any]]:
    """(step, its figures) by all the waiting for it: what measuring alone says of bottlenecks."""
    waited = [step for step in found.log.steps if step.waiting and step.waiting.n]
    waited.sort(key=lambda step: -step.waiting.sum if step.waiting else 0.0)
    return [(found.name(step.activity_no), step) for step in waited]


def loads(found: figures.Findings) -> list[Load]:
    details = {detail.activity_no: detail for detail in found.details}
    causes = {cause.activity_no: cause for cause in found.causes}
    return [
        Load(
            found.name(load.activity_no), load, details.get(load.activity_no),
            _largest(causes.get(load.activity_no)),
        )
        for load in found.bottleneck.steps
    ]  # fmt: skip


def _largest(cause: StepCauses | None) -> tuple[tuple[str, float], ...]:
    if cause is None or not cause.on_duty:
        return ()
    return tuple(
        (cause_label(name), share) for name, share in cause.shares().items() if share >= 0.05
    )


@dataclass(frozen=True)
class Raci:
    """Roles across, steps down; a cell holds the letters R A C I that apply."""

    roles: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    without_a: tuple[str, ...]  # steps nobody answers for


_RACI: Final = {"R": "role", "A": "accountable", "C": "consulted", "I": "informed"}


def raci(process: Process) -> Raci:
    """The responsibilities of the as-is table as a matrix."""
    steps = list(process.as_is.steps.all())
    held = [
        {letter: split_names(getattr(step, name)) for letter, name in _RACI.items()}
        for step in steps
    ]
    roles = tuple(dict.fromkeys(role for row in held for names in row.values() for role in names))
    rows = tuple(
        (step.name, tuple("".join(at for at in _RACI if role in row[at]) for role in roles))
        for step, row in zip(steps, held, strict=True)
    )
    without = tuple(step.name for step, row in zip(steps, held, strict=True) if not row["A"])
    return Raci(roles, rows, without)
