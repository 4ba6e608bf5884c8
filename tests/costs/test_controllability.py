"""Who controls which part of a variance, what may be done, and promises as numbers (C-10 to C-15)."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.price_quantity import Closing, decompose
from opsloop.costs import actions, controllability, countermeasures, effects, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER, PRICED_BUDGET, PRICED_LEDGER

A = LineKey("原材料成本", "A材料采购", "采购部")
GUESTS = LineKey("办公费用", "招待费", "行政部")


@pytest.fixture
def june(month, books, cast) -> CostPeriod:
    """A: +100,000 price nobody controls, +50,000 quantity of production, +10,000 joint."""
    period: CostPeriod = month(
        PRICED_LEDGER + "2024-06,2024-06-05,办公费用,招待费,行政部,45000,,丙公司,记-003\n",
        PRICED_BUDGET + "2024-06,办公费用,招待费,行政部,30000,\n",
    )
    for driver, owner, controllable in (
        ("price", cast.purchasing, "no"), ("quantity", cast.sales, "yes"),
    ):  # fmt: skip
        actions.answer_for(
            key=A, driver=driver, owner=owner, controllable=controllable, by=None, now=NOW
        )
    return period


def row_of(period, person, key):
    return next(row for row in queries.month(period, person).rows if row.key == key)


def parts_of(row):
    return controllability.parts_of(row.variance.fen, row.effects, row.answers, "")


def test_c53_each_driver_has_its_own_judgement_and_owner(june, cast):
    parts = parts_of(row_of(june, cast.executive, A))
    assert [(part.driver, part.amount, part.controllable, part.owner) for part in parts] == [
        ("price", 100_000, "no", "采购部"), ("quantity", 50_000, "yes", "销售部"),
        ("", 10_000, "partly", ""),
    ]  # fmt: skip


def test_c10_a_month_is_told_apart_and_sums_to_its_variance(june, cast):
    found = {one.controllable: one.amount for one in effects.buckets(june, cast.executive)}
    assert found == {"no": 100_000, "yes": 50_000, "partly": 10_000, "": 15_000}
    assert sum(found.values()) == queries.month(june, cast.executive).total.delta
    actions.write_note(
        period=june, line=GUESTS, reason="", controllable="yes", lasting="",
        department=cast.company, by=None, now=NOW,
    )  # fmt: skip
    found = {one.controllable: one.amount for one in effects.buckets(june, cast.executive)}
    assert found["yes"] == 65_000


def test_while_nobody_judged_anything_nothing_is_claimed(month, cast):
    assert effects.buckets(month(LEDGER, BUDGET), cast.executive) == ()


@given(
    base=st.integers(1, 10**10), actual=st.integers(1, 10**10),
    quantities=st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)),
    closing=st.sampled_from(Closing), said=st.sampled_from(["", "yes", "no", "partly"]),
)  # fmt: skip
def test_parts_always_sum_to_the_variance(base, actual, quantities, closing, said):
    found = decompose(
        base_fen=base, base_milli=quantities[0], actual_fen=actual, actual_milli=quantities[1],
        closing=closing,
    )  # fmt: skip
    parts = controllability.parts_of(actual - base, found, {}, said)
    assert sum(part.fen for part in parts) == actual - base
    split = controllability.buckets(parts, actual - base)
    assert not split or sum(one.fen for one in split) == actual - base


def test_c13_proposals_follow_the_driver_that_moved_and_can_be_controlled(june, cast):
    """Price moved most, but nobody controls it: the quantity is what can be acted on."""
    row = row_of(june, cast.executive, A)
    found = countermeasures.proposals(row, parts_of(row))
    assert found is not None
    assert (found.part.driver, found.part.owner) == ("quantity", "销售部")
    actions.answer_for(
        key=A, driver="price", owner=cast.purchasing, controllable="partly", by=None, now=NOW
    )
    row = row_of(june, cast.executive, A)
    found = countermeasures.proposals(row, parts_of(row))
    assert found is not None
    assert found.part.driver == "price"
    assert [text for text, _link in found.offers] == [
        "引入替代供应商，至少三家比价", "签订框架协议锁定价格", "合并数月订单批量采购，争取量价折扣",
    ]  # fmt: skip


def test_nothing_is_proposed_for_a_saving(month, cast):
    period = month(LEDGER.replace('"650,000"', '"450,000"'), BUDGET)
    row = row_of(period, cast.executive, A)
    assert countermeasures.proposals(row, parts_of(row)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8月采购成本降低8%", ("2024-08", 598_000, "+19.6%")),
        ("3月降至50万元", ("2025-03", 500_000, "0.0%")),
        ("差异率控制在5%", ("2024-07", 525_000, "+5.0%")),
    ],
)
def test_c15_x20_an_expected_effect_is_an_amount_and_a_month(month, cast, text, expected):
    row = row_of(period := month(LEDGER, BUDGET), cast.executive, A)
    found = countermeasures.expected(period, row, text)
    assert found is not None
    assert (found.by, found.target.actual, found.target.rate_text) == expected
    assert countermeasures.expected(period, row, "尽快改善") is None


def test_the_line_fills_in_the_form_of_the_loop(june, cast, client_for):
    actions.review(period=june, by=cast.finance_reviewer, now=NOW)
    client = client_for(cast.operations_manager)
    asked = {**A._asdict(), "effect": "8月采购成本降低8%"}
    shown = client.get(reverse("costs:line", args=[june.pk]), asked).content.decode()
    assert "607,200.00" in shown
    assert "expected_by=2024-08" in shown
    # Price +20 % at the actual quantity; 8 % less of it is +10.4 %.
    assert "expected_to=10.40" in shown
    assert "差异的可控性" in shown
    part = client.get(reverse("costs:controllable", args=[june.pk])).content.decode()
    assert "+100,000.00" in part
    assert "可控" in part
    address = reverse("costs:controllable_file", args=[june.pk, "csv"])
    whole, own = (
        client.get(address, query).content.decode("utf-8-sig").splitlines()
        for query in ({}, A._asdict())
    )
    assert whole[1:3] == ["小计,可控,,50000.00", "小计,不可控,,100000.00"]
    assert own[1:3] == ["单价,不可控,采购部,100000.00", "数量,可控,销售部,50000.00"]
    unread = client.get(reverse("costs:line", args=[june.pk]), {**asked, "effect": "尽快"})
    assert "并带单位" in unread.content.decode()


def test_decimal_targets_survive_a_level_in_yuan(month, cast):
    row = row_of(period := month(LEDGER, BUDGET), cast.executive, GUESTS)
    found = countermeasures.expected(period, row, "每月节约 1.5万元")
    assert found is not None
    assert found.target.actual == Decimal(30_000)


def test_parts_of_the_quantity_are_judged_as_the_quantity(june, cast):
    """Loss and usage are reported, quantity is what somebody answers for."""
    for driver, planned, actual in (
        ("output", "500", "500"), ("usage", "2", "2"), ("loss_rate", "0", "10"),
        ("price", "500", "600"),
    ):  # fmt: skip
        actions.report_driver(
            key=A, driver=driver, period_no=202_406, planned=Decimal(planned),
            actual=Decimal(actual), department=cast.purchasing, by=None, now=NOW,
        )  # fmt: skip
    row = row_of(june, cast.executive, A)
    own = effects.reported(june)[A]
    parts = controllability.parts_of(row.variance.fen, row.effects, row.answers, "", own)
    found: dict[str, Any] = {
        part.driver: (part.amount, part.controllable, part.owner) for part in parts
    }
    assert found["loss_rate"] == (50_000, "yes", "销售部")
    assert found["price"] == (110_000, "no", "采购部")
