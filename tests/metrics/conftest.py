from collections.abc import Iterator
from decimal import Decimal

import pytest

from opsloop.metrics import actions, register
from opsloop.metrics.actions import Dimension
from opsloop.metrics.models import MetricVersion
from opsloop.metrics.rules import Comparison
from tests.metrics import sources


@pytest.fixture(autouse=True)
def _test_sources(settings) -> Iterator[None]:
    settings.METRIC_SOURCES = ["tests.metrics.sources"]
    register.sources.cache_clear()
    sources.RECORDS.clear()
    yield
    register.sources.cache_clear()


@pytest.fixture
def return_rate(cast, now) -> MetricVersion:
    """The return rate of purchasing's steps: 0.15 is allowed, 审批 has a limit of its own."""
    return actions.define(
        source="test.return_rate", name="退回率", definition={"basis": "decision"},
        period_kind="month", department=cast.purchasing, owner=cast.department_head,
        comparison=Comparison.OVER, limits={"": Decimal("0.15"), "审批": Decimal("0.10")},
        by=cast.operations_manager, now=now,
    )  # fmt: skip


@pytest.fixture
def approval(cast) -> Dimension:
    return Dimension("审批", "部门经理审批", cast.purchasing)
