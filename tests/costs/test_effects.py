"""Why a month moved: price and quantity of all lines, mix, loss, hours, what a measure saved."""

from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.costs import actions, queries
from opsloop.costs.effects import savings, split
from opsloop.costs.keys import LineKey
from tests.conftest import NOW
from tests.costs.conftest import PRICED_BUDGET, PRICED_LEDGER

A = LineKey("原材料成本", "A材料采购", "采购部")
B = LineKey("原材料成本", "B材料采购", "采购部")
HEAD = "期间,成本类别,子项名称,部门,金额,数量\n"
PLAN = "期间,成本类别,子项名称,部门,预算金额,数量\n"


def count_in(unit: str, *keys: LineKey) -> None:
    for key in keys:
        actions.save_item(key=key, values={"unit": unit}, by=None, now=NOW)


@pytest.mark.parametrize(
    ("closing", "parts"),
    [
        ("shown", (100_000, 50_000, 10_000)),
        ("to_price", (110_000, 50_000, 0)),
        ("to_quantity", (100_000, 60_000, 0)),
        ("half", (105_000, 55_000, 0)),
        ("lmdi", (Decimal("105072.46"), Decimal("54927.54"), 0)),
    ],
)
def test_t01_the_page_closes_by_the_rule_that_was_chosen(month, cast, closing, parts):
    actions.change_settings(values={"closing": closing}, by=None, now=NOW)
    found = split(month(PRICED_LEDGER, PRICED_BUDGET), cast.executive)
    assert (found.price, found.quantity, found.joint) == parts
    assert (found.unquantified, found.total) == (Decimal(0), Decimal(160_000))


def test_t02_two_items_of_one_unit_have_a_mix(month, cast):
    ledger = (
        HEAD
        + "2024-06,原材料成本,A材料采购,采购部,1080,90\n2024-06,原材料成本,B材料采购,采购部,1520,80\n"
    )
    budget = (
        PLAN
        + "2024-06,原材料成本,A材料采购,采购部,1000,100\n2024-06,原材料成本,B材料采购,采购部,1000,50\n"
    )
    period = month(ledger, budget)
    assert split(period, cast.executive).mixes == ()
    count_in("吨", A, B)
    (found,) = split(period, cast.executive).mixes
    assert (found.volume, found.mix, found.price, found.total) == (
        Decimal("266.67"), Decimal("233.33"), Decimal(100), Decimal(600),
    )  # fmt: skip
    count_in("件", B)
    assert split(period, cast.executive).mixes == (), "tons and pieces have no common volume"


def report(period, key: LineKey, cast, **values: tuple[str, str]) -> None:
    for driver, (planned, actual) in values.items():
        actions.report_driver(
            key=key, driver=driver, period_no=period.period_no, planned=Decimal(planned),
            actual=Decimal(actual), department=cast.purchasing, by=cast.department_head, now=NOW,
        )  # fmt: skip


def test_c03_material_with_loss_is_four_factors_and_a_residual(month, cast):
    """Planned 1,000 × 1 × 1.05 × 476.19 = 499,999.50; real 1,000 × 1 × 1.10 × 600 = 660,000."""
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    report(
        period, A, cast, output=("1000", "1000"), usage=("1", "1"), loss_rate=("5", "10"),
        price=("476.19", "600"),
    )  # fmt: skip
    (chain,) = split(period, cast.executive).chains
    assert [amount for _name, amount in chain.parts] == [
        Decimal(0), Decimal(0), Decimal("23809.50"), Decimal("136191.00"),
    ]  # fmt: skip
    assert chain.residual == Decimal("-0.50")


def test_c03_labour_is_rate_and_efficiency(month, cast):
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    report(period, A, cast, wage_rate=("50", "55"), hours=("100", "110"))
    (chain,) = split(period, cast.executive).chains
    assert [amount for _name, amount in chain.parts] == [Decimal(550), Decimal(500)]


def test_c58_x19_a_measure_saves_its_price_at_the_quantity_after(month, books, cast):
    """660,000 for 1,100 at 600; then 510 a unit for 1,210: saved 90 × 1,210 = 108,900, not 42,900."""
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    books.post(HEAD + "2024-07,原材料成本,A材料采购,采购部,617100,1210\n")
    actions.define_period(
        period_no=202_407, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    period.refresh_from_db()
    row = queries.month(period, cast.executive).rows[0]
    (found,) = savings(period, row, cast.executive)
    assert (found.price, found.saved, found.raw) == (
        Decimal(510), Decimal(108_900), Decimal(42_900),
    )  # fmt: skip
    assert found.by_quantity == Decimal(-66_000)


@pytest.mark.parametrize("name", ["effects", "report"])
def test_the_pages_show_the_split(month, cast, client_for, name):
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    report(period, A, cast, wage_rate=("50", "55"), hours=("100", "110"))
    client = client_for(cast.executive)
    shown = client.get(reverse(f"costs:{name}", args=[period.pk])).content.decode()
    assert "+100,000.00" in shown
    assert "小时工资率" in shown


def test_a_month_without_quantities_says_what_is_missing(month, cast, client_for):
    answer = client_for(cast.executive).get(reverse("costs:effects", args=[month().pk]))
    assert "没有带数量的行" in answer.content.decode()
