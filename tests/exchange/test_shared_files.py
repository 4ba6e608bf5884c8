"""The real files: all of them open, or are refused with one sentence; row counts are known."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from opsloop.exchange.mapping import ColumnMapping, propose
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.reader import read_into
from opsloop.exchange.sandbox import read_cells, read_table
from opsloop.exchange.typed import typed_rows
from tests.shared_data import shared

REFUSED = {
    "demo__pwd_123.xls": "password_protected",
    "large__large07.xlsx": "empty_file",
    "cache__t2.xlsx": "empty_file",
    "poi__last_row_number_test.xlsx": "empty_file",
}


def _outcome(path: Path, folder: Path) -> str:
    """In this process: these files are awkward, not hostile, and a child each would take long."""
    request: dict[str, Any] = {
        "path": str(path), "limits": {}, "sheet": None, "header_rows": None,
        "encoding": None, "delimiter": None,
    }  # fmt: skip
    try:
        read_into(folder, request)
    except RefusedFile as refusal:
        assert "%(" not in str(refusal)
        return refusal.code
    frame = pl.read_ipc((folder / "table.arrow").read_bytes())
    assert frame.height > 0
    assert len(set(frame.columns)) == frame.width
    return "read"


def test_every_awkward_workbook_opens_or_is_refused_in_one_sentence(tmp_path):
    books = sorted(shared("workbooks").rglob("*.*"))
    assert len(books) > 80
    outcomes = {path.name: _outcome(path, tmp_path) for path in books}
    refused = {name: code for name, code in outcomes.items() if code != "read"}
    assert REFUSED.items() <= refused.items()
    assert {code for name, code in refused.items() if name not in REFUSED} <= {"no_rows"}


@pytest.mark.slow
def test_every_awkward_file_ends_in_the_sandbox_with_a_table_or_one_sentence():
    books = sorted(path for path in shared("workbooks").rglob("*") if path.is_file())
    assert len(books) > 100
    for path in books:
        for read in (read_table, read_cells):
            try:
                assert read(path)
            except RefusedFile as refusal:
                assert refusal.code in {*REFUSED.values(), "no_rows"}, path.name


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("event_logs/purchasing_example.csv.gz", 9_119),
        ("event_logs/sepsis.csv.gz", 15_214),
        ("tickets/aea_jira_history.csv.gz", 25_636),
        ("tickets/nyc311_animals.csv.gz", 4_969),
        ("kpi/nhs_ae_attendances.csv.gz", 12_765),
        ("plans/fedora20_tasks.csv", 414),
        ("cost/adventureworks/FactFinance.csv.gz", 39_409),
        ("cost/adventureworks/PurchaseOrderDetail.csv.gz", 8_845),
        ("cost/adventureworks/PurchaseOrderHeader.csv.gz", 4_012),
    ],
)
def test_every_row_of_the_real_data_is_read(name, rows):
    assert read_table(shared(name)).frame.height == rows


@pytest.mark.parametrize(
    ("name", "columns", "cases", "activities", "resources"),
    [
        (
            "event_logs/purchasing_example.csv.gz",
            {
                "case_id": "case_id",
                "activity": "activity",
                "resource": "resource",
                "start_time": "start_time",
                "end_time": "end_time",
            },
            608,
            21,
            27,
        ),
        (
            "event_logs/sepsis.csv.gz",
            {
                "case_id": "Case ID",
                "activity": "Activity",
                "end_time": "Complete Timestamp",
                "department": "org:group",
                "lifecycle": "lifecycle:transition",
            },
            1_050,
            16,
            0,
        ),
        (
            "tickets/aea_jira_history.csv.gz",
            {
                "case_id": "ticket",
                "activity": "Status",
                "end_time": "As.Of.Date",
                "resource": "assignee_anon",
                "department": "DataAccessReplicationTeam",
            },
            649,
            21,
            59,
        ),
    ],
)
def test_the_columns_of_a_real_event_log_are_proposed(name, columns, cases, activities, resources):
    table = read_table(shared(name))
    mapping = propose("event_log", table)
    assert mapping.columns == columns
    typed = typed_rows("event_log", table, mapping, timezone="Asia/Shanghai")
    assert typed.counts == {}
    assert typed.frame.height == table.frame.height
    assert typed.identities["case"].height == cases
    assert len(typed.names["activity"]) == activities
    assert len(typed.names["resource"]) == resources


def test_doubles_printed_in_full_sum_to_the_cent():
    table = read_table(shared("cost/adventureworks/FactFinance.csv.gz"))
    mapping = ColumnMapping(
        "ledger",
        {"date": "[B]", "department": "[D]", "category": "[E]", "item": "[F]", "amount": "[G]"},
    )
    typed = typed_rows("ledger", table, mapping, timezone=None)
    assert typed.counts == {}
    totals = typed.frame.group_by("category_no").agg(pl.col("amount_fen").sum()).rows()
    sums = {typed.names["category"][number]: total for number, total in totals}
    assert sums == {"1": 131_622_856_270, "2": 4_241_185_000}
