"""The loop driven at random: every actor, every action, a moving clock, arriving facts.

Whatever happens, no deviation is in an illegal state, none is closed without its proof, nothing is
orphaned, and a refused request leaves everything as it was.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from opsloop.analysis.period import Period
from opsloop.audit.models import AuditEvent
from opsloop.loop import actions, queries, reminders
from opsloop.loop.errors import LoopError
from opsloop.loop.guards import executors
from opsloop.loop.models import (
    Cause,
    Countermeasure,
    Deviation,
    NoCountermeasure,
    Obligation,
    Transition,
    Verification,
    VerificationPlan,
)
from opsloop.loop.states import (
    CLOSED,
    GRAVE,
    LIVE,
    MOVES,
    OPEN,
    CountermeasureKind,
    Event,
    Outcome,
    Severity,
    State,
)
from opsloop.org.models import Person
from tests.loop import figures
from tests.loop.conftest import Story

PEOPLE = ("department_head", "employee", "operations_manager", "executive", "outsider", "auditor")
DIMENSIONS = ("step:1", "step:2")
AFTER_ROOT = (State.COUNTERMEASURE_PLANNING, State.RECTIFICATION, State.PENDING_VERIFICATION)
# What the lives came through: a machine that never gets anywhere proves nothing.
REACHED: set[str] = set()
people = st.sampled_from(PEOPLE)
picks = st.integers(0, 5)
texts = st.sampled_from(["", "写明的理由"])


def _everything() -> tuple[Any, ...]:
    """What a refusal must leave as it was."""
    kept: tuple[type[Model], ...] = (
        Cause, Countermeasure, NoCountermeasure, Obligation, Transition, Verification,
        VerificationPlan, Deviation,
    )  # fmt: skip
    return tuple(tuple(model._base_manager.order_by("pk").values_list()) for model in kept) + (
        AuditEvent.objects.count(),
    )


class Loop(RuleBasedStateMachine):
    """One company's purchasing department over a year."""

    story: Story

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.story = Story(self.story.cast, _version=self.story.version)
        figures.COUNTS.clear()
        for dimension in DIMENSIONS:
            figures.record(dimension, "2024-02", (15, 100), (15, 100), (15, 100))
        self.figures = random.Random(7)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def _by(self, name: str) -> Person:
        return Person.objects.get(pk=getattr(self.story.cast, name).pk)

    def _pick(self, rows: Any, place: int) -> Any:
        found = list(rows.order_by("-pk")[:3])
        return found[place % len(found)] if found else None

    def _deviation(self, place: int) -> Any:
        return self._pick(Deviation.objects.unscoped("the machine sees all"), place)

    def _countermeasure(self, place: int) -> Any:
        return self._pick(Countermeasure.objects.unscoped("the machine sees all"), place)

    def _try(self, action: Callable[[], object]) -> None:
        """Do it; when it is refused, nothing may have changed."""
        before = _everything()
        try:
            with transaction.atomic():
                action()
        except (LoopError, PermissionDenied):
            assert _everything() == before

    @rule(days=st.sampled_from([1, 3, 20, 35]))
    def time_passes(self, days: int) -> None:
        """Each month that ended brings its records, good or bad."""
        first = Period.containing("month", timezone.localdate(self.story.now))
        self.story.later(days=days)
        last = Period.containing("month", timezone.localdate(self.story.now))
        while first < last:
            for dimension in DIMENSIONS:
                figures.record(dimension, first.key, (self.figures.choice((2, 3, 15, 30)), 100))
            first = first.next()

    @rule(
        dimension=st.sampled_from(DIMENSIONS), name=st.sampled_from(["limit", "trend"]),
        severity=st.sampled_from(list(Severity)), owned=st.booleans(),
    )  # fmt: skip
    def a_breach(self, dimension: str, name: str, severity: Severity, owned: bool) -> None:
        period = Period.containing("month", timezone.localdate(self.story.now)).previous()
        self.story.raised(
            dimension=dimension, rule=name, severity=severity, period=period,
            owner=self._by("employee") if owned else None,
        )  # fmt: skip

    @precondition(lambda self: self._deviation(0) is not None)
    @rule(
        place=picks, who=people, comment=texts, other=picks,
        verb=st.sampled_from(
            ["assign", "confirm", "dismiss", "merge", "settle", "reconsider", "uncontrollable",
             "approve", "archive", "reopen", "evaluate"]
        ),
    )  # fmt: skip
    def a_deviation_is_moved(
        self, place: int, who: str, comment: str, other: int, verb: str
    ) -> None:
        found, by, now = self._deviation(place), self._by(who), self.story.now
        said: dict[str, Any] = {"by": by, "now": now, "comment": comment}
        calls: dict[str, Callable[[], object]] = {
            "assign": lambda: actions.assign(found, owner=self._by("department_head"), **said),
            "confirm": lambda: actions.confirm(found, **said),
            "dismiss": lambda: actions.dismiss(found, **said),
            "merge": lambda: actions.merge(found, into=self._deviation(other), **said),
            "settle": lambda: actions.settle_causes(found, **said),
            "reconsider": lambda: actions.reconsider_causes(found, **said),
            "uncontrollable": lambda: actions.mark_uncontrollable(
                found, reason=comment, by=by, now=now
            ),
            "approve": lambda: actions.approve_uncontrollable(found, **said),
            "archive": lambda: actions.archive_without_countermeasure(found, **said),
            "reopen": lambda: actions.reopen(found, **said),
            "evaluate": lambda: actions.evaluate(found, by=by, now=now),
        }
        self._try(calls[verb])

    @precondition(lambda self: self._deviation(0) is not None)
    @rule(place=picks, who=people)
    def a_root_is_found(self, place: int, who: str) -> None:
        found, by, now = self._deviation(place), self._by(who), self.story.now

        def analyse() -> None:
            symptom = actions.add_cause(found, text="退回多", category="method", by=by, now=now)
            root = actions.add_cause(
                found, text="没有模板", category="method", parent=symptom, by=by, now=now
            )
            actions.mark_root(root, by=by, now=now)

        self._try(analyse)

    @precondition(lambda self: self._deviation(0) is not None)
    @rule(place=picks, who=people, correction=st.booleans())
    def a_countermeasure_is_proposed(self, place: int, who: str, correction: bool) -> None:
        found, by = self._deviation(place), self._by(who)
        today = timezone.localdate(self.story.now)
        terms = self.story.terms(
            found, start_on=today, promised_on=today + timedelta(days=10),
            expected_by=Period.containing("month", today).next().key,
            kind=CountermeasureKind.CORRECTION if correction else CountermeasureKind.CORRECTIVE,
        )  # fmt: skip
        self._try(
            lambda: actions.propose_countermeasure(found, terms=terms, by=by, now=self.story.now)
        )

    @precondition(lambda self: self._countermeasure(0) is not None)
    @rule(
        place=picks, who=people, comment=texts,
        verb=st.sampled_from(["approve", "start", "finish", "finish", "cancel", "edit"]),
    )  # fmt: skip
    def a_countermeasure_moves(self, place: int, who: str, comment: str, verb: str) -> None:
        found, by, now = self._countermeasure(place), self._by(who), self.story.now

        def edit() -> object:
            terms = actions.terms_of(found)
            changed = {name: getattr(terms, name) for name in terms.__dataclass_fields__}
            return actions.edit_countermeasure(
                found, terms=actions.Terms(**{**changed, "cost_amount": Decimal(place)}),
                expected_version=found.version, reason=comment, by=by, now=now,
            )  # fmt: skip

        calls: dict[str, Callable[[], object]] = {
            "approve": lambda: actions.approve_countermeasure(found, by=by, now=now),
            "start": lambda: actions.start_countermeasure(found, by=by, now=now),
            "finish": lambda: actions.finish_countermeasure(found, by=by, now=now),
            "cancel": lambda: actions.cancel_countermeasure(found, reason=comment, by=by, now=now),
            "edit": edit,
        }
        self._try(calls[verb])

    @precondition(lambda self: self._deviation(0) is not None)
    @rule(place=picks, steps=st.integers(1, 8))
    def a_diligent_company_does_what_is_next(self, place: int, steps: int) -> None:
        """So that lives reach their end."""
        for _ in range(steps):
            self._do_what_is_next(place)

    def _do_what_is_next(self, place: int) -> None:
        found, now = self._deviation(place), self.story.now
        head, boss = self._by("department_head"), self._by("operations_manager")
        measures = found.countermeasures.exclude(kind=CountermeasureKind.CORRECTION)
        draft = measures.filter(status="proposed").first()
        if found.state == State.PENDING_CONFIRMATION:
            self._try(lambda: actions.confirm(found, by=head, now=now))
        elif found.state == State.CAUSE_ANALYSIS:
            self.a_root_is_found(place, "department_head")
            self._try(lambda: actions.settle_causes(found, by=head, now=now))
        elif found.state == State.COUNTERMEASURE_PLANNING and draft is None:
            self.a_countermeasure_is_proposed(place, "department_head", correction=False)
        elif draft is not None:
            self._try(lambda: actions.approve_countermeasure(draft, by=head, now=now))
        elif found.state == State.RECTIFICATION:
            for measure in found.countermeasures.filter(status__in=LIVE):
                self._try(partial(actions.finish_countermeasure, measure, by=head, now=now))
        elif found.state == State.PENDING_VERIFICATION:
            self.time_passes(35)
            self.time_passes(35)
            actions.evaluate_due(now=self.story.now)
            for one in found.obligations.filter(evidenced_at=None, waived_at=None):
                self._try(
                    partial(actions.evidence_obligation, one, evidence="整改单", by=head, now=now)
                )
            verdict = found.verifications.order_by("-id")[0]
            self._try(lambda: actions.accept_verdict(verdict, by=boss, now=self.story.now))

    @precondition(lambda self: self._deviation(0) is not None)
    @rule(place=picks, is_false=st.booleans())
    def somebody_ends_it_early(self, place: int, is_false: bool) -> None:
        found, now = self._deviation(place), self.story.now
        said: dict[str, Any] = {
            "by": self._by("department_head"),
            "now": now,
            "comment": "写明的理由",
        }
        if is_false:
            self._try(lambda: actions.dismiss(found, **said))
            return
        boss = self._by("operations_manager")
        self._try(lambda: actions.mark_uncontrollable(found, reason="政策", by=boss, now=now))
        self._try(lambda: actions.approve_uncontrollable(found, **said))

    @precondition(lambda self: Verification.objects.exists())
    @rule(place=picks, who=people)
    def a_verdict_is_accepted(self, place: int, who: str) -> None:
        found = self._pick(Verification.objects.all(), place)
        self._try(lambda: actions.accept_verdict(found, by=self._by(who), now=self.story.now))

    @precondition(lambda self: Obligation.objects.exists())
    @rule(place=picks, who=people, comment=texts, waived=st.booleans())
    def an_obligation_is_met(self, place: int, who: str, comment: str, waived: bool) -> None:
        found, by, now = self._pick(Obligation.objects.all(), place), self._by(who), self.story.now
        self._try(
            (lambda: actions.waive_obligation(found, reason=comment, by=by, now=now))
            if waived
            else (lambda: actions.evidence_obligation(found, evidence=comment, by=by, now=now))
        )

    @rule()
    def the_schedule_ticks(self) -> None:
        actions.evaluate_due(now=self.story.now)
        reminders.send_due(now=self.story.now)
        assert reminders.send_due(now=self.story.now) == 0

    @invariant()
    def every_state_is_legal_and_was_reached_by_the_table(self) -> None:
        for row in Deviation.objects.unscoped("the machine sees all"):
            moves = list(row.transitions.order_by("id"))
            assert moves[0].event == Event.RAISE
            for before, after in pairwise(moves):
                declared = MOVES[Event(after.event)]
                assert before.target == after.source
                assert State(after.source) in declared.sources
                assert after.target == declared.target
            assert moves[-1].target == row.state
            assert row.reopen_count == sum(
                MOVES[Event(one.event)].reopens for one in moves if one.event != Event.RAISE
            )
            assert (row.closed_at is None) == (row.state in OPEN)

    @invariant()
    def nothing_is_closed_without_its_proof(self) -> None:
        closed = Deviation.objects.unscoped("the machine sees all").filter(
            state__in=(State.ARCHIVED, State.RECORDED_ONLY)
        )
        for row in closed:
            if row.verdict is not None:
                assert row.verdict.outcome == Outcome.EFFECTIVE
                assert row.verdict.plan.metric_version_id == row.metric_version_id
                assert row.verdict.accepted_by_id is not None
                if row.severity in GRAVE:
                    assert row.verdict.accepted_by_id not in executors(row)
            else:
                assert row.no_countermeasure is not None
                asked = row.no_countermeasure
                assert asked.approved_by_id not in (None, asked.asked_by_id)
            assert not row.obligations.filter(evidenced_at=None, waived_at=None).exists()
            if row.state == State.ARCHIVED:
                assert row.lessons.exists()

    @invariant()
    def nothing_is_orphaned(self) -> None:
        rows = Deviation.objects.unscoped("the machine sees all")
        for row in rows.filter(state__in=AFTER_ROOT):
            assert row.causes.filter(is_root=True).exists()
        for row in rows.filter(state__in=(State.RECTIFICATION, State.PENDING_VERIFICATION)):
            assert row.plans.filter(round=row.round).exists()
        for row in rows.filter(state=State.RECTIFICATION):
            assert row.countermeasures.filter(status__in=LIVE).exists()
        work = Countermeasure.objects.unscoped("the machine sees all")
        assert not work.filter(status__in=LIVE, deviation__state__in=CLOSED).exists()
        assert not rows.filter(state=State.MERGED, merged_into=None).exists()
        keys = rows.open().values_list("metric", "dimension", "rule")
        assert len(keys) == len(set(keys))
        REACHED.update(rows.values_list("state", flat=True))
        REACHED.update(Transition.objects.values_list("event", flat=True))

    @invariant()
    def every_desk_can_be_shown(self) -> None:
        desk = queries.desk(self._by("department_head"), today=date(2024, 6, 5))
        assert desk.total == sum(len(group.items) for group in desk.groups)


@pytest.mark.django_db
def test_no_random_life_of_the_loop_breaks_it(story):
    Loop.story = story
    story.version
    run_state_machine_as_test(
        Loop,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip
    assert {Event.ARCHIVE, Event.FAIL, Event.RECORD_ONLY, Event.DISMISS} <= REACHED, REACHED
