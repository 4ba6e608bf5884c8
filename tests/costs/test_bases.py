"""What a line is compared with: budget, last year, forecast, a flexed budget, a shared centre."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostItem
from opsloop.loop.models import Deviation
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER, bring, make_books

A = LineKey("原材料成本", "A材料采购", "采购部")
PAY = LineKey("人工成本", "销售人员绩效", "销售部")
HEAD = "期间,成本类别,子项名称,部门,金额\n"
PLAN = "期间,成本类别,子项名称,部门,预算金额\n"


def by_item(period, person) -> dict[str, Any]:
    return {row.key.item: row for row in queries.month(period, person).rows}


def test_x27_one_item_is_compared_with_last_year_while_the_others_keep_the_budget(
    month, books, cast
):
    """Summer cooling stands beside last summer, not beside a twelfth of the year."""
    period = month()
    books.post(HEAD + "2023-06,制造费用,设备水电费,生产部,90000\n")
    power = LineKey("制造费用", "设备水电费", "生产部")
    actions.compare_with(
        period=period, line=power, kind="prior_year", by=cast.finance_reviewer, now=NOW
    )
    found = by_item(period, cast.executive)
    assert (found["设备水电费"].base, found["设备水电费"].base_label) == (
        Decimal(90_000), "去年同期",
    )  # fmt: skip
    assert (found["A材料采购"].base, found["A材料采购"].base_label) == (Decimal(500_000), "")
    assert queries.month(period, cast.executive).total.base == Decimal(820_000)


def test_c08_a_whole_month_may_stand_beside_last_year_or_a_forecast(books, cast):
    books.post(LEDGER + "".join(LEDGER.splitlines(keepends=True)[1:]).replace("2024-", "2023-"))
    books.plan(BUDGET)
    forecast = make_books(cast.sales).budget
    bring(forecast, BUDGET.replace('"500,000"', '"600,000"'), None)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, forecast=forecast,
        base_kind="prior_year", by=None, now=NOW,
    )  # fmt: skip
    assert queries.month(period, cast.executive).total.delta == 0
    actions.compare_with(period=period, line=A, kind="forecast", by=cast.finance_reviewer, now=NOW)
    assert by_item(period, cast.executive)["A材料采购"].delta == Decimal(50_000)


def test_a_reviewed_month_keeps_its_bases_its_rule_and_its_thresholds(month, cast):
    period = month()
    actions.save_item(key=A, values={"base_kind": "prior_year"}, by=None, now=NOW)
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    before = queries.month(period, cast.executive)
    actions.save_item(key=A, values={"base_kind": ""}, by=None, now=NOW)
    actions.change_settings(values={"percent": Decimal(60)}, by=None, now=NOW)
    actions.change_settings(values={"closing": "half"}, by=None, now=NOW)
    actions.share_cost(shared="采购部", weights={cast.sales: Decimal(1)}, by=None, now=NOW)
    after = queries.month(period, cast.executive)
    assert (after.rows, after.total, after.counts) == (before.rows, before.total, before.counts)
    assert after.closing == before.closing
    assert by_item(period, cast.executive)["A材料采购"].base is None
    with pytest.raises(actions.WrongState):
        actions.compare_with(
            period=period, line=A, kind="budget", by=cast.finance_reviewer, now=NOW
        )


def follow_sales(cast) -> None:
    """Sales were planned at 1,000,000 and came to 1,200,000; commission follows them."""
    sales = actions.save_activity(name="销售额", unit="万元", by=None, now=NOW)
    actions.report_activity(
        activity=sales, period_no=202_406, planned=Decimal(100), actual=Decimal(120),
        by=None, now=NOW,
    )  # fmt: skip
    values = {"behaviour": "variable", "activity": sales}
    actions.save_item(key=PAY, values=values, by=None, now=NOW)


def test_t05_x26_commission_is_judged_against_the_budget_flexed_to_sales(month, cast):
    """200,000 at +20 % sales is 240,000: 230,000 is −10,000, 4.2 % favourable, no deviation."""
    period = month()
    follow_sales(cast)
    row = by_item(period, cast.executive)["销售人员绩效"]
    assert (row.delta, row.activity_delta) == (Decimal(30_000), Decimal(40_000))
    assert (row.flexible.delta, row.flexible.rate_text) == (Decimal(-10_000), "−4.2%")
    assert row.flexible.favourable is True
    assert actions.review(period=period, by=cast.finance_reviewer, now=NOW) == 3
    assert not Deviation.objects.unscoped("a test looks").filter(dimension=PAY.dimension).exists()


def test_overspending_beyond_the_flexed_budget_is_a_deviation_measured_by_it(month, cast):
    period = month(LEDGER.replace('"230,000"', '"276,000"'))
    follow_sales(cast)
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    found = Deviation.objects.unscoped("a test looks").get(dimension=PAY.dimension)
    assert found.metric_version.metric.source == "costs.activity_rate"
    assert (found.measured, found.money_effect) == (Decimal("0.15"), Decimal(36_000))


def test_a_mixed_item_flexes_its_variable_part_only(month, cast):
    follow_sales(cast)
    values = {"behaviour": "mixed", "fixed_percent": Decimal(50)}
    actions.save_item(key=PAY, values=values, by=None, now=NOW)
    row = by_item(month(), cast.executive)["销售人员绩效"]
    assert row.flexible.base == Decimal(220_000)


def test_the_drivers_of_a_reviewed_month_stand_still(month, cast):
    actions.review(period=month(), by=cast.finance_reviewer, now=NOW)
    with pytest.raises(actions.WrongState):
        follow_sales(cast)
    assert not CostItem.objects.unscoped("a test looks").filter(name=PAY.item).exists()


def test_c54_a_line_within_the_month_is_marked_by_its_sum_since_january(books, cast):
    """+9 % every month is no breach of 10 %; +9 % since January is one of 8 %."""
    for number in range(1, 7):
        books.plan(PLAN + f"2024-{number:02},办公费用,文具,行政部,100\n")
        books.post(HEAD + f"2024-{number:02},办公费用,文具,行政部,109\n")
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    assert queries.month(period, cast.executive).counts["flagged"] == 0
    actions.change_settings(values={"ytd_percent": Decimal(8)}, by=None, now=NOW)
    assert queries.month(period, cast.executive).counts["flagged"] == 1
    values = {"ytd_percent": Decimal(8), "ytd_floor_amount": Decimal("54.01")}
    actions.change_settings(values=values, by=None, now=NOW)
    assert queries.month(period, cast.executive).counts["flagged"] == 0


def test_c39_a_shared_cost_centre_is_split_to_the_fen(month, books, cast):
    """100.00 by 1:1:1 is 33.34 + 33.33 + 33.33; each department sees and owns its part."""
    period = month()
    books.post(HEAD + "2024-06,管理费用,园区物业,公共,100\n")
    three = {cast.purchasing: Decimal(1), cast.sales: Decimal(1), cast.finance: Decimal(1)}
    actions.share_cost(shared="公共", weights=three, by=None, now=NOW)
    rows = [row for row in queries.month(period, cast.executive).rows if row.key.item == "园区物业"]
    assert sorted(row.actual for row in rows) == [
        Decimal("33.33"), Decimal("33.33"), Decimal("33.34"),
    ]  # fmt: skip
    assert {row.key.department for row in rows} == {"采购部", "销售部", "财务部"}
    drill = queries.drill(period, rows[0].key, cast.executive)
    assert drill is not None
    assert (drill.borne, drill.postings) == (rows[0].actual, ())


lines = st.lists(
    st.tuples(
        st.sampled_from(["料", "工", "费"]), st.sampled_from(["甲", "乙"]),
        st.sampled_from(["采购部", "公共", ""]), st.integers(-(10**9), 10**9),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    actual=lines, planned=lines,
    weights=st.lists(st.integers(1, 97), min_size=2, max_size=2),
)  # fmt: skip
def test_any_month_reconciles_to_the_fen_whatever_is_shared(cast, actual, planned, weights):
    with transaction.atomic():
        reconcile(cast, actual, planned, weights)
        transaction.set_rollback(True)


def reconcile(cast, actual, planned, weights):
    books = make_books(cast.company)
    for name, rows in ((books.ledger, actual), (books.budget, planned)):
        text = "".join(
            f"2024-06,{category},{item},{department},{Decimal(fen) / 100}\n"
            for category, item, department, fen in rows
        )
        bring(name, HEAD + text, None)
    bearers = dict(zip((cast.sales, cast.finance), map(Decimal, weights), strict=True))
    actions.share_cost(shared="公共", weights=bearers, by=None, now=NOW)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    found = queries.month(period, cast.executive, queries.View(page=0))
    assert found.total.actual * 100 == sum(row[3] for row in actual)
    assert (found.total.base or 0) * 100 == sum(row[3] for row in planned)
    assert sum(row.delta for row in found.rows) == found.total.delta
    assert sum(amount for _name, amount in found.steps) == found.total.delta
    roots = [row.amounts.actual for row in found.categories if row.depth == 0]
    assert sum(roots) == found.total.actual


def test_c32_commitments_stand_beside_the_actual_and_eat_the_budget(books, cast):
    """30,000 budgeted, 45,000 spent elsewhere in the form; 10,000 of material are ordered."""
    books.post(LEDGER.replace('"650,000"', '"480,000"'))
    books.plan(BUDGET)
    orders = make_books(cast.sales).ledger
    bring(orders, HEAD + "2024-06,原材料成本,A材料采购,采购部,30000\n", None)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, commitments=orders,
        by=None, now=NOW,
    )  # fmt: skip
    found = queries.month(period, cast.executive)
    row = by_item(period, cast.executive)["A材料采购"]
    assert (row.committed, row.available) == (Decimal(30_000), Decimal(-10_000))
    assert found.committed == Decimal(30_000)
    assert found.total.actual == Decimal(847_000), "what is ordered is not spent"


def test_c56_timing_is_a_part_of_the_variance_that_turns_back(month, cast):
    period = month()
    actions.write_note(
        period=period, line=A, reason="提前备货", controllable="yes", lasting="timing",
        department=cast.purchasing, by=cast.department_head, now=NOW,
    )  # fmt: skip
    assert queries.month(period, cast.executive).timing == Decimal(150_000)
