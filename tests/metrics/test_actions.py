"""One definition per number: versions, values, restatements, states."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from opsloop.analysis.effect import Plan, verdict
from opsloop.analysis.period import Period
from opsloop.analysis.samples import Proportion
from opsloop.audit.models import AuditEvent
from opsloop.metrics import actions, queries, register
from opsloop.metrics.models import MetricPoint, MetricVersion, PointState
from opsloop.metrics.refusals import (
    BadDefinition,
    IllegalState,
    NothingChanged,
    PointClosed,
    StaleVersion,
)
from opsloop.metrics.register import MeasureRequest, UnknownSource
from opsloop.metrics.rules import Comparison
from opsloop.org.permissions import NotPermitted
from tests.metrics.sources import RECORDS

MAY, JUNE = Period.parse("2024-05"), Period.parse("2024-06")


def measured(version, approval, now, period=MAY) -> MetricPoint:
    (point,) = actions.measure_period(
        version=version, period=period, dimensions=[approval], by=None, now=now
    )
    return point


def all_points() -> list[MetricPoint]:
    return list(MetricPoint.objects.unscoped("the test looks at everything").order_by("id"))


def test_the_first_version_takes_its_nature_from_the_source(return_rate):
    assert (return_rate.number, return_rate.unit, return_rate.better) == (1, "rate", "lower")
    assert return_rate.metric.tool == "processes"
    assert return_rate.limits == {"": "0.15", "审批": "0.1"}
    assert AuditEvent.objects.get(action="metrics.define").subject_label == "退回率"


def test_a_dimension_may_have_a_limit_of_its_own(return_rate):
    own, default = return_rate.rule_for("审批"), return_rate.rule_for("复核")
    assert own is not None
    assert default is not None
    assert (own.threshold, default.threshold) == (Decimal("0.1"), Decimal("0.15"))
    assert (own.comparison, own.version, own.key) == (Comparison.OVER, 1, "limit")


def test_an_unknown_source_is_refused(cast, now):
    with pytest.raises(UnknownSource):
        actions.define(
            source="test.nothing", name="x", definition={}, period_kind="month",
            department=cast.purchasing, by=None, now=now,
        )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        {"limits": {"": "much"}, "comparison": "over"}, {"limits": {"": "NaN"}, "comparison": "over"},
        {"limits": {"": "1"}}, {"better": "band"}, {"consecutive": 0},
        {"better": "band", "band_low": Decimal(2), "band_high": Decimal(1)},
    ],
)  # fmt: skip
def test_a_definition_that_cannot_work_is_refused(return_rate, now, content):
    with pytest.raises(BadDefinition):
        actions.revise(metric=return_rate.metric, changes={"limits": {}, "comparison": "", **content},
                       reason="", by=None, now=now)  # fmt: skip
    with pytest.raises(TypeError):
        actions.revise(
            metric=return_rate.metric, changes={"colour": 1}, reason="", by=None, now=now
        )


def test_a_change_makes_the_next_version_and_leaves_the_old_one(return_rate, cast, now):
    changes = {"limits": {"": Decimal("0.2")}}
    new = actions.revise(
        metric=return_rate.metric, changes=changes, reason="季度回顾", expected=1,
        by=cast.department_head, now=now,
    )  # fmt: skip
    assert (new.number, new.limits) == (2, {"": "0.2"})
    assert return_rate.metric.current == new
    return_rate.refresh_from_db()
    assert return_rate.limits == {"": "0.15", "审批": "0.1"}
    with pytest.raises(NothingChanged):
        actions.revise(metric=new.metric, changes=changes, reason="", by=None, now=now)
    with pytest.raises(StaleVersion):
        actions.revise(metric=new.metric, changes={}, reason="", expected=1, by=None, now=now)


def test_only_those_who_look_after_it_revise(return_rate, cast, now):
    before = MetricVersion.objects.unscoped("the test counts").count()
    for person in (cast.employee, cast.outsider, cast.executive, cast.system_admin):
        with pytest.raises(NotPermitted):
            actions.revise(metric=return_rate.metric, changes={"consecutive": 2}, reason="",
                           by=person, now=now)  # fmt: skip
    assert MetricVersion.objects.unscoped("the test counts").count() == before


def test_a_company_definition_needs_a_right_in_the_whole_company(cast, now):
    given = {
        "source": "test.return_rate", "name": "全公司退回率", "definition": {},
        "period_kind": "month", "department": None, "now": now,
    }  # fmt: skip
    with pytest.raises(NotPermitted):
        actions.define(**given, by=cast.department_head)
    assert actions.define(**given, by=cast.operations_manager).number == 1


def test_measuring_twice_changes_nothing(return_rate, approval, now):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    first = measured(return_rate, approval, now)
    assert (first.value, first.numerator) == (Decimal("0.15"), Decimal(15))
    assert (first.n, first.batch_ids) == (100, [7])
    assert measured(return_rate, approval, now + timedelta(days=1)) == first
    assert AuditEvent.objects.filter(action="metrics.measure").count() == 1


def test_late_facts_restate_and_keep_what_was_reported(return_rate, approval, now):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    first = measured(return_rate, approval, now)
    RECORDS[8] = {"2024-05": {"审批": (5, 20, 5, 20)}}
    second = measured(return_rate, approval, now + timedelta(days=1))
    first.refresh_from_db()
    assert (first.is_current, first.value) == (False, Decimal("0.15"))
    assert (second.restates, second.revision, second.n) == (first, 2, 120)
    assert second.value == Decimal("0.166667")


@pytest.mark.parametrize("state", [PointState.REVIEWED, PointState.LOCKED])
def test_late_facts_do_not_move_a_closed_value(return_rate, approval, now, cast, state):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    first = measured(return_rate, approval, now)
    for step in (PointState.REVIEWED, state)[: 1 + (state == PointState.LOCKED)]:
        actions.set_state(points=[first], state=step, by=cast.department_head, now=now)
    RECORDS[8] = {"2024-05": {"审批": (50, 50, 50, 50)}}
    kept = measured(return_rate, approval, now + timedelta(days=1))
    assert (kept, kept.state, len(all_points())) == (first, state, 1)


def test_a_locked_value_stays_locked_and_a_reviewed_one_may_open_again(return_rate, approval, now):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    point = measured(return_rate, approval, now)

    def move(state: PointState) -> None:
        actions.set_state(points=[point], state=state, by=None, now=now)

    with pytest.raises(IllegalState):
        move(PointState.LOCKED)
    move(PointState.REVIEWED)
    move(PointState.PROVISIONAL)
    move(PointState.REVIEWED)
    move(PointState.LOCKED)
    for state in PointState:
        with pytest.raises(IllegalState):
            move(state)


def test_a_restated_value_is_not_reviewed_any_more(return_rate, approval, now, cast):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    first = measured(return_rate, approval, now)
    RECORDS[7] = {"2024-05": {"审批": (16, 100, 12, 80)}}
    measured(return_rate, approval, now + timedelta(days=1))
    with pytest.raises(PointClosed):
        actions.set_state(points=[first], state=PointState.REVIEWED, by=None, now=now)
    with pytest.raises(NotPermitted):
        actions.set_state(points=all_points(), state=PointState.REVIEWED, by=cast.employee, now=now)


def test_a_period_of_another_kind_is_refused(return_rate, approval, now):
    with pytest.raises(BadDefinition):
        measured(return_rate, approval, now, period=Period.parse("2024-W20"))


def test_two_current_values_of_a_period_cannot_be(return_rate, approval, now):
    RECORDS[7] = {"2024-05": {"审批": (15, 100, 12, 80)}}
    point = measured(return_rate, approval, now)
    point.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        point.save(force_insert=True)


def test_a_switched_definition_moves_new_values_and_verdicts_and_keeps_the_old(
    return_rate, approval, now, cast
):
    """Acceptance 5: per decision → per case. Value, chart and verdict follow together."""
    RECORDS[7] = {
        "2024-05": {"审批": (150, 1000, 40, 200)},
        "2024-06": {"审批": (30, 1000, 38, 200)},
    }
    metric = return_rate.metric

    def judged(version: MetricVersion) -> str:
        source = register.source(metric.source)
        before, after = (
            source.sample(MeasureRequest(version.definition, "审批", period, now))
            for period in (MAY, JUNE)
        )
        assert isinstance(before, Proportion)
        return verdict(Plan("lower", Decimal("0.05")), before, after).outcome

    old_point = measured(return_rate, approval, now)
    assert judged(return_rate) == "effective"

    new = actions.revise(metric=metric, changes={"definition": {"basis": "case"}}, reason="统一口径",
                         by=cast.operations_manager, now=now)  # fmt: skip
    new_point = measured(new, approval, now)
    assert (new_point.value, new_point.n) == (Decimal("0.2"), 200)
    chart = queries.series(cast.operations_manager, metric.current, "审批")
    assert [point.value for point in chart.points] == [Decimal("0.2")]
    assert judged(metric.current) != "effective"

    old_point.refresh_from_db()
    assert (old_point.value, old_point.is_current, old_point.version) == (
        Decimal("0.15"), True, return_rate,
    )  # fmt: skip
    assert judged(return_rate) == "effective"
