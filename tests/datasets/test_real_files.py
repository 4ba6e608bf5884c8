"""Real files, whole: what the import makes of them equals what their sources say."""

import gzip
from decimal import Decimal

import pytest

from opsloop.datasets import preview, queries
from opsloop.datasets.models import BatchState
from tests.datasets.conftest import bring, check, create
from tests.shared_data import shared

pytestmark = pytest.mark.django_db


def test_the_purchasing_log_comes_in_complete(cast):
    dataset = create(cast, "purchasing", "event_log")
    content = shared("event_logs/purchasing_example.csv.gz").read_bytes()
    batch = bring(dataset, content, "purchasing_example.csv.gz")
    measures = batch.findings["measures"]
    assert (batch.fact_rows, batch.bad_rows) == (9119, 0)
    assert (measures["cases"], measures["activities"]) == (608, 21)
    facts = queries.fact_set(dataset)
    assert facts.has_start
    assert len(facts.names["resource"]) == 27


def test_the_sepsis_log_comes_in_with_its_ties_counted(cast):
    dataset = create(cast, "sepsis", "event_log")
    batch = check(dataset, shared("event_logs/sepsis.csv.gz").read_bytes(), "sepsis.csv.gz")
    measures = batch.findings["measures"]
    assert (batch.rows, batch.bad_rows) == (15214, 0)
    assert (measures["cases"], measures["activities"]) == (1050, 16)
    assert measures["ties"] > 0


def test_a_ledger_without_header_is_read_once_its_columns_are_named(cast):
    """FactFinance: `|`-separated, no header, dates as yyyymmdd; 34,563 actual lines."""
    text = gzip.decompress(shared("cost/adventureworks/FactFinance.csv.gz").read_bytes()).decode()
    actual = [line for line in text.splitlines() if line.split("|")[4] == "1"]
    wide = "\n".join(["序号|键|组织|部门|场景|科目|金额|日期", *actual])
    batch = bring(create(cast, "finance", "ledger"), wide, "FactFinance.csv")
    assert (batch.fact_rows, batch.bad_rows) == (34_563, 0)
    total = Decimal(batch.findings["measures"]["total_fen"]) / 100
    assert total == Decimal("1316228562.70")


BOOKS = sorted(
    path.relative_to(shared("workbooks")).as_posix()
    for path in shared("workbooks").rglob("*")
    if path.suffix in {".xlsx", ".xls", ".csv"}
)


@pytest.mark.parametrize("name", BOOKS[::6])
def test_an_awkward_workbook_is_read_or_refused_in_one_sentence(cast, name):
    """Every sixth of them here; the room of the readers opens each one."""
    batch = check(create(cast, "books", "ledger"), shared(f"workbooks/{name}").read_bytes(), name)
    if batch.state == BatchState.FAILED:
        assert preview.of(batch).failure
    else:
        assert batch.rows > 0
        assert preview.of(batch).columns
