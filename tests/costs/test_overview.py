"""Quarter and year from their months: sums, what is left, heat, appraisal, last year."""

from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.costs import actions
from opsloop.costs.overview import overview
from tests.conftest import NOW
from tests.costs.conftest import Books

HEAD = "期间,成本类别,子项名称,部门,金额\n"
PLAN = "期间,成本类别,子项名称,部门,预算金额\n"


@pytest.fixture
def quarter(books: Books) -> Books:
    """Three months of purchasing and sales; the year is planned month by month."""
    for number in range(1, 13):
        books.plan(
            PLAN + f"2024-{number:02},原材料成本,A材料采购,采购部,100\n"
            f"2024-{number:02},办公费用,文具,销售部,10\n"
        )
    for number, (material, office) in {4: (130, 10), 5: (100, 8), 6: (100, 9)}.items():
        books.post(
            HEAD + f"2024-{number:02},原材料成本,A材料采购,采购部,{material}\n"
            f"2024-{number:02},办公费用,文具,销售部,{office}\n"
        )
        actions.define_period(
            period_no=202_400 + number, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )
    return books


def seen(person, key):
    found = overview(person, key=Period.parse(key), ledger=None)
    assert found is not None
    return found


def test_c17_a_quarter_is_the_sum_of_its_months(quarter, cast):
    found = seen(cast.executive, "2024-Q2")
    assert (found.total.base, found.total.actual) == (Decimal(330), Decimal(357))
    assert found.total.delta == sum(amount for _name, amount in found.steps) == Decimal(27)
    assert [key for key, _amounts in found.trend] == ["2024-04", "2024-05", "2024-06"]
    assert found.pareto == [("A材料采购", Decimal(30))]
    assert found.is_whole


def test_c33_the_year_says_what_is_left_of_it(quarter, cast):
    found = {row.name: row for row in seen(cast.executive, "2024-06").year}
    material = found["原材料成本"]
    assert (material.to_date.actual, material.annual) == (Decimal(330), Decimal(1200))
    assert (material.remaining, material.used) == (Decimal(870), Decimal("0.275"))


def test_the_heat_table_marks_by_the_threshold_and_by_favourability(quarter, cast):
    columns, rows = seen(cast.executive, "2024-04").heat
    assert columns == ("办公费用", "原材料成本")
    heat = {department: [cell.heat for cell in cells] for department, cells in rows}
    assert heat == {"销售部": [0, 0], "采购部": [0, 2]}
    assert [cell.heat for cell in dict(seen(cast.executive, "2024-05").heat[1])["销售部"]] == [
        -1,
        0,
    ]


def test_c18_a_department_is_appraised_by_its_own_lines(quarter, cast):
    found = {row.name: row for row in seen(cast.executive, "2024-Q2").appraisals}
    assert (found["采购部"].amounts.delta, found["采购部"].flagged) == (Decimal(30), 0)
    assert seen(cast.executive, "2024-04").appraisals[1].flagged == 1
    own = seen(cast.department_head, "2024-Q2").appraisals
    assert [row.name for row in own] == ["采购部"]


def test_a_period_that_lacks_months_says_so(quarter, cast):
    assert not seen(cast.executive, "2024").is_whole
    assert seen(cast.executive, "2025-Q1").months == ()
    assert overview(cast.executive, key=Period.parse("2023"), ledger=None) is None


def test_c57_the_quarter_stands_beside_last_year_per_working_day(quarter, cast):
    quarter.post(HEAD + "2023-05,原材料成本,A材料采购,采购部,300\n")
    before = seen(cast.executive, "2024-Q2").year_before
    assert (before.amounts.base, before.amounts.rate_text) == (Decimal(300), "+19.0%")
    assert before.months == ("2024-04", "2024-05", "2024-06")


@pytest.mark.parametrize(
    "query", ["", "?period=2024-Q2", "?period=2024&unit=wan", "?period=x", "?period=2030"]
)
def test_the_page_answers_every_period(quarter, cast, client_for, query):
    answer = client_for(cast.executive).get(reverse("costs:overview") + query)
    assert answer.status_code == 200
    assert "成本总览" in answer.content.decode()


def test_nothing_defined_leads_back_to_the_list(cast, client_for):
    answer = client_for(cast.executive).get(reverse("costs:overview"))
    assert "还没有建立月份" in answer.content.decode()
