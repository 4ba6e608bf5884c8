"""Commitments: open until invoiced, and stopped, warned of or ignored by their limits (C-32)."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from opsloop.costs import actions, commitments, queries
from opsloop.costs.commitments import Limits
from opsloop.costs.keys import LineKey
from opsloop.costs.models import Commitment, CostCategory, CostPeriod
from opsloop.org.permissions import NotPermitted
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER, bring, make_books

A = LineKey("原材料成本", "A材料采购", "采购部")
B = LineKey("原材料成本", "B材料采购", "采购部")
ORDERS = """期间,成本类别,子项名称,部门,单据类型,单据号,金额
2024-06,原材料成本,A材料采购,采购部,采购订单,PO-1,30000
2024-06,原材料成本,B材料采购,采购部,采购订单,PO-2,8000
2024-06,原材料成本,B材料采购,采购部,请购单,PR-9,500
"""
INVOICE = "期间,成本类别,子项名称,部门,金额,凭证号\n"


@pytest.fixture
def june(books, cast) -> CostPeriod:
    """480,000 of 500,000 are spent on A; B was neither budgeted nor posted."""
    books.post(LEDGER.replace('"650,000"', '"480,000"'))
    books.plan(BUDGET)
    orders = make_books(cast.sales).ledger
    bring(orders, ORDERS, None)
    return actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, commitments=orders,
        by=None, now=NOW,
    )  # fmt: skip


def limit(action: str, document_type: str = "", category: CostCategory | None = None) -> None:
    actions.limit_commitments(
        document_type=document_type, category=category, action=action, by=None, now=NOW
    )


def commit(period, cast, amount: str, document_type: str = "采购订单", key: LineKey = A):
    return actions.commit_amount(
        period=period, key=key, document="PO-7", document_type=document_type,
        amount_fen=int(Decimal(amount) * 100), department=cast.purchasing,
        by=cast.operations_manager, now=NOW,
    )  # fmt: skip


def entered() -> Any:
    return Commitment.objects.all()


def left(period: CostPeriod) -> dict[LineKey, Any]:
    rows = commitments.documents(period)
    return {one.key: one for one in commitments.remaining(period, rows)}


def test_remaining_is_budget_minus_actual_minus_committed(june):
    found = left(june)[A]
    assert (found.base, found.actual, found.committed, found.left) == (
        500_000, 480_000, 30_000, -10_000,
    )  # fmt: skip
    assert found.sentence == (
        "原材料成本 · A材料采购 · 采购部：预算 500,000.00 − 实际 480,000.00 − 已承诺 30,000.00，"
        "超出 10,000.00。"
    )


def test_what_is_only_committed_has_its_own_line_and_is_in_the_total(june, cast):
    found = left(june)[B]
    assert (found.is_posted, found.base, found.committed) == (False, None, 8_500)
    assert "未编预算" in found.sentence
    assert queries.month(june, cast.executive).committed == Decimal(38_500)


def test_an_invoice_under_the_same_number_consumes_the_order(june, books):
    """18,000 of 30,000 are invoiced a month later: 12,000 stay open; the rest ends it."""
    books.post(INVOICE + "2024-07,原材料成本,A材料采购,采购部,18000,PO-1\n")
    row: Any = next(row for row in commitments.documents(june) if row.name == "PO-1")
    assert (row.amount, row.invoiced, row.open) == (30_000, 18_000, 12_000)
    books.post(INVOICE + "2024-07,原材料成本,A材料采购,采购部,20000,PO-1\n")
    assert left(june)[A].committed == 0, "more than was ordered frees no budget"


def test_an_ignored_type_commits_nothing(june):
    limit("ignore", "请购单")
    assert left(june)[B].committed == 8_000


def test_the_type_decides_first_and_then_the_nearest_category(june):
    actions.seed_categories(template="manufacturing", by=None, now=NOW)
    known = CostCategory.objects.unscoped("a test looks")
    leaf = known.exclude(parent=None).first()
    assert leaf is not None
    limit("ignore")
    limit("warn", category=leaf.parent)
    limit("stop", "采购订单")
    found = Limits()
    assert [
        found.action("合同", "其他"), found.action("合同", leaf.name), found.action("采购订单", leaf.name),
    ] == ["ignore", "warn", "stop"]  # fmt: skip
    limit("ignore", "采购订单", leaf)
    assert Limits().action("采购订单", leaf.name) == "ignore"


def test_a_limit_stops_a_document_and_says_why(june, cast):
    limit("stop", "采购订单")
    with pytest.raises(actions.OverLimit) as error:
        commit(june, cast, "500")
    assert "超出 10,500.00" in error.value.remaining.sentence
    assert not entered().exists()


def test_without_a_limit_a_document_warns_and_is_entered(june, cast):
    found = commit(june, cast, "500")
    assert (found.is_exceeded, found.action) == (True, "warn")
    assert left(june)[A].committed == 30_500
    actions.cancel_commitment(
        commitment=entered().get(), department=cast.purchasing, by=None, now=NOW
    )
    assert left(june)[A].committed == 30_000


def test_an_entered_document_is_consumed_by_its_number_too(june, books, cast):
    commit(june, cast, "500")
    books.post(INVOICE + "2024-06,原材料成本,A材料采购,采购部,500,PO-7\n")
    row = next(row for row in commitments.documents(june) if row.name == "PO-7")
    assert row.open == 0


def test_a_locked_month_takes_no_document(june, cast):
    actions.review(period=june, by=cast.finance_reviewer, now=NOW)
    actions.lock(period=june, by=cast.finance_reviewer, now=NOW)
    with pytest.raises(actions.WrongState):
        commit(june, cast, "1")


def test_only_who_enters_costs_of_the_department_commits_them(june, cast):
    with pytest.raises(NotPermitted):
        actions.commit_amount(
            period=june, key=A, document="PO", document_type="", amount_fen=1,
            department=cast.purchasing, by=cast.executive, now=NOW,
        )  # fmt: skip


def test_the_page_shows_enters_stops_and_exports(june, cast, client_for):
    client, finance = client_for(cast.operations_manager), client_for(cast.finance_reviewer)
    url = reverse("costs:commitments", args=[june.pk])
    shown = client.get(url).content.decode()
    assert "仅有承诺" in shown
    assert "超出 10,000.00" in shown
    answer = finance.post(reverse("costs:limit"), {"document_type": "合同", "action": "stop"})
    assert answer.status_code == 302
    assert "合同" in finance.get(reverse("costs:settings")).content.decode()
    values = {**A._asdict(), "document": "HT-1", "document_type": "合同", "amount": "1"}
    refused = client.post(url, values).content.decode()
    assert "已拦截" in refused
    taken = client.post(url, {**values, "document_type": ""}, follow=True).content.decode()
    assert "已登记，但超出预算" in taken
    cancel = reverse("costs:commitment_cancel", args=[june.pk, entered().get().pk])
    assert client.post(cancel).status_code == 302
    file = client.get(reverse("costs:commitments_file", args=[june.pk, "csv"])).content.decode()
    assert "采购订单,PO-1,30000.00,0.00,30000.00,提醒" in file
