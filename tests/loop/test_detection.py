"""L-01, L-08: one open deviation a number, and what comes back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from opsloop.analysis.period import Period
from opsloop.audit.models import AuditEvent
from opsloop.loop import actions
from opsloop.loop.errors import GuardRefused, IllegalMove, Refused
from opsloop.loop.models import Deviation, Evidence
from opsloop.loop.states import Event, ObligationKind, Severity, State
from opsloop.metrics.register import EvidenceRows
from opsloop.notify.models import Notice


def _lines() -> int:
    return AuditEvent.objects.count()


def _all() -> int:
    return Deviation.objects.unscoped("a test counts").count()


def test_a_raised_deviation_has_its_owner_evidence_and_notice(story):
    deviation = story.raised()
    assert (deviation.state, deviation.owner) == (State.PENDING_CONFIRMATION, story.cast.employee)
    evidence = Evidence.objects.get(breach__deviation=deviation)
    assert (evidence.batch_id, evidence.rows, evidence.total) == (7, [2, 5, 9], 3)
    assert Notice.objects.filter(to=story.cast.employee, kind="loop.raised").count() == 1


def test_without_an_owner_the_head_of_the_department_becomes_it(story):
    assert story.raised(owner=None).owner == story.cast.department_head


def test_without_any_head_it_waits_for_an_owner(story):
    deviation = story.raised(owner=None, department=story.cast.sales)
    assert (deviation.state, deviation.owner) == (State.RAISED, None)
    named = actions.assign(
        deviation, owner=story.cast.outsider, by=story.cast.operations_manager, now=story.now
    )
    assert (named.state, named.owner) == (State.PENDING_CONFIRMATION, story.cast.outsider)


def test_a_later_breach_appends_instead_of_multiplying(story):
    first = story.raised()
    second = story.raised(period=Period.parse("2024-06"), measured=Decimal("0.18"))
    assert second.pk == first.pk
    assert [breach.period for breach in first.breaches.all()] == ["2024-05", "2024-06"]
    assert second.measured == Decimal("0.15")  # the headline stays the one that raised it


def test_another_dimension_or_rule_is_another_deviation(story):
    keys = {story.raised().pk, story.raised(dimension="process:1/step:4").pk,
            story.raised(rule="trend").pk}  # fmt: skip
    assert len(keys) == 3


def test_the_same_period_again_changes_nothing(story):
    story.raised()
    lines = _lines()
    story.raised()
    assert (_all(), _lines()) == (1, lines)


def test_corrected_figures_of_the_same_period_are_restated(story):
    story.raised()
    again = story.raised(measured=Decimal("0.12"), exceedance=Decimal("0.07"),
                         evidence=[EvidenceRows(8, (1,), 1)])  # fmt: skip
    breach = again.breaches.get()
    assert (again.measured, breach.measured) == (Decimal("0.12"), Decimal("0.12"))
    assert [one.batch_id for one in breach.evidence.all()] == [8]


def test_a_dismissed_period_is_not_raised_again_but_the_next_one_is(story):
    dismissed = actions.dismiss(
        story.raised(), by=story.cast.department_head, now=story.now, comment="测试单据"
    )
    assert story.raised().pk == dismissed.pk
    assert story.raised(period=Period.parse("2024-06")).pk != dismissed.pk


def test_breaches_of_a_merged_one_go_to_where_it_was_merged(story):
    first, second = story.raised(), story.raised(rule="trend")
    third = story.raised(rule="other")
    head = story.cast.department_head
    actions.merge(first, into=second, by=head, now=story.now, comment="同一件事")
    actions.merge(second, into=third, by=head, now=story.now, comment="同一件事")
    assert story.raised(period=Period.parse("2024-06")).pk == third.pk


def test_merging_needs_another_open_one_and_the_right_over_both(story):
    first = story.raised()
    head = story.cast.department_head
    with pytest.raises(GuardRefused):
        actions.merge(first, into=first, by=head, now=story.now, comment="自己")
    foreign = story.raised(rule="trend", department=story.cast.sales)
    with pytest.raises(PermissionDenied):
        actions.merge(first, into=foreign, by=head, now=story.now, comment="别处")


def test_an_archived_number_that_breaks_again_reopens_one_grade_higher(story):
    archived = story.archived()
    story.later(days=40)
    back = story.raised(period=Period.parse("2024-08"), severity=Severity.MINOR)
    assert back.pk == archived.pk
    assert (back.state, back.severity, back.reopen_count) == (
        State.CAUSE_ANALYSIS, Severity.MAJOR, 1,
    )  # fmt: skip
    assert back.verdict is None
    assert back.verifications.filter(accepted_at__isnull=False).count() == 1
    assert back.countermeasures.get().recurred_at == story.now
    assert back.lessons.get().recurred_at == story.now
    assert back.obligations.get().kind == ObligationKind.RECTIFICATION_NOTICE


def test_a_period_the_verdict_already_judged_is_not_a_recurrence(story):
    archived = story.archived()
    assert story.raised(period=Period.parse("2024-07")).state == State.ARCHIVED
    assert story.fresh(archived).reopen_count == 0


def test_after_the_recurrence_window_it_is_a_new_deviation(story, settings):
    settings.LOOP_RECURRENCE_DAYS = 30
    archived = story.archived()
    story.later(days=31)
    fresh = story.raised(period=Period.parse("2024-08"))
    assert fresh.pk != archived.pk
    assert fresh.recurrence_of is None


def test_what_was_recorded_only_comes_back_as_a_linked_one_a_grade_higher(story):
    recorded = _recorded(story)
    again = story.raised(period=Period.parse("2024-06"))
    assert (again.recurrence_of, again.severity) == (recorded, Severity.MAJOR)


def _recorded(story) -> Deviation:
    deviation = story.confirmed()
    actions.mark_uncontrollable(deviation, reason="政策调整", by=story.cast.employee, now=story.now)
    return actions.approve_uncontrollable(deviation, by=story.cast.department_head, now=story.now)


def test_a_different_grade_needs_a_reason_and_brings_its_obligations(story):
    deviation = story.raised()
    head = story.cast.department_head
    with pytest.raises(Refused):
        actions.confirm(deviation, by=head, now=story.now, severity=Severity.CRITICAL)
    confirmed = actions.confirm(
        deviation, by=head, now=story.now, severity=Severity.CRITICAL, comment="影响付款"
    )
    assert confirmed.severity == Severity.CRITICAL
    assert {one.kind for one in confirmed.obligations.all()} == {
        ObligationKind.RECTIFICATION_NOTICE, ObligationKind.EXECUTIVE_REVIEW,
    }  # fmt: skip


def test_the_owner_may_confirm_but_not_dismiss(story):
    deviation = story.raised()
    with pytest.raises(PermissionDenied):
        actions.dismiss(deviation, by=story.cast.employee, now=story.now, comment="不是我的")
    assert actions.confirm(deviation, by=story.cast.employee, now=story.now).confirmed_at


def test_dismissing_needs_a_reason(story):
    with pytest.raises(GuardRefused):
        actions.dismiss(story.raised(), by=story.cast.department_head, now=story.now, comment=" ")


def test_only_an_open_deviation_changes_its_owner_and_only_to_somebody_here(story):
    deviation, head = story.raised(), story.cast.department_head
    with pytest.raises(PermissionDenied):
        actions.assign(deviation, owner=head, by=story.cast.employee, now=story.now)
    story.cast.outsider.is_active = False
    with pytest.raises(Refused):
        actions.assign(deviation, owner=story.cast.outsider, by=head, now=story.now)
    assert actions.assign(deviation, owner=head, by=head, now=story.now).owner == head
    actions.dismiss(deviation, by=head, now=story.now, comment="误报")
    with pytest.raises(Refused):
        actions.assign(deviation, owner=head, by=head, now=story.now)


def test_reopening_keeps_the_history_and_counts(story):
    archived = story.archived()
    before = archived.transitions.count()
    back = actions.reopen(
        archived, by=story.cast.department_head, now=story.now, comment="客户再次投诉"
    )
    assert (back.state, back.reopen_count, back.round) == (State.CAUSE_ANALYSIS, 1, 2)
    assert back.transitions.count() == before + 1


def test_reopening_is_refused_while_the_same_number_has_another_open_one(story, settings):
    settings.LOOP_RECURRENCE_DAYS = 1
    archived = story.archived()
    story.later(days=2)
    story.raised(period=Period.parse("2024-08"))
    with pytest.raises(GuardRefused):
        actions.reopen(archived, by=story.cast.department_head, now=story.now, comment="再看")


def test_what_never_had_an_owner_cannot_be_reopened(story):
    deviation = story.raised(owner=None, department=story.cast.sales)
    boss = story.cast.operations_manager
    actions.dismiss(deviation, by=boss, now=story.now, comment="误报")
    with pytest.raises(IllegalMove):
        actions.reopen(story.fresh(deviation), by=boss, now=story.now, comment="又有了")


def test_each_write_leaves_its_line(story):
    """Raise 1, assign 1 more; confirm 1; two causes and the tick 3; settle 1."""
    before = _lines()
    deviation = story.raised()
    assert _lines() - before - 1 == 2  # and one line defined the metric
    story.confirmed(deviation)
    story.planning(deviation)
    assert _lines() - before - 1 == 2 + 1 + 3 + 1
    assert deviation.transitions.filter(event=Event.RAISE).count() == 1


def test_age_counts_days_until_closing(story):
    deviation = story.raised()
    day = story.now.date()
    assert deviation.age(day + timedelta(days=5)).days == 5
    story.later(days=2)
    closed = actions.dismiss(
        deviation, by=story.cast.department_head, now=story.now, comment="误报"
    )
    assert closed.age(day + timedelta(days=5)).days == 2
