"""What the loop's tests share: the test metric, and a story that can be told up to any point."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from opsloop.analysis.period import Period
from opsloop.loop import actions
from opsloop.loop.models import Cause, Countermeasure, Deviation, VerificationPlan
from opsloop.loop.states import CauseCategory, CountermeasureKind, Severity
from opsloop.metrics import register
from opsloop.metrics.actions import define
from opsloop.metrics.models import MetricVersion
from opsloop.metrics.register import EvidenceRows
from tests.conftest import Cast
from tests.loop import figures

NOW = datetime(2024, 6, 5, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _test_metrics(settings):
    settings.METRIC_SOURCES = ["tests.loop.figures"]
    register.sources.cache_clear()
    figures.COUNTS.clear()
    yield
    register.sources.cache_clear()


@dataclass
class Story:
    """One deviation of purchasing's return rate, told step by step through the actions."""

    cast: Cast
    now: datetime = NOW
    source: str = "figures.return_rate"
    dimension: str = "process:1/step:3"
    severity: Severity = Severity.MODERATE
    _version: MetricVersion | None = field(default=None, repr=False)

    @property
    def version(self) -> MetricVersion:
        if self._version is None:
            ends: dict[str, Any] = {"band_low": Decimal(10), "band_high": Decimal(20)}
            self._version = define(
                source=self.source, name="采购审批退回率", definition={}, period_kind="month",
                department=None, by=None, now=self.now,
                **(ends if self.source == "figures.band" else {}),
            )  # fmt: skip
        return self._version

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def at(self, day: date) -> datetime:
        self.now = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
        return self.now

    def raised(self, **changes: Any) -> Deviation:
        given: dict[str, Any] = {
            "tool": "processes", "metric_version": self.version, "dimension": self.dimension,
            "dimension_label": "采购审批 · 财务复核", "department": self.cast.purchasing,
            "period": Period.parse("2024-05"), "measured": Decimal("0.15"),
            "base": Decimal("0.05"), "base_kind": "standard", "exceedance": Decimal("0.10"),
            "rule": "limit", "severity": self.severity, "owner": self.cast.employee,
            "evidence": [EvidenceRows(7, (2, 5, 9), 3)], "by": None, "now": self.now,
        }  # fmt: skip
        return actions.raise_deviation(**{**given, **changes})

    def confirmed(self, deviation: Deviation | None = None) -> Deviation:
        found = deviation or self.raised()
        return actions.confirm(found, by=self.cast.department_head, now=self.now)

    def cause(self, deviation: Deviation, root: str = "报销标准没有写进表单") -> Cause:
        by, now = self.cast.employee, self.now
        symptom = actions.add_cause(
            deviation, text="财务复核常常退回", category=CauseCategory.METHOD, by=by, now=now
        )
        found = actions.add_cause(
            deviation, text=root, category=CauseCategory.METHOD, parent=symptom,
            evidence_level="measured", evidence="退回单据抽查 40 份", by=by, now=now,
        )  # fmt: skip
        return actions.mark_root(found, by=by, now=now)

    def planning(self, deviation: Deviation | None = None) -> Deviation:
        found = deviation or self.confirmed()
        if not found.causes.filter(is_root=True).exists():
            self.cause(found)
        return actions.settle_causes(found, by=self.cast.employee, now=self.now)

    def terms(self, deviation: Deviation, **changes: Any) -> actions.Terms:
        given: dict[str, Any] = {
            "what": "把报销标准写进申请表单，缺项不能提交", "kind": CountermeasureKind.CORRECTIVE,
            "accountable_department": self.cast.purchasing, "owner": self.cast.employee,
            "start_on": date(2024, 6, 6), "promised_on": date(2024, 6, 28),
            "cause": deviation.causes.filter(is_root=True).order_by("-id").first(),
            "expected_from": Decimal("0.15"), "expected_to": Decimal("0.05"),
            "expected_by": "2024-07", "verification_method": "比较 7 月与改进前的退回率",
        }  # fmt: skip
        return actions.Terms(**{**given, **changes})

    def proposed(self, deviation: Deviation, **changes: Any) -> Countermeasure:
        return actions.propose_countermeasure(
            deviation, terms=self.terms(deviation, **changes), by=self.cast.employee, now=self.now
        )

    def approved(self, deviation: Deviation | None = None, **changes: Any) -> Countermeasure:
        found = deviation or self.planning()
        measure, _plan = actions.approve_countermeasure(
            self.proposed(found, **changes), by=self.cast.department_head, now=self.now
        )
        return measure

    def finished(self, deviation: Deviation | None = None, **changes: Any) -> Deviation:
        """Carried out on 28 June 2024: July is the first whole month of effect."""
        measure = self.approved(deviation, **changes)
        self.at(date(2024, 6, 28))
        actions.finish_countermeasure(measure, by=measure.owner, now=self.now)
        return self.fresh(measure.deviation)

    def judged(self, after: tuple[int, int] = (3, 100)) -> Deviation:
        """With three baseline months at 15 % and one month of result, looked at on 2 August."""
        figures.record(self.dimension, "2024-02", (15, 100), (15, 100), (15, 100), (15, 100))
        deviation = self.finished()
        figures.record(self.dimension, "2024-07", after)
        self.at(date(2024, 8, 2))
        actions.evaluate(deviation, by=None, now=self.now)
        return self.fresh(deviation)

    def archived(self) -> Deviation:
        deviation = self.judged()
        verdict = deviation.verifications.order_by("-id")[0]
        return actions.accept_verdict(verdict, by=self.cast.department_head, now=self.now)

    def plan(self, deviation: Deviation) -> VerificationPlan:
        found = actions.current_plan(self.fresh(deviation))
        assert found is not None
        return found

    def fresh(self, deviation: Deviation) -> Deviation:
        return Deviation.objects.unscoped("a test looks").get(pk=deviation.pk)


@pytest.fixture
def story(cast: Cast) -> Story:
    return Story(cast)
