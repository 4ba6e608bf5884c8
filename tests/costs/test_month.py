"""The form of a month: what the source's own table says, computed from ledger and budget."""

from decimal import Decimal
from typing import Any

import pytest

from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostCategory
from tests.conftest import NOW
from tests.costs.conftest import LEDGER, PRICED_BUDGET, PRICED_LEDGER

A = LineKey("原材料成本", "A材料采购", "采购部")


def test_the_four_rows_of_the_source_are_computed(month, cast):
    found = queries.month(month(), cast.executive)
    rows = {row.key.item: row for row in found.rows}
    assert [(item, row.delta, row.rate_text) for item, row in rows.items()] == [
        ("销售人员绩效", Decimal(30_000), "+15.0%"),
        ("设备水电费", Decimal(12_000), "+15.0%"),
        ("招待费", Decimal(15_000), "+50.0%"),
        ("A材料采购", Decimal(150_000), "+30.0%"),
    ]
    assert all(row.flagged and row.favourable is False for row in found.rows)
    assert (found.total.delta, found.total.exact_rate_text) == (Decimal(207_000), "+25.56%")
    assert found.counts == {
        "all": 4, "flagged": 4, "silent": 4, "doubted": 0, "unbudgeted": 0, "unspent": 0,
    }  # fmt: skip


def test_amounts_in_ten_thousands_are_divided_after_summing(month, cast):
    found = queries.month(month(), cast.executive, queries.View(scale=10_000))
    assert (found.total.base, found.total.actual) == (Decimal(81), Decimal("101.7"))


def test_price_quantity_and_joint_reconcile_under_each_rule(month, cast):
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    row = queries.month(period, cast.executive).rows[0]
    assert row.effect_parts == (Decimal(100_000), Decimal(50_000), Decimal(10_000))
    assert (row.base_price, row.actual_price) == (Decimal(500), Decimal(600))
    actions.change_settings(values={"closing": "half"}, by=None, now=NOW)
    row = queries.month(period, cast.executive).rows[0]
    assert row.effect_parts == (Decimal(105_000), Decimal(55_000), Decimal(0))


def test_spending_without_budget_and_budget_without_spending_keep_their_lines(month, cast):
    ledger = LEDGER.replace("招待费", "罚款")
    found = queries.month(month(ledger), cast.executive)
    rows = {row.key.item: row for row in found.rows}
    assert (rows["罚款"].base, rows["罚款"].rate, rows["罚款"].delta) == (
        None,
        None,
        Decimal(45_000),
    )
    assert (rows["招待费"].actual, rows["招待费"].rate_text) == (Decimal(0), "−100.0%")
    assert found.total.delta == sum(row.delta for row in found.rows) == Decimal(207_000)
    assert (found.counts["unbudgeted"], found.counts["unspent"]) == (1, 1)
    assert found.comparable is not None
    assert (found.comparable.delta, found.comparable.exact_rate_text) == (
        Decimal(162_000),
        "+20.00%",
    )
    only = queries.month(found.period, cast.executive, queries.View(show="unbudgeted"))
    assert [row.key.item for row in only.rows] == ["罚款"]
    assert only.total.delta == Decimal(207_000)


def test_a_month_without_a_budget_says_so_on_every_line(books, cast):
    books.post(LEDGER)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=None, by=None, now=NOW
    )
    found = queries.month(period, cast.executive)
    assert {row.rate_text for row in found.rows} == {
        queries.month(period, cast.executive).total.rate_text
    }
    assert found.total.base is None


def test_income_above_plan_is_favourable(month, cast):
    CostCategory.objects.create(name="人工成本", polarity=1)
    rows = {row.key.item: row for row in queries.month(month(), cast.executive).rows}
    assert rows["销售人员绩效"].favourable is True
    assert rows["销售人员绩效"].tone == "good"


def test_x18_a_written_reason_is_checked_against_the_amounts(month, cast):
    period = month()
    actions.write_note(
        period=period, line=A, reason="市场价格上涨20%，采购量增加10%", controllable="partly",
        lasting="permanent", department=cast.purchasing, by=cast.department_head, now=NOW,
    )  # fmt: skip
    row = next(row for row in queries.month(period, cast.executive).rows if row.key == A)
    assert (row.explained, row.unexplained) == (Decimal(660_000), Decimal(-10_000))
    assert row.check is not None
    assert row.check.is_mere_sum


def test_c53_each_driver_has_its_own_department(month, cast):
    for driver, owner, control in (
        ("price", cast.purchasing, "partly"), ("quantity", cast.sales, "yes"),
    ):  # fmt: skip
        actions.answer_for(
            key=A, driver=driver, owner=owner, controllable=control, by=None, now=NOW
        )
    row = queries.month(month(PRICED_LEDGER, PRICED_BUDGET), cast.executive).rows[0]
    found = {name: (one.owner, one.controllable) for name, one in row.answers.items()}
    assert found == {"price": (cast.purchasing, "partly"), "quantity": (cast.sales, "yes")}


def test_c23_each_department_sees_its_own_lines_and_their_total(month, cast):
    found = queries.month(month(), cast.department_head)
    assert [row.key for row in found.rows] == [A]
    assert found.total.delta == Decimal(150_000)


def test_what_is_posted_elsewhere_changes_nothing_here(month, books, cast):
    """O-04: postings of sales leave purchasing's page exactly as it was."""
    period = month()
    before = queries.month(period, cast.department_head)
    books.post("期间,成本类别,子项名称,部门,金额\n2024-06,人工成本,加班费,销售部,77777\n")
    assert (
        queries.month(period, cast.executive).total.actual == before.total.actual + 367_000 + 77_777
    )
    after = queries.month(period, cast.department_head)
    assert (after.rows, after.total, after.counts) == (before.rows, before.total, before.counts)


def test_the_bridge_ends_at_the_actual_amount(month, cast):
    found = queries.month(month(), cast.executive)
    assert found.total.base is not None
    assert found.total.base + sum(amount for _name, amount in found.steps) == found.total.actual
    assert found.steps[0] == ("A材料采购", Decimal(150_000))


def test_a_line_opens_to_its_postings(month, cast):
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    drill = queries.drill(period, A, cast.department_head)
    assert drill is not None
    assert sum(row.amount for row in drill.postings) == drill.row.actual
    first = drill.postings[0]
    assert (str(first.day), first.document, first.supplier) == ("2024-06-03", "记-001", "甲公司")
    assert (first.quantity, first.source_row) == (Decimal(600), 2)


@pytest.mark.parametrize(
    "key", [LineKey("人工成本", "销售人员绩效", "销售部"), LineKey("x", "y", "z")]
)
def test_a_line_of_another_department_does_not_exist(month, cast, key):
    assert queries.drill(month(), key, cast.department_head) is None


def test_a_name_with_a_bar_is_its_own_dimension():
    assert LineKey("a|b", "c").dimension != LineKey("a", "b|c").dimension
    long = LineKey("类" * 200, "子" * 200)
    assert len(long.dimension) == 200
    assert long.dimension != LineKey("类" * 200, "子" * 199).dimension


def test_x21_a_category_is_the_sum_of_what_lies_below_it(month, cast):
    said: dict[str, Any] = {
        "directness": "indirect",
        "more_is_better": False,
        "by": None,
        "now": NOW,
    }
    root = actions.save_category(name="经营成本", parent=None, **said)
    for name in ("人工成本", "办公费用"):
        actions.save_category(name=name, parent=root, **said)
    found = queries.month(month(), cast.executive).categories
    assert [(row.name, row.depth, row.amounts.delta) for row in found] == [
        ("经营成本", 0, Decimal(45_000)),
        ("人工成本", 1, Decimal(30_000)),
        ("办公费用", 1, Decimal(15_000)),
        ("制造费用", 0, Decimal(12_000)),
        ("原材料成本", 0, Decimal(150_000)),
    ]


def line_of(period_key: str, amount: int) -> str:
    return f"期间,成本类别,子项名称,部门,金额\n{period_key},原材料成本,A材料采购,采购部,{amount}\n"


def test_c57_a_line_stands_beside_last_year_and_per_working_day(month, books, cast):
    """June has 19 working days in 2024 and 21 in 2023: 650,000 against 700,000 is more a day."""
    period = month()
    books.post(line_of("2023-06", 700_000))
    drill = queries.drill(period, A, cast.executive)
    assert drill is not None
    beside = drill.last_year
    assert (beside.amounts.base, beside.amounts.rate_text) == (Decimal(700_000), "−7.1%")
    assert beside.daily is not None
    assert round(beside.daily, 4) == Decimal("0.0263")
    assert (beside.months, beside.festival) == (("2024-06",), False)


@pytest.mark.parametrize(
    ("month_no", "expected"),
    [
        (202_402, (("2024-01", "2024-02"), False, "+50.0%")),
        (202_401, (("2024-01",), True, "+100.0%")),
    ],
)
def test_february_is_compared_together_with_january(books, cast, month_no, expected):
    for key, amount in (("2023-01", 100), ("2023-02", 300), ("2024-01", 200), ("2024-02", 400)):
        books.post(line_of(key, amount))
    period = actions.define_period(
        period_no=month_no, ledger=books.ledger, budget=None, by=None, now=NOW
    )
    drill = queries.drill(period, A, cast.executive)
    assert drill is not None
    beside = drill.last_year
    assert (beside.months, beside.festival, beside.amounts.rate_text) == expected


def test_a_line_not_posted_last_year_has_no_rate(month, cast):
    drill = queries.drill(month(), A, cast.executive)
    assert drill is not None
    assert (drill.last_year.amounts.base, drill.last_year.daily) == (None, None)
