"""Lines that are averaged, percentages, budgets that roll over or count up to a day (C-33 to C-35)."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from opsloop.costs.overview import overview
from opsloop.datasets.models import BatchState
from opsloop.loop.models import Deviation
from opsloop.metrics import register
from opsloop.metrics.register import MeasureRequest, Series
from tests.conftest import NOW
from tests.costs.conftest import bring

STOCK = LineKey("存货", "平均库存", "仓储部")
RATIO = LineKey("经营比率", "成本率", "财务部")
TRAVEL = LineKey("管理费用", "差旅费", "销售部")
# January and February 2024 have 31 and 29 days.
LEDGER = """期间,成本类别,子项名称,部门,金额
2024-01,存货,平均库存,仓储部,100
2024-02,存货,平均库存,仓储部,200
2024-01,经营比率,成本率,财务部,32.5
2024-02,经营比率,成本率,财务部,31
2024-01,管理费用,差旅费,销售部,90
2024-02,管理费用,差旅费,销售部,95
"""
BUDGET = """期间,成本类别,子项名称,部门,预算金额
2024-01,存货,平均库存,仓储部,120
2024-02,存货,平均库存,仓储部,150
2024-01,经营比率,成本率,财务部,30
2024-02,经营比率,成本率,财务部,30
2024-01,管理费用,差旅费,销售部,62
2024-02,管理费用,差旅费,销售部,116
"""


@pytest.fixture
def february(books) -> CostPeriod:
    books.post(LEDGER)
    books.plan(BUDGET)
    actions.save_item(key=STOCK, values={"accumulation": "average"}, by=None, now=NOW)
    actions.save_item(key=RATIO, values={"unit": "%"}, by=None, now=NOW)
    periods = [
        actions.define_period(
            period_no=number, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )
        for number in (202_401, 202_402)
    ]
    return periods[1]


def quarter(cast, today=date.max):
    found = overview(cast.executive, key=Period.parse("2024-Q1"), ledger=None, today=today)
    assert found is not None
    return found


def test_c34_a_stock_is_averaged_over_days_while_spending_adds_up(february, cast):
    """(100·31 + 200·29)/60 = 148.33 beside (120·31 + 150·29)/60 = 134.50; travel is 90 + 95."""
    lines = quarter(cast).lines
    stock, travel = lines.find(STOCK), lines.find(TRAVEL)
    assert (stock.variance.actual_fen, stock.variance.base_fen) == (14_833, 13_450)
    assert (travel.variance.actual_fen, travel.variance.base_fen) == (18_500, 17_800)


def test_c35_a_ratio_differs_in_points_and_is_in_no_sum(february, cast):
    """31 % beside 30 % is +1.00 pp, never +3.3 %; the total knows the other lines only."""
    month = queries.month(february, cast.executive)
    row = next(row for row in month.rows if row.key == RATIO)
    assert (row.base_text, row.actual_text, row.delta_text) == (
        "30.00%",
        "31.00%",
        "+1.00 个百分点",
    )
    assert (row.rate, row.rate_text) == (None, "—")
    assert month.total.actual == Decimal(295)
    assert sum(amount for _name, amount in month.steps) == month.total.delta
    assert all(one.name != RATIO.category for one in month.categories)
    averaged = quarter(cast).lines.find(RATIO).variance
    assert averaged.actual_fen == 3_178  # (32.5·31 + 31·29)/60 = 31.775


@pytest.mark.parametrize(("points", "flagged"), [("1", False), ("0.99", True)])
def test_a_ratio_is_marked_beyond_its_points(february, cast, points, flagged):
    """超过 excludes the bound here too."""
    actions.change_settings(values={"points": Decimal(points)}, by=None, now=NOW)
    rows = queries.month(february, cast.executive).rows
    assert next(row for row in rows if row.key == RATIO).flagged is flagged


def test_c35_a_ratio_beyond_its_points_becomes_a_deviation_of_its_own_level(february, cast):
    """33.1 % against 30 % with 2 points allowed: 1.1 points beyond 32 %; no money, no rate."""
    ledger = bring(february.ledger, LEDGER.replace("财务部,31", "财务部,33.1"), None)
    february.ledger.batches.exclude(pk=ledger.pk).update(state=BatchState.RETIRED)
    actions.review(period=february, by=cast.finance_reviewer, now=NOW)
    found = Deviation.objects.unscoped("a test looks").get(dimension=RATIO.dimension)
    assert found.metric.source == "costs.ratio"
    assert (found.measured, found.base) == (Decimal("0.331"), Decimal("0.32"))
    assert (found.exceedance, found.money_effect) == (Decimal("0.011"), None)
    version = found.metric_version
    request = MeasureRequest(
        version.definition, RATIO.dimension, Period.parse("2024-01"), NOW, Period.parse("2024-02")
    )
    source = register.source("costs.ratio")
    assert source.measure(request).value == Decimal("0.328")
    sample = source.sample(request)
    assert isinstance(sample, Series)
    assert [value for _month, value in sample.points] == [Decimal("0.325"), Decimal("0.331")]


def test_a_reviewed_month_keeps_what_is_a_percentage(february, cast):
    actions.review(period=february, by=cast.finance_reviewer, now=NOW)
    february.refresh_from_db()
    actions.save_item(key=RATIO, values={"unit": "次"}, by=None, now=NOW)
    rows = queries.month(february, cast.executive).rows
    assert next(row for row in rows if row.key == RATIO).is_points


def test_c33_the_budget_of_a_month_under_way_counts_by_its_days(february, cast):
    """62 of January and 14 of 29 days of 116 are 118.00; the averaged stock weighs 31 and 14 days."""
    found = quarter(cast, date(2024, 2, 14))
    assert found.is_under_way
    planned = {row.name: row.theoretical for row in found.year}
    assert planned["管理费用"] == Decimal("118.00")
    assert planned["存货"] == Decimal("129.33")  # (120·31 + 150·14)/45
    over = quarter(cast, date(2024, 5, 1))
    assert not over.is_under_way
    assert {row.theoretical for row in over.year} == {row.to_date.base for row in over.year}


def test_pain2_unused_budget_rolls_into_the_next_month(books, cast):
    """62 − 40 left in January: February has 116 + 22; March keeps what is left, never a debt."""
    books.plan(BUDGET + "2024-03,管理费用,差旅费,销售部,100\n")
    spent = {"2024-01": 40, "2024-02": 150, "2024-03": 90}
    for month, amount in spent.items():
        books.post(f"期间,成本类别,子项名称,部门,金额\n{month},管理费用,差旅费,销售部,{amount}\n")
    actions.save_item(key=TRAVEL, values={"rolls_over": True}, by=None, now=NOW)
    bases = []
    for number in (202_401, 202_402, 202_403):
        period = actions.define_period(
            period_no=number, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )
        rows = {row.key: row for row in queries.month(period, cast.executive).rows}
        bases.append((rows[TRAVEL].base or 0, rows[TRAVEL].carried))
    assert [(int(base), int(left)) for base, left in bases] == [(62, 0), (138, 22), (100, 0)]
    assert quarter(cast).lines.find(TRAVEL).variance.base_fen == 27_800


def test_the_pages_show_points(february, cast, client_for):
    client = client_for(cast.executive)
    for name in ("detail", "report"):
        shown = client.get(reverse(f"costs:{name}", args=[february.pk])).content.decode()
        assert "+1.00 个百分点" in shown, name
    line = reverse("costs:line", args=[february.pk])
    shown = client.get(line, dict(zip(RATIO._fields, RATIO, strict=True))).content.decode()
    assert "31.00%" in shown
