"""Metrics by cohort, limits, deviations: the same number detects and verifies."""

from decimal import Decimal

import numpy as np

from opsloop.analysis.period import Period
from opsloop.loop.models import Deviation
from opsloop.metrics import register
from opsloop.metrics.models import MetricPoint, MetricVersion
from opsloop.metrics.register import MeasureRequest
from opsloop.processes import actions, detection, keys
from opsloop.processes.models import Process
from tests.conftest import NOW
from tests.processes.conftest import bring, rows

APRIL, MAY = Period.parse("2024-04"), Period.parse("2024-05")


def ask(process: Process, period: Period, step: str = "", **more) -> MeasureRequest:
    definition = {
        "process": process.pk,
        "statistic": more.pop("statistic", "median"),
        "basis": "natural",
    }
    dimension = keys.Dimension(process.pk, step).key
    return MeasureRequest(definition, dimension, period, NOW, **more)


def test_the_return_rate_belongs_to_the_month_of_submission(logged):
    source = register.source(keys.RETURN_RATE)
    april = source.measure(ask(logged, APRIL, with_evidence=True))
    assert april.value == Decimal("0.15")
    assert (april.numerator, april.denominator) == (Decimal(3), Decimal(20))
    assert sum(len(rows.rows) for rows in april.evidence) == 3
    assert source.measure(ask(logged, MAY)).value == Decimal("0.05")
    nothing = source.measure(ask(logged, Period.parse("2024-07")))
    assert (nothing.value, nothing.n) == (None, 0)


def test_a_sample_spans_its_window(logged):
    sample = register.source(keys.RETURN_RATE).sample(ask(logged, APRIL, last=MAY))
    assert sample == register.Proportion(4, 40)


def test_step_times_count_from_the_end_of_the_step_before(logged):
    """20 approvals of 24 h, and 3 returns of 2 h: median 24 h, the P90 too."""
    source = register.source(keys.STEP_HOURS)
    april = source.measure(ask(logged, APRIL, "部门经理审批", with_evidence=True))
    assert (april.value, april.n) == (Decimal(24), 23)
    assert source.measure(ask(logged, APRIL, "部门经理审批", statistic="p90")).value == Decimal(24)
    sample = source.sample(ask(logged, APRIL, "部门经理审批"))
    assert isinstance(sample, register.Durations)
    assert sorted(np.unique(sample.hours)) == [2.0, 21.0, 24.0]
    assert source.measure(ask(logged, APRIL, "没有的步骤")).value is None


def test_waiting_ends_where_work_begins(logged):
    source = register.source(keys.STEP_WAITING)
    assert source.measure(ask(logged, MAY, "部门经理审批")).value == Decimal(23)
    nothing = source.sample(ask(logged, MAY, "填写申请"))
    assert isinstance(nothing, register.Durations)
    assert not len(nothing.hours)


def test_unfinished_cases_have_no_cycle_time(logged):
    bring(logged.dataset, "05-900,填写申请表,2024-05-20 08:00,2024-05-20 09:00,孙专员,采购部,\n")
    measured = register.source(keys.CYCLE_HOURS).measure(ask(logged, MAY))
    assert measured.n == 20
    assert measured.value == Decimal(37)


def test_a_pinned_number_comes_out_the_same_after_more_records(logged):
    source = register.source(keys.RETURN_RATE)
    before = source.measure(ask(logged, APRIL))
    bring(logged.dataset, rows(4, 20, returned=0, prefix="B"))
    assert source.measure(ask(logged, APRIL)).denominator == 40
    again = source.measure(ask(logged, APRIL, batch_ids=before.batch_ids))
    assert again.value == before.value


def test_a_month_beyond_the_limit_raises_one_deviation(logged, cast):
    by = cast.department_head
    actions.change_process(process=logged, by=by, now=NOW, return_limit=Decimal("0.10"))
    assert detection.detect(process=logged, by=by, now=NOW) == 1
    (deviation,) = Deviation.objects.unscoped("test")
    assert (deviation.measured, deviation.base, deviation.period) == (
        Decimal("0.15"), Decimal("0.10"), "2024-04",
    )  # fmt: skip
    assert deviation.owner == cast.department_head
    detection.detect(process=logged, by=by, now=NOW)
    assert Deviation.objects.unscoped("test").count() == 1
    assert MetricPoint.objects.unscoped("test").count() == 2


def test_exactly_the_limit_is_allowed(logged, cast):
    """超过 excludes the bound."""
    actions.change_process(process=logged, by=None, now=NOW, return_limit=Decimal("0.15"))
    assert detection.detect(process=logged, by=None, now=NOW) == 0


def test_a_step_has_its_own_limit_and_a_changed_limit_is_a_new_version(logged, cast):
    by = cast.department_head
    actions.fill_from_log(process=logged, by=by, now=NOW)
    step = logged.as_is.steps.get(name="部门经理审批")
    actions.change_step(step=step, by=by, now=NOW, limit_hours=Decimal(12))
    assert detection.detect(process=logged, by=by, now=NOW) == 2  # both months
    (deviation,) = Deviation.objects.unscoped("test")
    assert deviation.dimension == keys.Dimension(logged.pk, "部门经理审批").key
    assert deviation.severity == "major"  # 24 h: twice the limit, not more
    actions.change_step(step=step, by=by, now=NOW, limit_hours=Decimal(48))
    versions = MetricVersion.objects.unscoped("test").filter(metric=deviation.metric)
    assert [v.number for v in versions.order_by("number")] == [1, 2]


def test_new_records_are_measured_by_the_schedule_once(logged, cast):
    actions.change_process(process=logged, by=None, now=NOW, return_limit=Decimal("0.10"))
    assert detection.detect_new(now=NOW) == 1
    assert detection.detect_new(now=NOW) == 0
    bring(logged.dataset, rows(6, 10, returned=5))
    assert detection.detect_new(now=NOW) == 2  # April is known, June is new
    assert Deviation.objects.unscoped("test").count() == 1
    assert Deviation.objects.unscoped("test").get().breaches.count() == 2


def test_the_forms_row_shows_the_loop(logged, cast):
    from opsloop.processes import queries

    by = cast.department_head
    actions.fill_from_log(process=logged, by=by, now=NOW)
    step = logged.as_is.steps.get(name="部门经理审批")
    actions.change_step(step=step, by=by, now=NOW, limit_hours=Decimal(12))
    detection.detect(process=logged, by=by, now=NOW)
    row = next(r for r in queries.form(logged, by).rows if r.step.pk == step.pk)
    assert row.loop is not None
    assert row.over_limit
