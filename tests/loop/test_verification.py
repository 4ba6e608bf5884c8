"""V-01 … V-06, L-06, L-07: the verdict, when it comes, and who accepts it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.datasets.models import Dataset, ImportBatch
from opsloop.loop import actions
from opsloop.loop.errors import GuardRefused, Refused
from opsloop.loop.measuring import Gauge, first_period_of_effect, newest_complete
from opsloop.loop.models import Verification, VerificationPlan
from opsloop.loop.states import ObligationKind, Outcome, Severity, State
from opsloop.metrics.actions import revise
from opsloop.notify.models import Notice
from tests.loop import figures
from tests.loop.conftest import Story


def _verdict(deviation):
    return deviation.verifications.order_by("-id")[0]


def test_the_golden_vector_is_effective(story):
    """V-05: 15/100 → 3/100 over three baseline months (45/300): p < 0.05, −12 points."""
    verdict = _verdict(story.judged())
    assert (verdict.outcome, verdict.reason) == (Outcome.EFFECTIVE, "target_reached")
    assert (verdict.before, verdict.after) == (0.15, 0.03)
    assert verdict.effect == pytest.approx(-0.12)
    assert verdict.low < -0.12 < verdict.high < 0
    assert (verdict.n_before, verdict.n_after) == (300, 100)


def test_the_chart_shows_every_period_and_where_the_effect_starts(story):
    chart = _verdict(story.judged()).chart
    assert chart["labels"] == ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06", "2024-07"]
    assert chart["values"][0] == 0.15
    assert chart["values"][4] is None
    assert (chart["intervention"], chart["target"]) == ("2024-07", 0.05)


def test_until_the_window_is_over_the_day_is_stated(story):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    deviation = story.finished()
    verdict = actions.evaluate(deviation, by=None, now=story.now)
    assert (verdict.outcome, verdict.reason) == (Outcome.INSUFFICIENT_DATA, "window_open")
    assert verdict.available_on == date(2024, 8, 1)


def test_a_finished_window_without_records_says_so(story):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    deviation = story.finished()
    verdict = actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    assert (verdict.reason, verdict.available_on) == ("records_missing", None)
    assert verdict.params == {"periods": ["2024-07"]}


def test_too_few_records_never_read_as_effective_and_say_how_many_suffice(story):
    deviation = story.judged(after=(0, 12))
    verdict = _verdict(deviation)
    assert verdict.outcome == Outcome.INSUFFICIENT_DATA
    assert verdict.needed_n > 12
    assert verdict.available_on > date(2024, 8, 1)
    assert deviation.state == State.PENDING_VERIFICATION
    with pytest.raises(Refused):
        actions.accept_verdict(verdict, by=story.cast.department_head, now=story.now)


def test_more_months_turn_too_few_records_into_a_verdict(story):
    deviation = story.judged(after=(1, 25))
    assert _verdict(deviation).outcome == Outcome.INSUFFICIENT_DATA
    figures.record(story.dimension, "2024-08", (3, 100), (2, 100))
    story.at(date(2024, 10, 8))
    assert actions.evaluate_due(now=story.now) == 1
    verdict = _verdict(deviation)
    assert (verdict.outcome, verdict.result_last) == (Outcome.EFFECTIVE, "2024-09")
    assert actions.evaluate_due(now=story.now) == 0


def test_the_schedule_reads_nothing_until_a_day_ends_or_facts_change(
    story, django_assert_max_num_queries
):
    story.judged(after=(1, 25))
    actions.evaluate_due(now=story.now)
    with django_assert_max_num_queries(2):
        assert actions.evaluate_due(now=story.later(hours=1)) == 0
    figures.record(story.dimension, "2024-07", (3, 100))
    ImportBatch.objects.bulk_create([_batch_committed(story, story.later(minutes=1))])
    assert actions.evaluate_due(now=story.later(minutes=1)) == 1
    figures.record(story.dimension, "2024-07", (2, 100))
    assert actions.evaluate_due(now=story.later(days=1)) == 1


def _batch_committed(story, at) -> ImportBatch:
    dataset = Dataset.objects.create(
        name="采购审批日志", kind="event_log", department=story.cast.purchasing, created_at=at
    )
    return ImportBatch(
        dataset=dataset,
        file_name="log.csv",
        state="committed",
        fact_digest="0" * 64,
        received_at=at,
        size=1,
        committed_at=at,
    )


def test_the_same_facts_give_the_same_row(story):
    deviation = story.judged()
    again = actions.evaluate(deviation, by=story.cast.employee, now=story.later(days=1))
    assert again == _verdict(deviation)
    assert deviation.verifications.count() == 1


def test_newer_facts_give_a_new_row_and_the_old_one_can_no_longer_be_accepted(story):
    deviation = story.judged()
    old = _verdict(deviation)
    figures.record(story.dimension, "2024-07", (14, 100))
    new = actions.evaluate(deviation, by=None, now=story.now)
    assert new.outcome == Outcome.INSUFFICIENT_DATA
    with pytest.raises(Refused):
        actions.accept_verdict(old, by=story.cast.department_head, now=story.now)


def test_the_verdict_keeps_the_metric_version_of_the_detection(story):
    deviation = story.finished()
    old = story.version
    revise(metric=old.metric, changes={"consecutive": 2}, reason="口径调整", by=None, now=story.now)
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    figures.record(story.dimension, "2024-07", (3, 100))
    verdict = actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    assert verdict.plan.metric_version == old == deviation.metric_version


def test_there_is_nothing_to_evaluate_before_the_work_is_done(story):
    measure = story.approved()
    with pytest.raises(Refused):
        actions.evaluate(measure.deviation, by=None, now=story.now)


def test_strangers_do_not_evaluate(story):
    with pytest.raises(PermissionDenied):
        actions.evaluate(story.finished(), by=story.cast.outsider, now=story.now)


def test_a_ready_verdict_tells_who_may_accept_it(story):
    story.judged()
    assert Notice.objects.filter(kind="loop.verification", to=story.cast.department_head).exists()


def test_partly_effective_goes_on_planning_from_what_was_measured(story):
    deviation = story.judged(after=(80, 1000))
    head = story.cast.department_head
    continued = actions.accept_verdict(_verdict(deviation), by=head, now=story.now)
    assert (continued.state, continued.round, continued.reopen_count) == (
        State.COUNTERMEASURE_PLANNING, 2, 0,
    )  # fmt: skip
    measure = story.proposed(
        continued, start_on=date(2024, 8, 5), promised_on=date(2024, 8, 30), expected_by="2024-09",
        expected_from=Decimal("0.08"), expected_to=Decimal("0.04"),
    )  # fmt: skip
    _, plan = actions.approve_countermeasure(measure, by=head, now=story.now)
    assert plan is not None
    assert (plan.baseline_first, plan.baseline_last, plan.round) == ("2024-07", "2024-07", 2)


def test_no_effect_goes_back_to_the_causes_and_may_be_tried_again(story):
    deviation = story.judged(after=(150, 1000))
    head = story.cast.department_head
    back = actions.accept_verdict(_verdict(deviation), by=head, now=story.now, comment="换原因")
    assert (back.state, back.reopen_count) == (State.CAUSE_ANALYSIS, 1)
    assert actions.current_plan(back) is None
    assert Verification.objects.get().accepted_by == head


def test_after_a_recurrence_before_is_again_what_preceded_the_first_breach(story):
    story.archived()
    story.later(days=40)
    back = story.raised(period=Period.parse("2024-08"))
    planned = actions.settle_causes(back, by=story.cast.employee, now=story.now)
    measure = story.approved(planned, start_on=date(2024, 9, 12), promised_on=date(2024, 9, 30))
    assert measure.plans.get().baseline_last == "2024-04"


def test_without_records_before_it_the_time_until_the_effect_is_the_baseline(story):
    """The first log a company brings in already shows the problem: May and June are before."""
    figures.record(story.dimension, "2024-05", (15, 100), (16, 100), (3, 100))
    deviation = story.finished()
    plan = story.plan(deviation)
    assert (plan.baseline_first, plan.baseline_last) == ("2024-05", "2024-06")
    verdict = actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    assert (verdict.outcome, verdict.n_before) == (Outcome.EFFECTIVE, 200)


def test_a_level_that_provably_moved_is_the_baseline(story):
    """Three quiet months at 3 %, then 15 %: getting back to 4 % is an effect, not a loss."""
    figures.record(story.dimension, "2024-02", (9, 300), (9, 300), (9, 300), (45, 300), (44, 300))
    deviation = story.finished()
    plan = story.plan(deviation)
    assert (plan.baseline_first, plan.baseline_last) == ("2024-05", "2024-06")
    figures.record(story.dimension, "2024-07", (12, 300))
    verdict = actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    assert verdict.outcome == Outcome.EFFECTIVE


def test_one_noisy_month_is_no_new_level(story):
    """V-06: 3 of 40 after 4 of 120 proves nothing, so the quiet months stay the baseline."""
    figures.record(story.dimension, "2024-02", (2, 40), (1, 40), (1, 40), (3, 40), (1, 40))
    assert story.plan(story.finished()).baseline_last == "2024-04"


def test_the_raising_period_alone_is_never_the_baseline(story):
    """V-06: fixed within May, so no other month stands before the effect: not enough evidence."""
    figures.record(story.dimension, "2024-05", (15, 100), (3, 100))
    deviation = story.planning()
    measure = story.approved(
        deviation, start_on=date(2024, 5, 6), promised_on=date(2024, 5, 30), expected_by="2024-06"
    )
    plan = measure.plans.get()
    assert (plan.baseline_last, plan.needed_n) == ("2024-04", None)
    actions.finish_countermeasure(measure, by=measure.owner, now=story.at(date(2024, 5, 30)))
    verdict = actions.evaluate(story.fresh(deviation), by=None, now=story.at(date(2024, 7, 2)))
    assert (verdict.outcome, verdict.reason) == (Outcome.INSUFFICIENT_DATA, "no_records")


def test_the_executor_of_a_grave_deviation_cannot_accept_its_verdict(story):
    story.severity = Severity.MAJOR
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    head = story.cast.department_head
    deviation = story.finished(owner=head)
    figures.record(story.dimension, "2024-07", (3, 100))
    actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    actions.evidence_obligation(
        deviation.obligations.get(), evidence="整改单 07 号", by=head, now=story.now
    )
    verdict = _verdict(deviation)
    with pytest.raises(GuardRefused):
        actions.accept_verdict(verdict, by=head, now=story.now)
    boss = story.cast.operations_manager
    assert actions.accept_verdict(verdict, by=boss, now=story.now).state == State.ARCHIVED


@pytest.mark.parametrize(("effect", "allowed"), [("100000", True), ("100000.01", False)])
def test_a_money_effect_above_the_limit_needs_four_eyes_too(story, effect, allowed):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    head = story.cast.department_head
    deviation = story.finished(story.planning(story.confirmed(
        story.raised(money_effect=Decimal(effect))
    )), owner=head)  # fmt: skip
    figures.record(story.dimension, "2024-07", (3, 100))
    actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    if allowed:
        actions.accept_verdict(_verdict(deviation), by=head, now=story.now)
    else:
        with pytest.raises(GuardRefused):
            actions.accept_verdict(_verdict(deviation), by=head, now=story.now)


def test_a_money_metric_brings_its_own_effect(story):
    from opsloop.loop.guards import needs_four_eyes

    story.source, story.dimension = "figures.amount", "item:1"
    assert needs_four_eyes(story.raised(exceedance=Decimal(150_000)))


def test_a_series_is_judged_against_its_own_noise(story):
    """Twelve months around 50 before would be better; six suffice for limits (V-08)."""
    story.source, story.dimension = "figures.amount", "item:1"
    figures.record("item:1", "2023-11", *[(k, 1) for k in (50, 52, 47, 55, 49, 51, 53)])
    deviation = story.finished(
        expected_from=Decimal(51), expected_to=Decimal(35), follow_up_periods=6
    )
    plan = story.plan(deviation)
    assert (plan.baseline_first, plan.test) == ("2023-11", "series")
    figures.record("item:1", "2024-07", *[(k, 1) for k in (34, 35, 33, 34, 35, 34)])
    verdict = actions.evaluate(deviation, by=None, now=story.at(date(2025, 1, 3)))
    assert verdict.outcome == Outcome.EFFECTIVE
    assert 0 <= verdict.params["spontaneous_return"] <= 1


def test_obligations_block_the_archive_until_evidenced_or_waived(story):
    story.severity = Severity.CRITICAL
    deviation = story.judged()
    cast, now = story.cast, story.now
    verdict = _verdict(deviation)
    with pytest.raises(GuardRefused):
        actions.accept_verdict(verdict, by=cast.operations_manager, now=now)
    notice = deviation.obligations.get(kind=ObligationKind.RECTIFICATION_NOTICE)
    review = deviation.obligations.get(kind=ObligationKind.EXECUTIVE_REVIEW)
    with pytest.raises(Refused):
        actions.evidence_obligation(notice, evidence=" ", by=cast.employee, now=now)
    with pytest.raises(PermissionDenied):
        actions.evidence_obligation(notice, evidence="有", by=cast.outsider, now=now)
    assert actions.evidence_obligation(notice, evidence="整改单", by=cast.employee, now=now).is_met
    with pytest.raises(Refused):
        actions.evidence_obligation(notice, evidence="再来", by=cast.employee, now=now)
    with pytest.raises(Refused):
        actions.waive_obligation(review, reason="自己免", by=cast.employee, now=now)
    with pytest.raises(PermissionDenied):
        actions.waive_obligation(review, reason="免", by=cast.finance_reviewer, now=now)
    with pytest.raises(Refused):
        actions.waive_obligation(review, reason="", by=cast.department_head, now=now)
    assert actions.waive_obligation(review, reason="已口头汇报", by=cast.executive, now=now).is_met
    assert actions.accept_verdict(
        verdict, by=cast.operations_manager, now=now
    ).state == State.ARCHIVED  # fmt: skip


def test_an_archived_deviation_is_frozen(story):
    deviation = story.archived()
    cast, now = story.cast, story.now
    root = deviation.causes.get(is_root=True)
    measure = deviation.countermeasures.get()
    for attempt in (
        lambda: actions.mark_root(root, is_root=False, by=cast.employee, now=now),
        lambda: actions.propose_countermeasure(
            deviation, terms=story.terms(deviation), by=cast.employee, now=now
        ),
        lambda: actions.cancel_countermeasure(
            measure, reason="x", by=cast.department_head, now=now
        ),
        lambda: actions.evaluate(deviation, by=None, now=now),
        lambda: actions.accept_verdict(deviation.verdict, by=cast.department_head, now=now),
    ):
        with pytest.raises(Refused):
            attempt()


def test_the_database_never_takes_an_acceptance_of_too_little(story):
    verdict = _verdict(story.judged(after=(3, 20)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Verification.objects.filter(pk=verdict.pk).update(accepted_at=story.now)


def test_the_effect_starts_with_the_first_whole_period(story):
    plan = VerificationPlan(
        baseline_first="2024-02", baseline_last="2024-04", effect_from=date(2024, 7, 1)
    )
    assert first_period_of_effect(plan, date(2024, 6, 29)).key == "2024-07"
    assert first_period_of_effect(plan, date(2024, 7, 2)).key == "2024-08"


def test_the_newest_complete_period_stops_at_a_gap(story):
    figures.record("x", "2024-01", (1, 10))
    figures.record("x", "2024-03", (1, 10))
    gauge = Gauge(story.version, "x", story.now)
    assert newest_complete(gauge, Period.parse("2024-01")) == Period.parse("2024-01")
    assert newest_complete(gauge, Period.parse("2024-02")) is None


def test_of_daily_windows_only_the_last_day_counts(story):
    figures.record("x", "2024-06-03", (1, 10))
    gauge = Gauge(story.version, "x", story.now)
    assert gauge.missing(Period.parse("2024-06-01"), Period.parse("2024-06-03")) == []
    assert gauge.missing(Period.parse("2024-06-01"), Period.parse("2024-06-04")) != []


def test_each_further_look_spends_less_and_the_verdict_says_which_look_it_was(story):
    """p = 0.02 at the second look would have passed at the planned one; it does not pass here."""
    first = _verdict(story.judged(after=(3, 40)))
    assert (first.outcome, first.params["look"]) == (Outcome.INSUFFICIENT_DATA, 1)
    assert first.params["alpha"] == 0.04
    figures.record(story.dimension, "2024-08", (4, 75))
    story.at(date(2024, 9, 3))
    second = actions.evaluate(first.deviation, by=None, now=story.now)
    assert (second.params["look"], second.params["alpha"]) == (2, pytest.approx(0.005))
    assert second.p_value is not None
    assert 0.005 < second.p_value < 0.04
    assert second.outcome == Outcome.INSUFFICIENT_DATA
    figures.record(story.dimension, "2024-09", (0, 100))
    story.at(date(2024, 10, 8))
    third = actions.evaluate(first.deviation, by=None, now=story.now)
    assert (third.params["look"], third.outcome) == (3, Outcome.EFFECTIVE)


def test_a_verdict_once_reached_is_not_taken_back_by_another_month(story):
    deviation = story.judged(after=(3, 40))
    figures.record(story.dimension, "2024-08", (0, 100))
    story.at(date(2024, 9, 3))
    reached = actions.evaluate(deviation, by=None, now=story.now)
    figures.record(story.dimension, "2024-09", (15, 100))
    story.at(date(2024, 10, 8))
    assert actions.evaluate(deviation, by=None, now=story.now) == reached
    assert (reached.outcome, reached.result_last) == (Outcome.EFFECTIVE, "2024-08")


def _left_alone(story, after, count=5):
    """Other steps flagged in the same month, on which nobody acted."""
    for number in range(count):
        other = Story(story.cast, dimension=f"process:1/step:{50 + number}", _version=story.version)
        other.raised()
        figures.record(other.dimension, "2024-02", *[(15, 100)] * 4)
        figures.record(other.dimension, "2024-07", after)


def test_what_improved_by_itself_elsewhere_is_not_credited(story):
    _left_alone(story, after=(3, 100))
    verdict = _verdict(story.judged())
    assert verdict.outcome not in {Outcome.EFFECTIVE, Outcome.PARTLY_EFFECTIVE}
    assert verdict.test == "difference_in_differences"
    assert verdict.params["untreated"] == 5
    assert verdict.params["control_effect"] == pytest.approx(-0.12)


def test_what_stayed_bad_elsewhere_leaves_the_effect_whole(story):
    _left_alone(story, after=(15, 100))
    verdict = _verdict(story.judged())
    assert (verdict.outcome, verdict.params["untreated"]) == (Outcome.EFFECTIVE, 5)
    assert verdict.effect == pytest.approx(-0.12)


def test_four_lines_left_alone_or_lines_acted_on_are_no_comparison(story):
    _left_alone(story, after=(3, 100), count=4)
    treated = Story(story.cast, dimension="process:1/step:90", _version=story.version)
    figures.record(treated.dimension, "2024-02", *[(15, 100)] * 4)
    treated.finished()
    verdict = _verdict(story.judged())
    assert (verdict.outcome, verdict.params["untreated"]) == (Outcome.EFFECTIVE, 0)


def test_the_page_says_the_look_and_the_lines_left_alone(story, client):
    _left_alone(story, after=(15, 100))
    deviation = story.judged(after=(3, 40))
    figures.record(story.dimension, "2024-08", (4, 75))
    for number in range(5):
        figures.record(f"process:1/step:{50 + number}", "2024-08", (15, 100))
    story.at(date(2024, 9, 3))
    actions.evaluate(deviation, by=None, now=story.now)
    client.force_login(story.cast.department_head)
    page = client.get(reverse("loop:detail", args=[deviation.pk])).text
    assert "第 2 次" in page
    assert "0.5 %" in page
    assert "5 个" in page
