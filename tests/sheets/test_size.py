"""Large forms: no query per row, neither read nor written nor pasted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opsloop.costs.actions import define_period
from opsloop.processes.models import Step
from tests.conftest import NOW
from tests.costs.conftest import make_books

pytestmark = pytest.mark.django_db


def postings(count: int, header: str) -> str:
    lines = (f"2024-06,办公费用,项目{number:05},采购部,{number + 100}\n" for number in range(count))
    return header + "".join(lines)


def month_of(department, count: int):
    books = make_books(department)
    books.post(postings(count, "期间,成本类别,子项名称,部门,金额\n"))
    books.plan(postings(count // 2, "期间,成本类别,子项名称,部门,预算金额\n"))
    return define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )


def queries(act) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_a_month_is_read_with_as_many_queries_whatever_its_lines(cast, grid):
    small, large = month_of(cast.purchasing, 10), month_of(cast.sales, 400)
    forms = [grid(cast.finance_reviewer, month) for month in (small, large)]
    for form in forms:
        form.data()
    assert len(forms[1].rows()) == 400
    few, many = (queries(form.data) for form in forms)
    assert many == few


def test_a_step_table_is_read_and_pasted_into_with_as_many_queries(cast, grid, process):
    form = grid(cast.department_head, process)
    few = queries(form.data)
    version = process.as_is
    Step.objects.bulk_create(
        Step(version=version, position=position, name=f"步骤{position}")
        for position in range(100, 400)
    )
    assert len(form.rows()) == 305
    assert queries(form.data) == few
    text = "\n".join(f"甲{number}" for number in range(300))

    def preview() -> None:
        first = form.rows()[0]["id"]
        answer = form.post("paste/preview", text=text, row=first, column="role")
        assert answer.json()["changed"] == 300

    assert queries(preview) <= 2 * few + 5


def test_a_block_of_rows_is_placed_without_writing_each_position(cast, grid, process):
    form = grid(cast.department_head, process)
    rows = [{"name": f"步骤{number}"} for number in range(40)]
    one = queries(lambda: form.post("rows/insert", after="", rows=rows[:1]))
    all_of_them = queries(lambda: form.post("rows/insert", after="", rows=rows))
    each = (all_of_them - one) / 39
    assert each <= 10, "a new row costs its own line and its audit line, nothing for the others"
