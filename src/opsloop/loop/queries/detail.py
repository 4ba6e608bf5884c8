"""One deviation as its page shows it, and the one thing this person should do next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from opsloop.datasets.models import ImportBatch
from opsloop.loop.actions.moves import may, open_moves
from opsloop.loop.guards import Attempt, needs_four_eyes, refusal
from opsloop.loop.models import (
    Breach,
    Cause,
    Countermeasure,
    Deviation,
    NoCountermeasure,
    Obligation,
    Transition,
    Verification,
    VerificationPlan,
)
from opsloop.loop.queries import parts
from opsloop.loop.states import (
    MOVES,
    PATH,
    CountermeasureStatus,
    Event,
    Outcome,
    State,
)
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.prepared import attach

# The verbs of the page (see `doings.py`) that make a move of the table.
VERBS: Final[dict[Event, str]] = {
    Event.ASSIGN: "assign", Event.CONFIRM: "confirm", Event.DISMISS: "dismiss",
    Event.MERGE: "merge", Event.ANALYSE: "settle", Event.RECONSIDER: "reconsider",
    Event.ARCHIVE_WITHOUT: "archive", Event.REOPEN: "reopen",
}  # fmt: skip


FAILED: Final = (Outcome.INEFFECTIVE, Outcome.WORSENED)


@dataclass(frozen=True)
class Step:
    """One stage of the path: done, current or ahead."""

    label: str
    status: str


@dataclass(frozen=True)
class Doing:
    """A button: which verb of which record, and its words."""

    kind: str
    pk: int
    verb: str
    label: str


@dataclass(frozen=True)
class Next:
    """The one thing to do next by this person, or whom everybody waits for."""

    text: str
    doing: Doing | None = None


@dataclass(frozen=True)
class Node:
    """A cause with the answers to its "why?" below it."""

    cause: Cause
    children: tuple["Node", ...]


@dataclass(frozen=True)
class Work:
    """A countermeasure with what this person may do to it."""

    row: Countermeasure
    doings: tuple[Doing, ...]
    days_late: int


@dataclass(frozen=True)
class Detail:
    """Everything on the page of one deviation."""

    deviation: Deviation
    steps: tuple[Step, ...]
    next: Next
    others: tuple[Doing, ...]
    breaches: list[Breach]
    causes: tuple[Node, ...]
    may_write_causes: bool
    may_propose: bool
    work: tuple[Work, ...]
    plan: VerificationPlan | None
    verdict: Verification | None
    former: list[Verification]  # accepted verdicts of earlier rounds, newest first
    needs_four_eyes: bool
    obligations: list[Obligation]
    no_countermeasure: NoCountermeasure | None
    timeline: list[Transition]
    open_batches: frozenset[int]  # import batches behind the breaches that the person may open


def detail(person: Person, pk: int, *, today: date) -> Detail:
    """The page of one deviation in the person's scope; raises `Deviation.DoesNotExist`."""
    deviation = _found(person, pk)
    here = {"deviation": deviation.pk, "round": deviation.round}
    causes, timeline = parts.CAUSES(**here), parts.TIMELINE(**here)
    attach(deviation, "causes", causes)
    verdict, former = parts.VERDICT.first(**here), parts.FORMER_VERDICTS(**here)
    work = tuple(
        Work(row, tuple(_doings_of(row, deviation, person)), row.days_late(today))
        for row in _countermeasures(deviation)
    )
    asked = parts.NO_COUNTERMEASURE.first(**here)
    breaches = parts.BREACHES(**here)
    prefetch_related_objects(breaches, "evidence")
    works_here = deviation.owner_id == person.pk or person.may(
        Permission.DEVIATION_WORK, deviation.department
    )
    writes = works_here and deviation.state in (State.PENDING_CONFIRMATION, State.CAUSE_ANALYSIS)
    proposes = works_here and deviation.state in (
        State.COUNTERMEASURE_PLANNING, State.RECTIFICATION
    )  # fmt: skip
    others = tuple(_moves(deviation, person))
    found = _next(_Seen(deviation, person, work, verdict, former, asked, others))
    main = found.doing
    return Detail(
        deviation=deviation, steps=_steps(deviation, timeline), next=found,
        others=tuple(doing for doing in others if doing != main),
        breaches=breaches, causes=_tree(causes), may_write_causes=writes, may_propose=proposes,
        work=work, plan=parts.PLAN.first(**here), verdict=verdict, former=former,
        needs_four_eyes=needs_four_eyes(deviation), obligations=parts.OBLIGATIONS(**here),
        no_countermeasure=asked, timeline=timeline,
        open_batches=_open_batches(person, breaches),
    )  # fmt: skip


def _open_batches(person: Person, breaches: Iterable[Breach]) -> frozenset[int]:
    batches = {one.batch_id for breach in breaches for one in breach.evidence.all()}
    if not batches:
        return frozenset()
    seen = ImportBatch.objects.visible_to(person).filter(pk__in=batches)
    return frozenset(seen.values_list("pk", flat=True))


def _found(person: Person, pk: int) -> Deviation:
    """The deviation, when it lies in the person's scope."""
    scope = Deviation.objects.parts_visible_to(person, Permission.DEVIATION_VIEW)
    if scope and not Deviation.objects.visible_to(person).filter(pk=pk).exists():
        raise Deviation.DoesNotExist(pk)
    deviation = parts.ITSELF.first(deviation=pk)
    if deviation is None:
        raise Deviation.DoesNotExist(pk)
    return deviation


def _countermeasures(deviation: Deviation) -> list[Countermeasure]:
    rows = parts.COUNTERMEASURES(deviation=deviation.pk)
    prefetch_related_objects(
        rows, "supports__person", "supports__department", "revisions__revised_by"
    )
    for row in rows:
        row.deviation = deviation
    return rows


def _steps(deviation: Deviation, timeline: list[Transition]) -> tuple[Step, ...]:
    """The path with where it stands; a side exit ends it after the last stage it reached."""
    if deviation.state in PATH:
        here = PATH.index(State(deviation.state))
        return tuple(
            Step(
                str(state.label),
                "done" if place < here or state == State.ARCHIVED == deviation.state
                else "current" if place == here else "ahead",
            )
            for place, state in enumerate(PATH)
        )  # fmt: skip
    source = timeline[0].source if timeline else ""
    reached = PATH.index(State(source)) if source in PATH else 0
    passed = [Step(str(state.label), "done") for state in PATH[: reached + 1]]
    return (*passed, Step(str(State(deviation.state).label), "current"))


def _tree(causes: Iterable[Cause]) -> tuple[Node, ...]:
    below: dict[int | None, list[Cause]] = {}
    for cause in causes:
        below.setdefault(cause.parent_id, []).append(cause)

    def grow(parent: int | None) -> tuple[Node, ...]:
        return tuple(Node(cause, grow(cause.pk)) for cause in below.get(parent, ()))

    return grow(None)


def _moves(deviation: Deviation, person: Person) -> Iterable[Doing]:
    """Moves this person may make now, as buttons."""
    for move in open_moves(deviation, person):
        if move.event in VERBS:
            yield Doing("deviation", deviation.pk, VERBS[move.event], _labels()[move.event])
    if deviation.state in (State.CAUSE_ANALYSIS, State.COUNTERMEASURE_PLANNING) and (
        may(deviation, MOVES[Event.ANALYSE], person)
    ):
        yield Doing("deviation", deviation.pk, "uncontrollable", _("Leave without countermeasure"))


def _labels() -> dict[Event, str]:
    return {
        Event.ASSIGN: _("Name an owner"),
        Event.CONFIRM: _("Confirm"),
        Event.DISMISS: _("Dismiss as a false alarm"),
        Event.MERGE: _("Merge"),
        Event.ANALYSE: _("Root cause is settled"),
        Event.RECONSIDER: _("Back to cause analysis"),
        Event.ARCHIVE_WITHOUT: _("Archive"),
        Event.REOPEN: _("Reopen"),
    }


def _doings_of(row: Countermeasure, deviation: Deviation, person: Person) -> Iterable[Doing]:
    """Verbs on one countermeasure open to this person."""
    approves = _approves(row, deviation, person)
    executes = row.owner_id == person.pk or approves
    status = row.status
    if status == CountermeasureStatus.PROPOSED and approves:
        yield Doing("countermeasure", row.pk, "approve", _("Approve"))
    if status == CountermeasureStatus.APPROVED and executes:
        yield Doing("countermeasure", row.pk, "start", _("Start"))
    if row.is_live and executes:
        yield Doing("countermeasure", row.pk, "finish", _("Finish"))
    is_draft = status == CountermeasureStatus.PROPOSED
    works = deviation.owner_id == person.pk or person.may(
        Permission.DEVIATION_WORK, deviation.department
    )
    if (is_draft and works) or (row.is_live and approves):
        yield Doing("countermeasure", row.pk, "edit", _("Edit"))
    if (is_draft or row.is_live) and (works or executes):
        yield Doing("countermeasure", row.pk, "support", _("Ask for support"))
    if (row.is_live and approves) or (is_draft and (approves or row.proposed_by_id == person.pk)):
        yield Doing("countermeasure", row.pk, "cancel", _("Cancel"))


def _approves(row: Countermeasure, deviation: Deviation, person: Person) -> bool:
    needed = Permission.COUNTERMEASURE_APPROVE
    return person.may(needed, deviation.department) or person.may(
        needed, row.accountable_department
    )


@dataclass(frozen=True)
class _Seen:
    """What decides the next step."""

    deviation: Deviation
    person: Person
    work: tuple[Work, ...]
    verdict: Verification | None
    former: list[Verification]
    asked: NoCountermeasure | None
    moves: tuple[Doing, ...]

    def move(self, verb: str) -> Doing | None:
        return next((doing for doing in self.moves if doing.verb == verb), None)

    def on_work(self, *verbs: str, own: bool = False) -> Doing | None:
        for item in self.work:
            if own and item.row.owner_id != self.person.pk:
                continue
            for doing in item.doings:
                if doing.verb in verbs:
                    return doing
        return None


def _next(seen: _Seen) -> Next:
    state = State(seen.deviation.state)
    return _NEXT[state](seen)


def _owner_name(deviation: Deviation) -> str:
    return str(deviation.owner or _("nobody yet"))


def _waits(who: str, what: str) -> Next:
    return Next(_("Waiting for %(who)s: %(what)s") % {"who": who, "what": what})


def _next_raised(seen: _Seen) -> Next:
    doing = seen.move("assign")
    if doing:
        return Next(_("Name the one person who answers for it."), doing)
    return _waits(_("the department head"), _("name an owner"))


def _next_confirmation(seen: _Seen) -> Next:
    doing = seen.move("confirm")
    if doing:
        return Next(_("Is it real? Look at the evidence, then confirm or dismiss."), doing)
    return _waits(_owner_name(seen.deviation), _("confirm or dismiss"))


def _next_causes(seen: _Seen) -> Next:
    deviation, person = seen.deviation, seen.person
    approves = person.may(Permission.COUNTERMEASURE_APPROVE, deviation.department)
    if seen.asked is not None and seen.asked.asked_by_id != person.pk and approves:
        approve = Doing(
            "deviation", deviation.pk, "approve-uncontrollable", _("Approve: no countermeasure")
        )
        return Next(_("Somebody asks to leave it without countermeasure."), approve)
    settle = seen.move("settle")
    causes = list(deviation.causes.all())
    if settle and (doubtful := _disproved(causes, seen.former)):
        why = Doing("cause", doubtful.pk, "why", _("Ask why"))
        return Next(_("The countermeasure did not help: was this the root cause? Ask again."), why)
    if settle and any(cause.is_root for cause in causes):
        return Next(_("The root cause is marked. On to countermeasures?"), settle)
    if deviation.owner_id != person.pk and not settle:
        return _waits(_owner_name(deviation), _("find the root cause"))
    add = Doing("deviation", deviation.pk, "cause", _("Write the symptom"))
    if not causes:
        return Next(_("Write what is seen first, then ask why."), add)
    deepest = max(causes, key=lambda cause: cause.pk)
    why = Doing("cause", deepest.pk, "why", _("Ask why"))
    return Next(_("Ask why until the root is reached, then mark it."), why)


def _disproved(causes: list[Cause], former: list[Verification]) -> Cause | None:
    """The root that a failed verdict speaks against, until somebody writes a cause after it."""
    failed = former[0].accepted_at if former and former[0].outcome in FAILED else None
    if failed is None or any(cause.written_at > failed for cause in causes):
        return None
    return next((cause for cause in reversed(causes) if cause.is_root), None)


def _next_planning(seen: _Seen) -> Next:
    doing = seen.on_work("approve")
    if doing:
        return Next(_("A countermeasure waits for your approval."), doing)
    drafts = [item for item in seen.work if item.row.status == CountermeasureStatus.PROPOSED]
    if drafts:
        return _waits(_("the department head"), _("approve the countermeasure"))
    deviation, person = seen.deviation, seen.person
    if deviation.owner_id == person.pk or person.may(
        Permission.DEVIATION_WORK, deviation.department
    ):
        propose = Doing("deviation", deviation.pk, "propose", _("Propose a countermeasure"))
        return Next(_("Say what will be done and which number it will move."), propose)
    return _waits(_owner_name(deviation), _("propose a countermeasure"))


def _next_rectification(seen: _Seen) -> Next:
    doing = seen.on_work("start", "finish", own=True)
    if doing:
        return Next(_("Your countermeasure is under way."), doing)
    owners = {str(item.row.owner) for item in seen.work if item.row.is_live}
    return _waits(_("%s (countermeasure)") % ", ".join(sorted(owners)), _("finish it"))


def _next_verification(seen: _Seen) -> Next:
    verdict, deviation = seen.verdict, seen.deviation
    if verdict is None or verdict.outcome == Outcome.INSUFFICIENT_DATA:
        evaluate = Doing("deviation", deviation.pk, "evaluate", _("Compute the verdict now"))
        works = seen.person.may(Permission.DEVIATION_WORK, deviation.department)
        return Next(_("The verdict needs more records."), evaluate if works else None)
    accept = Doing("verification", verdict.pk, "accept", _("Accept the verdict"))
    allowed = seen.person.may(Permission.VERDICT_ACCEPT, deviation.department)
    refused = refusal(Attempt(deviation, seen.person), MOVES[Event.ARCHIVE].guards[2:])
    if allowed and refused is None:
        return Next(_("The verdict is computed. Accept it?"), accept)
    return _waits(_("a second pair of eyes"), _("accept the verdict"))


def _next_recorded(seen: _Seen) -> Next:
    doing = seen.move("archive")
    if doing:
        return Next(_("Approved without countermeasure. Archive it?"), doing)
    return Next(_("Approved without countermeasure; recorded only."))


def _next_closed(seen: _Seen) -> Next:
    return Next(_("Closed: %(state)s") % {"state": State(seen.deviation.state).label})


_NEXT: Final[dict[State, Callable[[_Seen], Next]]] = {
    State.RAISED: _next_raised,
    State.PENDING_CONFIRMATION: _next_confirmation,
    State.CAUSE_ANALYSIS: _next_causes,
    State.COUNTERMEASURE_PLANNING: _next_planning,
    State.RECTIFICATION: _next_rectification,
    State.PENDING_VERIFICATION: _next_verification,
    State.ARCHIVED: _next_closed,
    State.DISMISSED: _next_closed,
    State.RECORDED_ONLY: _next_recorded,
    State.MERGED: _next_closed,
}
