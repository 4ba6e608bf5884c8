"""The numbers offered to the loop: measured again they are those of the form."""

from decimal import Decimal

import pytest

from opsloop.analysis.period import Period
from opsloop.costs.keys import LineKey
from opsloop.costs.metrics import SOURCES
from opsloop.metrics.register import MeasureRequest, Money, Series
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER, PRICED_BUDGET, PRICED_LEDGER, Books

A = LineKey("原材料成本", "A材料采购", "采购部").dimension
METRICS = {source.key: source for source in SOURCES}
JUNE = Period.parse("2024-06")


def request(books: Books, dimension: str = A, **more) -> MeasureRequest:
    definition = {"ledger": books.ledger.pk, "budget": books.budget.pk}
    return MeasureRequest(definition, dimension, more.pop("period", JUNE), NOW, **more)


@pytest.fixture
def priced(books: Books) -> Books:
    books.post(PRICED_LEDGER)
    books.plan(PRICED_BUDGET)
    return books


@pytest.mark.parametrize(
    ("key", "value", "numerator", "denominator"),
    [
        ("costs.variance_rate", "0.32", "160000", "500000"),
        ("costs.flexed_rate", "0.2", "110000", "550000"),
        ("costs.unit_price", "600", "660000", "1100"),
        ("costs.amount", "660000", "660000", "1"),
        ("costs.quantity", "1100", "1100", "1"),
    ],
)
def test_each_metric_of_a_priced_line(priced, key, value, numerator, denominator):
    found = METRICS[key].measure(request(priced))
    assert (found.value, found.numerator, found.denominator) == (
        Decimal(value),
        Decimal(numerator),
        Decimal(denominator),
    )
    assert len(found.batch_ids) == 2


@pytest.mark.parametrize("key", ["costs.flexed_rate", "costs.unit_price", "costs.quantity"])
def test_without_quantities_there_is_no_price(books, key):
    books.post(LEDGER)
    books.plan(BUDGET)
    assert METRICS[key].measure(request(books)).value is None
    assert METRICS["costs.variance_rate"].measure(request(books)).value == Decimal("0.3")


def test_a_line_that_was_never_posted_has_no_value(priced):
    assert METRICS["costs.amount"].measure(request(priced, "x|y|z")).value is None


def test_without_a_budget_there_is_no_rate(priced):
    asked = MeasureRequest({"ledger": priced.ledger.pk}, A, JUNE, NOW)
    assert METRICS["costs.variance_rate"].measure(asked).value is None
    assert METRICS["costs.amount"].measure(asked).value == Decimal(660_000)


def test_a_value_names_the_rows_it_came_from(priced):
    found = METRICS["costs.amount"].measure(request(priced, with_evidence=True))
    assert [(rows.rows, rows.total) for rows in found.evidence] == [((2, 3), 2)]


def test_pinned_batches_measure_as_it_was(priced):
    before = METRICS["costs.amount"].measure(request(priced))
    priced.post("期间,成本类别,子项名称,部门,金额,数量\n2024-06,原材料成本,A材料采购,采购部,40,1\n")
    asked = request(priced, batch_ids=before.batch_ids)
    assert METRICS["costs.amount"].measure(asked).value == before.value
    assert METRICS["costs.amount"].measure(request(priced)).value == Decimal(660_040)


def test_several_months_are_summed_before_dividing(priced):
    """June 660,000 / 500,000 and July 200,000 / 300,000: 860 / 800, not the mean of the rates."""
    priced.post(
        "期间,成本类别,子项名称,部门,金额,数量\n2024-07,原材料成本,A材料采购,采购部,200000,400\n"
    )
    priced.plan(
        "期间,成本类别,子项名称,部门,预算金额,数量\n2024-07,原材料成本,A材料采购,采购部,300000,600\n"
    )
    found = METRICS["costs.variance_rate"].measure(request(priced, last=JUNE.next()))
    assert (found.value, found.n) == (Decimal("0.075"), 2)


def test_c58_the_sample_for_a_verdict_is_each_purchase_at_the_budget_price(priced):
    """A freight bill or a return without a quantity has no unit price of its own."""
    priced.post("期间,成本类别,子项名称,部门,金额,数量\n2024-06,原材料成本,A材料采购,采购部,99,\n")
    asked = request(priced, batch_ids=None)
    found = METRICS["costs.unit_price"].sample(asked)
    assert found == Money((Decimal(360_000), Decimal(300_000)), (Decimal(600), Decimal(500)))
    flexed = METRICS["costs.flexed_rate"].sample(request(priced))
    assert isinstance(flexed, Money)
    assert flexed.standard_price == Decimal(500)


def test_a_series_holds_one_value_a_month_that_has_one(priced):
    priced.post("期间,成本类别,子项名称,部门,金额,数量\n2024-08,原材料成本,A材料采购,采购部,5,1\n")
    found = METRICS["costs.amount"].sample(request(priced, last=Period.parse("2024-08")))
    assert found == Series(((JUNE, Decimal(660_000)), (Period.parse("2024-08"), Decimal(5))))


def test_nothing_bought_is_an_empty_sample(priced):
    asked = request(priced, period=Period.parse("2023-01"))
    assert METRICS["costs.unit_price"].sample(asked) == Money((), ())


def test_c18_a_departments_rate_is_that_of_its_lines_summed(books):
    books.post(LEDGER)
    books.plan(BUDGET)
    source = METRICS["costs.department_rate"]
    found = source.measure(request(books, "采购部"))
    assert (found.value, found.denominator) == (Decimal("0.3"), Decimal(500_000))
    sample = source.sample(request(books, "采购部"))
    assert isinstance(sample, Series)
    assert sample.points == ((JUNE, Decimal("0.3")),)
    assert source.measure(request(books, "没有这个部门")).value is None
