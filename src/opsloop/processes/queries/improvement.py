"""The worksheet, the fishbone, the limit, the to-be versions, the pilots: what the pages show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from opsloop.analysis.ecrs import Candidate
from opsloop.analysis.parallel import ParallelHint
from opsloop.analysis.reentry import FieldUse, ReentryCost, reentries
from opsloop.loop.models import Cause, Countermeasure, Deviation
from opsloop.loop.queries import deviations_visible_to
from opsloop.loop.states import CauseCategory, State
from opsloop.org.models import Person
from opsloop.processes import figures, keys, studies, wording
from opsloop.processes.differences import Difference, differences
from opsloop.processes.gate import GateLine, gate
from opsloop.processes.models import EcrsProposal, Pilot, Process, ProcessVersion, Step, VersionKind
from opsloop.processes.named_lists import split_documents
from opsloop.processes.queries.review import cases_a_month


@dataclass(frozen=True)
class WorksheetLine:
    """A candidate in words, with what was decided about it."""

    key: str
    candidate: Candidate
    text: str
    risk: str
    decision: EcrsProposal | None


@dataclass(frozen=True)
class Worksheet:
    lines: tuple[WorksheetLine, ...]
    decided: tuple[EcrsProposal, ...]  # decisions whose candidate the log no longer shows
    hint: ParallelHint
    pairs: tuple[str, ...]  # steps that could run side by side
    path: str  # the longest chain
    reentry: ReentryCost
    has_records: bool


def worksheet(process: Process) -> Worksheet:
    """ECRS candidates of the log and the form (P-N5), with the hints of P-N4 and P-N12."""
    steps = list(process.as_is.steps.all())
    found = figures.findings(process)
    shown = studies.worksheet(process, found) if found else ()
    made = {_key(one.letter, one.trigger, one.steps): one for one in process.proposals.all()}
    lines = tuple(
        WorksheetLine(
            key := _key(one.letter, one.kind, one.steps), one,
            wording.candidate(one.kind, one.steps, one.values, one.n), wording.risk(one.letter),
            made.pop(key, None),
        )
        for one in shown
    )  # fmt: skip
    hint = studies.hint(steps)
    return Worksheet(
        lines, tuple(made.values()), hint,
        tuple(f"{steps[one].name} ∥ {steps[other].name}" for one, other in hint.pairs),
        " → ".join(steps[place].name for place in hint.path), _reentry(process, steps),
        found is not None,
    )  # fmt: skip


def _key(letter: str, trigger: str, steps: Sequence[str]) -> str:
    return "|".join([letter, trigger, *steps])


def _reentry(process: Process, steps: Sequence[Step]) -> ReentryCost:
    volume = cases_a_month(process)
    uses = [FieldUse(s.name, name) for s in steps for name in split_documents(s.hand_fields)]
    return reentries(uses, cases_a_month=volume)


@dataclass(frozen=True)
class Why:
    """A cause with the answers below it; `assumed` marks a root without evidence as 假设."""

    cause: Cause
    below: tuple["Why", ...]

    @property
    def assumed(self) -> bool:
        return bool(self.cause.is_root) and not self.cause.evidence


@dataclass(frozen=True)
class Fish:
    """One deviation's causes on the six bones."""

    deviation: Deviation
    bones: tuple[tuple[str, tuple[Why, ...]], ...]


def deviations_of(process: Process, person: Person) -> list[Deviation]:
    """The process's deviations a person sees, newest first."""
    return [
        row
        for row in deviations_visible_to(person).filter(tool=keys.TOOL).order_by("-id")
        if keys.Dimension.parse(row.dimension).process == process.pk
    ]


def analysable(process: Process, person: Person) -> list[Deviation]:
    """Those whose causes are being written."""
    states = (State.PENDING_CONFIRMATION, State.CAUSE_ANALYSIS)
    return [row for row in deviations_of(process, person) if row.state in states]


SIX_M: Final = (
    CauseCategory.PEOPLE, CauseCategory.MACHINE, CauseCategory.MATERIAL, CauseCategory.METHOD,
    CauseCategory.ENVIRONMENT, CauseCategory.MEASUREMENT,
)  # fmt: skip


def fish(deviation: Deviation) -> Fish:
    """The fishbone of a deviation, from the loop's own records (P-N6)."""
    causes = list(deviation.causes.all())
    below: dict[int | None, list[Cause]] = {}
    for cause in causes:
        below.setdefault(cause.parent_id, []).append(cause)

    def why(cause: Cause) -> Why:
        return Why(cause, tuple(why(one) for one in below.get(cause.pk, ())))

    tops = [why(cause) for cause in below.get(None, ())]
    bones = tuple(
        (str(category.label), tuple(top for top in tops if top.cause.category == category))
        for category in SIX_M
    )
    return Fish(deviation, bones)


@dataclass(frozen=True)
class DesignView:
    """A to-be version beside the as-is: differences, gate, and the simulator's word."""

    version: ProcessVersion
    rows: tuple[Difference, ...]
    gate: tuple[GateLine, ...]
    total_before: float
    total_after: float

    @property
    def blocked(self) -> bool:
        return any(not line.is_open for line in self.gate)


def designs(process: Process) -> list[ProcessVersion]:
    """To-be versions, newest first."""
    rows = process.versions.filter(kind=VersionKind.TO_BE)
    return list(rows.select_related("made_by", "decided_by").order_by("-number"))


def design(version: ProcessVersion) -> DesignView:
    before, after = list(version.process.as_is.steps.all()), list(version.steps.all())
    return DesignView(
        version, differences(before, after), gate(version), _hours(before), _hours(after)
    )


def _hours(steps: Sequence[Step]) -> float:
    """Hours along the table: of a parallel group the longest counts."""
    groups: dict[str, float] = {}
    for at, step in enumerate(steps):
        key = step.parallel_group or f"#{at}"
        groups[key] = max(groups.get(key, 0.0), float(step.hours or 0))
    return sum(groups.values())


def pilots(process: Process) -> list[Pilot]:
    rows = process.pilots.select_related("version", "countermeasure", "made_by")
    return list(rows.prefetch_related("readings"))


def units(process: Process) -> list[str]:
    """Departments of the log, in which a case can be submitted."""
    facts = figures.facts_of(process)
    return sorted(facts.names.get("department", ())) if facts else []


def countermeasures_of(process: Process, person: Person) -> list[Countermeasure]:
    """Live countermeasures of the process's deviations, to which a pilot may belong."""
    rows = Countermeasure.objects.visible_to(person).filter(
        deviation__in=[row.pk for row in deviations_of(process, person)]
    )
    return [row for row in rows if row.is_live]
