"""A ledger, a budget and a month over them; figures of the source's own form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from django.conf import settings

from opsloop.costs import actions
from opsloop.costs.models import CostPeriod
from opsloop.datasets import actions as imports
from opsloop.datasets.models import BatchState, Dataset, Door, ImportBatch
from opsloop.exchange.mapping import propose
from opsloop.exchange.table import Table
from opsloop.exchange.typed import typed_rows
from opsloop.facts.store import FactStore
from opsloop.metrics import register
from opsloop.org.models import Department, Person
from tests.conftest import NOW, Cast

# 类别, 子项, 部门, 预算, 实际: the four rows of the source's table.
FORM = [
    ("原材料成本", "A材料采购", "采购部", "500,000", "650,000"),
    ("人工成本", "销售人员绩效", "销售部", "200,000", "230,000"),
    ("办公费用", "招待费", "行政部", "30,000", "45,000"),
    ("制造费用", "设备水电费", "生产部", "80,000", "92,000"),
]
BUDGET = "期间,成本类别,子项名称,部门,预算金额\n" + "".join(
    f'2024-06,{category},{item},{department},"{base}"\n'
    for category, item, department, base, _actual in FORM
)
LEDGER = "期间,成本类别,子项名称,部门,金额,凭证号,供应商\n" + "".join(
    f'2024-06,{category},{item},{department},"{actual}",记-{number:03},甲公司\n'
    for number, (category, item, department, _base, actual) in enumerate(FORM)
)
# One line with quantities: +20 % price, +10 % quantity.
PRICED_BUDGET = (
    "期间,成本类别,子项名称,部门,预算金额,数量\n2024-06,原材料成本,A材料采购,采购部,500000,1000\n"
)
PRICED_LEDGER = """期间,日期,成本类别,子项名称,部门,金额,数量,供应商,凭证号
2024-06,2024-06-03,原材料成本,A材料采购,采购部,360000,600,甲公司,记-001
2024-06,2024-06-20,原材料成本,A材料采购,采购部,300000,500,乙公司,记-002
"""


@pytest.fixture(autouse=True)
def _own_metrics(settings):
    """Only this room's metrics are on offer: the tests stand on nothing beside it."""
    settings.METRIC_SOURCES = ["opsloop.costs.metrics"]
    register.sources.cache_clear()
    yield
    register.sources.cache_clear()


@dataclass(frozen=True)
class Books:
    """The two data sets and the way to bring further files into them."""

    ledger: Dataset
    budget: Dataset

    def post(self, text: str, by: Person | None = None) -> ImportBatch:
        return bring(self.ledger, text, by)

    def plan(self, text: str, by: Person | None = None) -> ImportBatch:
        return bring(self.budget, text, by)


def bring(dataset: Dataset, text: str, by: Person | None) -> ImportBatch:
    """A batch in force with these rows: what an import leaves behind, without its process."""
    frame = pl.read_csv(text.encode(), infer_schema=False)
    rows = pl.Series("source_row", range(2, frame.height + 2), dtype=pl.Int64)
    table = Table(frame, rows, header_rows=(1,), preview=(), format="csv")
    kind: Any = dataset.kind
    typed = typed_rows(kind, table, propose(kind, table), timezone=None)
    assert not typed.bad_rows.any(), typed.problems()
    file = FactStore(settings.FACTS_ROOT).write(
        kind, typed.frame, names=typed.names, identities=typed.identities, source=table.source()
    )
    return ImportBatch.objects.create(
        dataset=dataset, state=BatchState.COMMITTED, door=Door.BROWSER, file_name=f"{kind}.csv",
        folder=uuid4().hex, source_name="source.csv", size=len(text), digest=uuid4().hex,
        rows=frame.height, fact_rows=file.rows, fact_digest=file.digest, received_by=by,
        received_at=NOW, committed_by=by, committed_at=NOW,
    )  # fmt: skip


def make_books(department: Department) -> Books:
    def create(name: str, kind: str) -> Dataset:
        return imports.create_dataset(
            name=name, kind=kind, department=department, timezone="Asia/Shanghai", by=None, now=NOW
        )

    return Books(create("成本台账", "ledger"), create("月度预算", "budget"))


@pytest.fixture
def books(cast: Cast) -> Books:
    return make_books(cast.company)


@pytest.fixture
def month(books: Books) -> Callable[..., CostPeriod]:
    """Bring a ledger and a budget in and define June 2024 over them."""

    def define(ledger: str = LEDGER, budget: str = BUDGET, by: Person | None = None) -> CostPeriod:
        books.post(ledger, by)
        books.plan(budget, by)
        return actions.define_period(
            period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )

    return define
