"""Annual budgets: distributed to the fen, approved into facts, revised and never overwritten."""

from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.analysis.distribution import NotDistributable
from opsloop.costs import actions, plans, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import AnnualBudget, BudgetState
from opsloop.org.permissions import NotPermitted
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER

TRAVEL = LineKey("管理费用", "差旅费", "销售部")


@pytest.fixture
def draft(books, cast) -> AnnualBudget:
    return actions.draft_budget(
        dataset=books.budget, year=2024, reason="", by=cast.operations_manager, now=NOW
    )


def plan(budget, amount="100", distribution="monthly", *, by=None, **edited):
    months = {int(name[1:]): fen for name, fen in edited.items()}
    return actions.plan_line(
        budget=budget, key=TRAVEL, amount_fen=int(Decimal(amount) * 100),
        distribution=distribution, edited=months, by=by, now=NOW,
    )  # fmt: skip


def test_c31_the_months_of_a_line_always_sum_to_its_year(draft):
    """100 yuan over twelve months are 8.34 four times and 8.33 eight times."""
    assert sorted(plan(draft).months) == [833] * 8 + [834] * 4
    line = plan(draft, "100", m0=5_000, m11=0)
    assert (sum(line.months), line.months[0], line.months[11]) == (10_000, 5_000, 0)
    assert line.distribution == "edited"
    again = plan(draft, "120", "edited")
    assert sum(again.months) == 12_000
    with pytest.raises(NotDistributable):
        plan(draft, "100", **{f"m{at}": 1 for at in range(12)})


def test_a_budget_is_approved_by_somebody_else_and_becomes_facts(draft, books, cast, settings):
    with pytest.raises(actions.NothingPlanned):
        actions.approve_budget(budget=draft, by=cast.finance_reviewer, now=NOW)
    plan(draft, "1200")
    with pytest.raises(NotPermitted):
        actions.approve_budget(budget=draft, by=cast.operations_manager, now=NOW)
    actions.approve_budget(budget=draft, by=cast.finance_reviewer, now=NOW)
    draft.refresh_from_db()
    assert draft.state == BudgetState.IN_FORCE
    assert draft.batch is not None
    assert draft.batch.fact_rows == 12
    books.post(LEDGER)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    found = {row.key.item: row.base for row in queries.month(period, cast.executive).rows}
    assert found["差旅费"] == Decimal(100)
    with pytest.raises(actions.WrongState):
        plan(draft, "1")


def test_c30_a_revision_starts_from_the_old_one_and_keeps_it(draft, books, cast):
    plan(draft, "1200")
    actions.approve_budget(budget=draft, by=cast.finance_reviewer, now=NOW)
    new = actions.draft_budget(
        dataset=books.budget, year=2024, reason="客户增加", by=cast.operations_manager, now=NOW
    )
    assert (new.revision, new.revision_of, new.lines.get().amount_fen) == (1, draft, 120_000)
    with pytest.raises(actions.BudgetTaken):
        actions.draft_budget(dataset=books.budget, year=2024, reason="", by=None, now=NOW)
    plan(new, "2400")
    actions.approve_budget(budget=new, by=cast.finance_reviewer, now=NOW)
    assert [one.budget for one in plans.budgets(cast.executive)] == [new, draft]
    draft.refresh_from_db()
    assert (draft.state, draft.lines.get().amount_fen) == (BudgetState.REVISED, 120_000)
    books.post(LEDGER)
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    found = {row.key.item: row.base for row in queries.month(period, cast.executive).rows}
    assert found["差旅费"] == Decimal(200), "the revision replaces, it does not add up"


def test_a_planned_year_is_not_added_to_one_from_a_file(books, cast):
    books.plan(BUDGET)
    with pytest.raises(actions.Occupied):
        actions.draft_budget(dataset=books.budget, year=2024, reason="", by=None, now=NOW)


def test_a_year_is_planned_on_its_pages(books, cast, client_for):
    maker, finance = client_for(cast.operations_manager), client_for(cast.finance_reviewer)
    answer = maker.post(
        reverse("costs:budgets"), {"dataset": books.budget.pk, "year": 2024, "reason": ""}
    )
    url = answer.headers["Location"]
    pk = AnnualBudget.objects.unscoped("a test looks").get().pk
    values = {**TRAVEL._asdict(), "amount": "1200", "distribution": "quarterly", "m0": "10%"}
    shown = maker.post(f"{url}line/", values, follow=True).content.decode()
    assert "120.00" in shown
    wrong = maker.post(f"{url}line/", {**values, "m1": "some"})
    assert "金额或百分比" in wrong.content.decode()
    line = AnnualBudget.objects.unscoped("a test looks").get().lines.get()
    assert "修改预算行" in maker.get(f"{url}?line={line.pk}").content.decode()
    assert maker.post(reverse("costs:budget_approve", args=[pk])).status_code == 403
    shown = finance.post(reverse("costs:budget_approve", args=[pk]), follow=True).content.decode()
    assert "已生效" in shown
    late = maker.post(reverse("costs:budget_drop", args=[pk, line.pk]), follow=True)
    assert "只能通过修订" in late.content.decode()
    shown = maker.get(reverse("costs:budgets")).content.decode()
    assert "R0" in shown
    assert "1,200.00" in shown
    listed = maker.get(reverse("costs:budgets_file", args=["csv"])).content.decode("utf-8-sig")
    assert listed.splitlines()[1].startswith("2024,R0,月度预算,已生效,1200.00,,")
