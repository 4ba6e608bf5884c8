"""L-03, L-05, L-13: what is promised, approved, carried out."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from opsloop.loop import actions
from opsloop.loop.calendar import due_day
from opsloop.loop.errors import Conflict, Refused
from opsloop.loop.models import Countermeasure
from opsloop.loop.states import CountermeasureKind, CountermeasureStatus, Event, State
from opsloop.org.actions import define_calendar, set_calendar_day
from opsloop.org.published import published_calendar
from tests.loop import figures

CORRECTION = {
    "kind": CountermeasureKind.CORRECTION, "cause": None, "expected_from": None,
    "expected_to": None, "expected_by": "",
}  # fmt: skip


def test_an_immediate_correction_may_precede_the_root_cause(story):
    deviation = story.confirmed()
    measure = story.proposed(deviation, **CORRECTION)
    _, plan = actions.approve_countermeasure(measure, by=story.cast.department_head, now=story.now)
    assert plan is None
    assert story.fresh(deviation).state == State.CAUSE_ANALYSIS


def test_a_corrective_one_may_not(story):
    deviation = story.confirmed()
    story.cause(deviation)
    with pytest.raises(Refused):
        story.proposed(deviation)


def test_the_database_wants_cause_and_number_of_every_other_kind(story):
    measure = story.approved()
    rows = Countermeasure.objects.unscoped("a test").filter(pk=measure.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(expected_to=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"what": "  "},
        {"promised_on": None},
        {"due_workdays": 5},
        {"cause": None},
        {"expected_to": None},
        {"expected_by": ""},
        {"verification_method": ""},
        {"follow_up_periods": 0},
        {"expected_by": "2024-W30"},
        {"expected_to": Decimal("0.15")},
        {"expected_to": Decimal("0.30")},
        {"promised_on": date(2024, 6, 3)},
    ],
    ids=lambda changes: ",".join(f"{name}={value}" for name, value in changes.items()),
)
def test_terms_that_promise_nothing_are_refused(story, changes):
    with pytest.raises(Refused):
        story.proposed(story.planning(), **changes)


def test_the_owner_sits_in_the_accountable_department(story):
    deviation = story.planning()
    with pytest.raises(Refused):
        story.proposed(deviation, owner=story.cast.outsider)
    other = story.proposed(
        deviation, owner=story.cast.outsider, accountable_department=story.cast.sales
    )
    assert other.accountable_department == story.cast.sales


def test_the_cause_is_one_of_this_deviation(story):
    planned = story.planning()
    foreign = story.cause(story.confirmed(story.raised(rule="trend")))
    with pytest.raises(Refused):
        story.proposed(planned, cause=foreign)


def test_higher_is_better_and_a_band_turn_the_promise_round(story):
    story.source = "figures.pass_rate"
    better = {"expected_from": Decimal("0.8"), "expected_to": Decimal("0.9")}
    assert story.proposed(story.planning(), **better).expected_to == Decimal("0.9")
    story.source, story._version, story.dimension = "figures.band", None, "stock:1"
    assert story.proposed(story.planning(), expected_from=Decimal(30), expected_to=Decimal(15))


@pytest.mark.parametrize(
    ("start", "promised", "workdays", "due"),
    [
        (date(2024, 6, 6), date(2024, 6, 28), None, date(2024, 6, 28)),
        (date(2024, 6, 6), date(2024, 6, 8), None, date(2024, 6, 11)),  # 端午 Monday the 10th off
        (date(2024, 6, 6), None, 1, date(2024, 6, 6)),
        (date(2024, 6, 6), None, 3, date(2024, 6, 11)),
        (date(2024, 6, 8), None, 2, date(2024, 6, 12)),
        (date(2024, 9, 12), None, 3, date(2024, 9, 14)),  # a make-up Saturday is worked
    ],
)
def test_due_days_lie_on_the_working_calendar(start, promised, workdays, due):
    assert due_day(published_calendar(), start, promised, workdays) == due


def test_a_due_day_needs_a_promise():
    with pytest.raises(ValueError, match="promise"):
        due_day(published_calendar(), date(2024, 6, 6), None, None)


def test_due_days_move_when_a_calendar_changes_and_say_what_moved(story):
    measure = story.approved()
    by, now = story.cast.operations_manager, story.now
    week = (((540, 720), (780, 1080)),) * 5 + ((),) * 2
    company, _ = define_calendar(department=None, name="公司", weekly=week, by=by, now=now)
    moved = set_calendar_day(company, day=date(2024, 6, 28), sessions=(), by=by, now=now)
    measure.refresh_from_db()
    assert measure.due_on == date(2024, 7, 1)
    assert [(one.before, one.after) for one in moved] == [(date(2024, 6, 28), date(2024, 7, 1))]


def test_approval_fixes_the_plan_and_says_how_many_records_it_needs(story):
    """V-04: 15 % → 3 % needs 89 records in each window."""
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    measure, plan = actions.approve_countermeasure(
        story.proposed(story.planning(), expected_to=Decimal("0.03")),
        by=story.cast.department_head, now=story.now,
    )  # fmt: skip
    assert plan is not None
    assert (measure.status, plan.needed_n) == (CountermeasureStatus.APPROVED, 89)
    assert (plan.baseline_first, plan.baseline_last) == ("2024-02", "2024-04")
    assert plan.smallest_change == Decimal("0.06")
    assert measure.deviation.transitions.filter(event=Event.START).count() == 1


def test_the_smallest_relevant_change_may_be_named(story):
    planned = story.planning()
    proposed = story.proposed(planned)
    head, now = story.cast.department_head, story.now
    with pytest.raises(Refused):
        actions.approve_countermeasure(proposed, by=head, now=now, smallest_change=Decimal(0))
    _, plan = actions.approve_countermeasure(
        proposed, by=head, now=now, smallest_change=Decimal("0.02")
    )
    assert plan is not None
    assert plan.smallest_change == Decimal("0.02")


def test_the_furthest_target_and_the_latest_start_of_a_round_hold(story):
    deviation = story.approved().deviation
    story.approved(deviation, expected_to=Decimal("0.08"), promised_on=date(2024, 7, 10))
    plan = story.plan(deviation)
    assert (plan.target, plan.effect_from) == (Decimal("0.05"), date(2024, 7, 10))


def test_in_a_band_the_latest_target_holds(story):
    story.source, story.dimension = "figures.band", "stock:1"
    promise = {"expected_from": Decimal(30), "expected_to": Decimal(18)}
    deviation = story.approved(**promise).deviation
    story.approved(deviation, expected_from=Decimal(30), expected_to=Decimal(12))
    assert story.plan(deviation).target == Decimal(12)


def test_only_approvers_approve_and_only_proposals(story):
    measure = story.proposed(story.planning())
    with pytest.raises(PermissionDenied):
        actions.approve_countermeasure(measure, by=story.cast.employee, now=story.now)
    head = story.cast.department_head
    actions.approve_countermeasure(measure, by=head, now=story.now)
    with pytest.raises(Refused):
        actions.approve_countermeasure(measure, by=head, now=story.now)


def test_a_proposal_outlives_its_moment(story):
    deviation = story.planning()
    late = story.proposed(deviation)
    early = story.proposed(deviation)
    head, by, now = story.cast.department_head, story.cast.employee, story.now
    actions.reconsider_causes(deviation, by=by, now=now, comment="证据不支持")
    with pytest.raises(Refused):
        actions.approve_countermeasure(late, by=head, now=now)
    actions.settle_causes(deviation, by=by, now=now)
    assert actions.approve_countermeasure(early, by=head, now=now)


def test_the_accountable_department_may_approve_and_carry_out_what_it_answers_for(story):
    cast = story.cast
    deviation = story.raised(department=cast.sales, owner=cast.outsider)
    actions.confirm(deviation, by=cast.outsider, now=story.now)
    boss = cast.operations_manager
    symptom = actions.add_cause(deviation, text="退回多", category="method", by=boss, now=story.now)
    root = actions.add_cause(
        deviation, text="没有模板", category="method", parent=symptom, by=boss, now=story.now
    )
    actions.mark_root(root, by=boss, now=story.now)
    planned = actions.settle_causes(deviation, by=cast.outsider, now=story.now)
    measure = actions.propose_countermeasure(
        planned, terms=story.terms(planned), by=cast.outsider, now=story.now
    )
    approved, _ = actions.approve_countermeasure(measure, by=cast.department_head, now=story.now)
    actions.start_countermeasure(approved, by=cast.department_head, now=story.now)
    actions.finish_countermeasure(approved, by=cast.employee, now=story.now)
    assert story.fresh(deviation).state == State.PENDING_VERIFICATION


def test_strangers_neither_propose_nor_carry_out(story):
    planned = story.planning()
    with pytest.raises(PermissionDenied):
        actions.propose_countermeasure(
            planned, terms=story.terms(planned), by=story.cast.outsider, now=story.now
        )
    measure = story.approved(planned)
    with pytest.raises(PermissionDenied):
        actions.start_countermeasure(measure, by=story.cast.outsider, now=story.now)


def test_a_proposal_is_edited_in_place_and_an_approved_one_leaves_a_revision(story):
    deviation = story.planning()
    measure = story.proposed(deviation)
    draft = actions.edit_countermeasure(
        measure, terms=story.terms(deviation, what="先改表单"), expected_version=1,
        by=story.cast.employee, now=story.now,
    )  # fmt: skip
    assert (draft.what, draft.revision) == ("先改表单", 1)
    head = story.cast.department_head
    approved, plan = actions.approve_countermeasure(draft, by=head, now=story.now)
    terms = story.terms(deviation, what="先改表单", expected_to=Decimal("0.08"))
    with pytest.raises(Refused):
        actions.edit_countermeasure(
            approved, terms=terms, expected_version=approved.version, by=head, now=story.now
        )
    with pytest.raises(PermissionDenied):
        actions.edit_countermeasure(
            approved, terms=terms, expected_version=approved.version, reason="太难",
            by=story.cast.employee, now=story.now,
        )  # fmt: skip
    revised = actions.edit_countermeasure(
        approved, terms=terms, expected_version=approved.version, reason="目标调整", by=head,
        now=story.now,
    )  # fmt: skip
    assert revised.revision == 2
    assert revised.revisions.get().content["expected_to"] == "0.05"
    assert plan is not None
    newest = story.plan(deviation)
    assert (newest.pk != plan.pk, newest.target) == (True, Decimal("0.08"))


def test_an_approved_edit_that_leaves_the_effect_keeps_the_plan(story):
    measure = story.approved()
    deviation = measure.deviation
    plan = story.plan(deviation)
    terms = story.terms(deviation, what="换一种做法")
    actions.edit_countermeasure(
        measure, terms=terms, expected_version=measure.version, reason="更快",
        by=story.cast.department_head, now=story.now,
    )  # fmt: skip
    assert actions.current_plan(deviation) == plan


def test_edits_meet_conflicts_sameness_and_ends(story):
    measure = story.approved()
    deviation, head, now = measure.deviation, story.cast.department_head, story.now
    with pytest.raises(Conflict) as conflict:
        actions.edit_countermeasure(
            measure, terms=story.terms(deviation, what="我的"), expected_version=1,
            reason="改", by=head, now=now,
        )  # fmt: skip
    assert conflict.value.mine == {"what": "我的"}
    same = actions.edit_countermeasure(
        measure, terms=actions.terms_of(measure), expected_version=measure.version, by=head, now=now
    )
    assert same.revision == 1
    with pytest.raises(Refused):
        actions.edit_countermeasure(
            measure, terms=story.terms(deviation, kind=CountermeasureKind.PREVENTIVE),
            expected_version=measure.version, reason="改", by=head, now=now,
        )  # fmt: skip
    actions.finish_countermeasure(measure, by=head, now=now)
    with pytest.raises(Refused):
        actions.edit_countermeasure(
            measure, terms=story.terms(deviation), expected_version=1, by=head, now=now
        )


def test_a_correction_under_way_is_edited_without_a_plan(story):
    deviation = story.confirmed()
    measure = story.approved(deviation, **CORRECTION)
    revised = actions.edit_countermeasure(
        measure, terms=story.terms(deviation, **CORRECTION, promised_on=None, due_workdays=9),
        expected_version=measure.version, reason="缺人", by=story.cast.department_head,
        now=story.now,
    )  # fmt: skip
    assert (revised.revision, revised.plans.count()) == (2, 0)


def test_work_is_started_once_and_finished_once(story):
    measure = story.approved()
    by, now = story.cast.employee, story.now
    assert actions.start_countermeasure(measure, by=by, now=now).status == "in_progress"
    with pytest.raises(Refused):
        actions.start_countermeasure(measure, by=by, now=now)
    done = actions.finish_countermeasure(measure, by=by, now=story.later(days=1))
    assert (done.started_at, done.finished_by) == (now, by)
    with pytest.raises(Refused):
        actions.finish_countermeasure(measure, by=by, now=now)


def test_with_the_last_one_finished_the_deviation_waits_for_its_verdict(story):
    first = story.approved()
    second = story.approved(first.deviation, what="培训申请人")
    by, now = story.cast.employee, story.now
    actions.finish_countermeasure(first, by=by, now=now)
    assert story.fresh(first.deviation).state == State.RECTIFICATION
    actions.finish_countermeasure(second, by=by, now=now)
    assert story.fresh(first.deviation).state == State.PENDING_VERIFICATION


def test_when_the_last_one_is_cancelled_planning_begins_again(story):
    measure = story.approved()
    head, now = story.cast.department_head, story.now
    with pytest.raises(Refused):
        actions.cancel_countermeasure(measure, reason=" ", by=head, now=now)
    with pytest.raises(PermissionDenied):
        actions.cancel_countermeasure(measure, reason="不做了", by=story.cast.employee, now=now)
    actions.cancel_countermeasure(measure, reason="系统不支持", by=head, now=now)
    assert story.fresh(measure.deviation).state == State.COUNTERMEASURE_PLANNING
    with pytest.raises(Refused):
        actions.cancel_countermeasure(measure, reason="再来", by=head, now=now)


def test_the_author_may_take_back_a_draft(story):
    draft = story.proposed(story.planning())
    taken = actions.cancel_countermeasure(
        draft, reason="写错了", by=story.cast.employee, now=story.now
    )
    assert taken.status == CountermeasureStatus.CANCELLED


def test_closing_cancels_what_is_not_finished(story):
    deviation = story.confirmed()
    measure = story.approved(deviation, **CORRECTION)
    actions.dismiss(deviation, by=story.cast.department_head, now=story.now, comment="误报")
    measure.refresh_from_db()
    assert measure.status == CountermeasureStatus.CANCELLED


def test_support_is_asked_in_numbers_promised_and_given(story):
    measure = story.approved()
    cast, now = story.cast, story.now
    wish = {
        "department": cast.sales, "person": cast.outsider, "what": "提供报价单模板",
        "amount": Decimal(2), "unit": "人天", "due_on": date(2024, 6, 8), "by": cast.employee,
        "now": now,
    }  # fmt: skip
    for wrong in ({"what": " "}, {"unit": ""}, {"amount": Decimal(0)}, {"person": cast.executive}):
        with pytest.raises(Refused):
            actions.ask_support(measure, **{**wish, **wrong})
    with pytest.raises(PermissionDenied):
        actions.ask_support(measure, **{**wish, "by": cast.outsider})
    asked = actions.ask_support(measure, **wish)
    assert asked.due_on == date(2024, 6, 11)
    with pytest.raises(Refused):
        actions.give_support(asked, by=cast.outsider, now=now)
    with pytest.raises(PermissionDenied):
        actions.promise_support(asked, by=cast.employee, now=now)
    promised = actions.promise_support(asked, by=cast.outsider, now=now)
    with pytest.raises(Refused):
        actions.promise_support(promised, by=cast.outsider, now=now)
    assert actions.give_support(promised, by=cast.operations_manager, now=now).given_at == now
    actions.finish_countermeasure(measure, by=cast.employee, now=now)
    with pytest.raises(Refused):
        actions.ask_support(measure, **wish)


def test_support_is_not_answered_on_a_closed_deviation(story):
    deviation = story.confirmed()
    measure = story.approved(deviation, **CORRECTION)
    cast, now = story.cast, story.now
    asked = actions.ask_support(
        measure, department=cast.sales, person=cast.outsider, what="报价", amount=Decimal(1),
        unit="份", due_on=date(2024, 6, 11), by=cast.employee, now=now,
    )  # fmt: skip
    actions.dismiss(deviation, by=cast.department_head, now=now, comment="误报")
    with pytest.raises(Refused):
        actions.promise_support(asked, by=cast.outsider, now=now)
