"""Several bases at once, by any dimension; budgets per project (C-36)."""

from typing import Any

import pytest
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.costs import actions
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from opsloop.costs.overview import overview
from opsloop.costs.side_by_side import Comparison, Narrow, compare, offered
from tests.conftest import NOW
from tests.costs.conftest import bring, make_books

HEAD = "期间,成本类别,子项名称,部门,所属项目,供应商,金额\n"
LEDGER = (
    HEAD
    + """2024-06,原材料成本,A材料采购,采购部,甲项目,恒泰,650
2024-06,原材料成本,B材料采购,采购部,乙项目,永盛,150
2024-06,办公费用,招待费,销售部,,,45
2023-06,原材料成本,A材料采购,采购部,甲项目,恒泰,400
2023-06,办公费用,招待费,销售部,,,50
"""
)
PLAN = "期间,成本类别,子项名称,部门,所属项目,预算金额\n"
BUDGET = (
    PLAN
    + """2024-06,原材料成本,A材料采购,采购部,甲项目,500
2024-06,原材料成本,B材料采购,采购部,乙项目,100
2024-06,办公费用,招待费,销售部,,30
"""
)
A = LineKey("原材料成本", "A材料采购", "采购部")


@pytest.fixture
def june(books, cast) -> CostPeriod:
    books.post(LEDGER)
    books.plan(BUDGET)
    return actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )


def seen(person, by="category", *keys, narrow=None) -> Comparison:
    found = overview(person, key=Period.parse("2024-06"), ledger=None)
    assert found is not None
    return compare(found, by=by, keys=keys, narrow=narrow)


def cells(found: Comparison) -> dict[str, Any]:
    return {row.name: [(one.base, one.delta) for one in row.beside] for row in found.rows}


def test_a_month_stands_beside_its_budget_last_year_and_another_budget_at_once(june, cast):
    other = make_books(cast.sales).budget
    bring(other, BUDGET.replace(",500", ",600"), None)
    found = seen(cast.executive, "category", "budget", "prior_year", f"set-{other.pk}")
    assert [base.key for base in found.bases] == ["budget", "prior_year", f"set-{other.pk}"]
    assert cells(found) == {
        "原材料成本": [(600, 200), (400, 400), (700, 100)],
        "办公费用": [(30, 15), (50, -5), (30, 15)],
    }
    total = found.total
    beside: Any = [(one.base, one.delta) for one in total.beside]
    assert beside == [(630, 215), (450, 395), (730, 115)]
    assert total.beside[0].exact_rate_text == "+34.13%", "215/630, never a mean of rates"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("project", {"甲项目": (650, 500), "乙项目": (150, 100), "": (45, 30)}),
        ("department", {"采购部": (800, 600), "销售部": (45, 30)}),
        ("item", {"A材料采购": (650, 500), "B材料采购": (150, 100), "招待费": (45, 30)}),
        ("supplier", {"恒泰": (650, None), "永盛": (150, None), "": (45, None)}),
    ],
)
def test_rows_are_what_any_dimension_names(june, cast, by, expected):
    found = seen(cast.executive, by, "budget")
    assert {row.name: (row.actual.actual, row.beside[0].base) for row in found.rows} == expected
    assert found.lacks_base is (by == "supplier")


def test_a_row_opens_to_what_it_is_made_of(june, cast):
    found = seen(cast.executive, "item", "budget", narrow=Narrow("project", "甲项目"))
    assert cells(found) == {"A材料采购": [(500, 150)]}
    last = seen(cast.executive, "supplier", "prior_year", narrow=Narrow("department", "采购部"))
    assert cells(last)["恒泰"] == [(400, 250)]


def test_files_without_projects_are_read_beside_files_with_them(june, books, cast):
    books.post("期间,成本类别,子项名称,部门,金额\n2024-06,办公费用,文具,销售部,10\n")
    found = seen(cast.executive, "project", "budget")
    assert {row.name: row.actual.actual for row in found.rows}[""] == 55


def test_a_revision_of_an_annual_budget_is_a_base_of_its_own(june, cast):
    budget = make_books(cast.sales).budget
    draft = actions.draft_budget(dataset=budget, year=2024, reason="", by=None, now=NOW)
    actions.plan_line(
        budget=draft, key=A, project="甲项目", amount_fen=840_000, distribution="monthly",
        edited={}, by=None, now=NOW,
    )  # fmt: skip
    found = seen(cast.executive, "project", f"plan-{draft.pk}")
    assert cells(found)["甲项目"] == [(700, -50)]
    keys = [base.key for base in offered(found.overview)]
    assert keys == ["budget", "prior_year", f"set-{budget.pk}", f"plan-{draft.pk}"]


def test_c23_a_department_compares_its_own_lines(june, cast):
    found = seen(cast.department_head, "department", "budget")
    assert [row.name for row in found.rows] == ["采购部"]


def test_the_page_and_its_files(june, cast, client_for):
    client = client_for(cast.executive)
    asked = {"period": "2024-06", "by": "project", "with": ["budget", "prior_year"]}
    shown = client.get(reverse("costs:compare"), asked).content.decode()
    assert "甲项目" in shown
    assert "+30.0%" in shown
    file = client.get(reverse("costs:compare_file", args=["csv"]), asked).content.decode()
    assert "甲项目,650.00,500.00,150.00,30.00,400.00,250.00,62.50" in file
    assert client.get(reverse("costs:compare_file", args=["xlsx"]), asked).status_code == 200
    assert client.get(reverse("costs:compare_file", args=["doc"]), asked).status_code == 404
    empty = client.get(reverse("costs:compare"), {"period": "2020-01"}).content.decode()
    assert "side-by-side" not in empty


def test_pain5_a_planned_quantity_tells_price_and_quantity_apart(books, cast):
    """1,200 units at 12 yuan over the year are 100 units and 1,200 yuan a month."""
    draft = actions.draft_budget(
        dataset=books.budget, year=2024, reason="", by=cast.operations_manager, now=NOW
    )
    actions.plan_line(
        budget=draft, key=A, amount_fen=1_440_000, distribution="monthly", edited={},
        quantity_milli=1_200_000, by=None, now=NOW,
    )  # fmt: skip
    actions.approve_budget(budget=draft, by=cast.finance_reviewer, now=NOW)
    books.post(
        "期间,成本类别,子项名称,部门,金额,数量\n2024-06,原材料成本,A材料采购,采购部,1430,110\n"
    )
    june = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    found = overview(cast.executive, key=june.period, ledger=None)
    row: Any = found and found.lines.find(A)
    assert (row.variance.base_fen, row.base_milli) == (120_000, 100_000)
    effects = row.effects
    assert (effects.price_fen, effects.quantity_fen, effects.joint_fen) == (10_000, 12_000, 1_000)
