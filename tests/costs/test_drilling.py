"""Behind every figure stand the lines that sum to it (C-38)."""

import io
from decimal import Decimal
from urllib.parse import urlencode

import openpyxl
import pytest
from django.urls import reverse

from opsloop.analysis.fen import to_yuan
from opsloop.analysis.period import Period
from opsloop.costs import actions, drilling, overview
from opsloop.costs.comparisons import sums_by
from opsloop.costs.drilling import Figure, Narrowing
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod
from tests.conftest import NOW
from tests.costs.conftest import Books

HEAD = "期间,日期,成本类别,子项名称,部门,金额,数量,供应商,凭证号\n"
PLAN = "期间,成本类别,子项名称,部门,预算金额\n"
SPANS = ("2024-05", "2024-06", "2024-Q2", "2024")


@pytest.fixture
def newest(books: Books) -> CostPeriod:
    """Two months of three lines, two postings each; purchasing and sales share an office."""
    for number in (5, 6):
        books.plan(
            PLAN + f"2024-{number:02},原材料成本,A材料采购,采购部,100.10\n"
            f"2024-{number:02},办公费用,文具,销售部,10\n"
        )
        books.post(HEAD + "".join(
            f"2024-{number:02},2024-{number:02}-{day:02},{line},{day}.01,1,{supplier},记-{day}\n"
            for line in ("原材料成本,A材料采购,采购部", "办公费用,文具,销售部", "办公费用,房租,写字楼")
            for day, supplier in ((3, "甲公司"), (number + 10, "乙公司"))
        ))  # fmt: skip
        period = actions.define_period(
            period_no=202_400 + number, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )
    return period


def behind(newest, person, narrowing=None, **figure):
    span = Period.parse(figure.pop("span", "2024-06"))
    return drilling.behind(newest, Figure(span, **figure), person, narrowing or Narrowing())


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("side", ["actual", "base"])
def test_the_lines_sum_to_the_figure_in_every_cell(newest, cast, span, side):
    months = overview.months_within(newest, cast.executive, Period.parse(span))
    lines = overview.summed(months, cast.executive, newest)
    cells = [{"category": name} for name in sums_by(lines, 0)]
    cells += [{"department": name} for name in sums_by(lines, 2)]
    cells += [LineKey(*key)._asdict() for key in zip(*lines.keys, strict=True)]
    for cell in [{}, *cells]:
        found = behind(newest, cast.executive, span=span, side=side, **cell)
        assert found.borne == 0, cell
        assert found.listed == sum((one.amount for one in found.rows()), Decimal(0))
        assert found.listed == (found.amount or 0)
        if not cell:
            assert found.listed == to_yuan(getattr(lines.total(), f"{side}_fen"))


def test_a_share_of_a_common_cost_centre_is_told_apart(newest, cast):
    weights = {cast.purchasing: Decimal(1), cast.sales: Decimal(1)}
    actions.share_cost(shared="写字楼", weights=weights, by=None, now=NOW)
    sales = behind(newest, cast.executive, department=cast.sales.name)
    assert sales.borne == Decimal("9.51")
    assert sales.amount == sales.listed + sales.borne
    assert behind(newest, cast.executive).borne == 0


def test_a_category_total_holds_what_lies_below_it(newest, cast):
    top = actions.save_category(
        name="运营成本", parent=None, directness="indirect", more_is_better=False, by=None, now=NOW
    )
    for name in ("原材料成本", "办公费用"):
        actions.save_category(
            name=name, parent=top, directness="direct", more_is_better=False, by=None, now=NOW
        )
    whole, part = (
        behind(newest, cast.executive, category=name) for name in ("运营成本", "办公费用")
    )
    assert (whole.count, part.count) == (6, 4)
    assert whole.amount == behind(newest, cast.executive).amount


def test_an_item_with_a_base_of_its_own_shows_the_lines_of_that_base(newest, books, cast):
    books.post(HEAD + "2023-06,2023-06-09,办公费用,文具,销售部,7.77,1,甲公司,记-8\n")
    actions.compare_with(
        period=newest,
        line=LineKey("办公费用", "文具", "销售部"),
        kind="prior_year",
        by=None,
        now=NOW,
    )
    found = behind(newest, cast.executive, side="base")
    assert sorted((one.month, one.amount) for one in found.rows()) == [
        ("2023-06", Decimal("7.77")), ("2024-06", Decimal("100.10")),
    ]  # fmt: skip
    assert found.amount == Decimal("107.87")


def test_a_person_sees_the_lines_of_their_departments_only(newest, cast):
    found = behind(newest, cast.department_head)
    assert {one.key.department for one in found.rows()} == {"采购部"}
    assert found.amount == found.listed


@pytest.mark.parametrize(
    ("narrowing", "documents"),
    [
        (Narrowing(supplier="乙"), ["记-16"] * 3),
        (Narrowing(item_text="房租"), ["记-3", "记-16"]),
        (Narrowing(at_least=Decimal("16.01")), ["记-16"] * 3),
        (Narrowing(item_text="文具", largest_first=True), ["记-16", "记-3"]),
    ],
)
def test_the_lines_can_be_narrowed_down(newest, cast, narrowing, documents):
    found = behind(newest, cast.executive, narrowing)
    assert [one.document for one in found.rows()] == documents
    assert found.listed == sum(one.amount for one in found.rows())


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("side", ["actual", "base"])
def test_the_page_leads_to_files_of_what_it_shows(newest, cast, client_for, span, side):
    client = client_for(cast.executive)
    query = urlencode({"span": span, "side": side, "item_text": "文具"})
    shown = client.get(f"{reverse('costs:facts', args=[newest.pk])}?{query}")
    assert shown.status_code == 200
    found = shown.context["behind"]
    url = reverse("costs:facts_file", args=[newest.pk, "xlsx"])
    answer = client.get(f"{url}?{query}")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    amounts = [cell for cell in cells if cell.number_format.startswith("#,##0.00")]
    assert amounts, "amounts keep their format"
    url = reverse("costs:facts_file", args=[newest.pk, "csv"])
    listed = b"".join(client.get(f"{url}?{query}").streaming_content).decode("utf-8-sig")
    assert listed.count("文具") >= found.count


@pytest.mark.parametrize("query", ["span=2024-W23", "span=x"])
def test_a_mistyped_span_is_not_found(newest, cast, client_for, query):
    url = reverse("costs:facts", args=[newest.pk])
    assert client_for(cast.executive).get(f"{url}?{query}").status_code == 404
    other = reverse("costs:facts_file", args=[newest.pk, "exe"])
    assert client_for(cast.executive).get(other).status_code == 404
