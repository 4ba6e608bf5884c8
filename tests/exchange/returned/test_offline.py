"""A workbook goes out, is worked on by another program and comes back."""

import warnings
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from opsloop.exchange import returned
from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.exchange.printing import workbook
from tests.exchange.printing.forms import TEXTS
from tests.exchange.returned.forms import FORM

FILLED = FilledSheet(
    FORM,
    {"project": "新产品", "lead": "*总监", "started_on": date(2024, 6, 1)},
    tuple(
        SheetRow(
            f"id{at}",
            {"task": f"任务{at}", "budget": Decimal(100 * at), "actual": Decimal(90 * at),
             "share": Decimal("0.125"), "due_on": date(2024, 7, at), "department": "市场部"},
            version="v1",
        )
        for at in (1, 2, 3)
    ),
)  # fmt: skip


@pytest.fixture
def edited(tmp_path):
    """The exported workbook, opened and saved by another program after an edit."""
    path = tmp_path / "a.xlsx"
    workbook.write(FILLED, path, texts=TEXTS, subject="42")

    def edit(change):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path)
        page = book.worksheets[0]
        heading = next(row[0].row for row in page.iter_rows() if row[0].value == "任务")
        change(page, heading)
        book.save(path)
        return returned.read(path, FORM, subject="42")

    return edit


def test_a_workbook_saved_elsewhere_changes_nothing(edited):
    form = edited(lambda page, heading: None)
    assert form.exported
    assert returned.difference(FILLED, form).is_empty


def test_what_was_edited_offline_is_the_difference(edited):
    def change(page, heading):
        page.cell(heading + 1, 4).value = "50万"
        page.cell(heading + 3, 1).value = "3.任务三"
        page.delete_rows(heading + 2)
        page.cell(heading - 1, 1).value = "新项目"

    found = returned.difference(FILLED, edited(change))
    told = {row.id: [(one.key, one.after) for one in row.cells] for row in found.changed}
    assert told == {"id1": [("budget", Decimal(500_000))], "id3": [("task", "任务三")]}
    assert [row.id for row in found.removed] == ["id2"]
    assert [(one.key, one.after) for one in found.header] == [("project", "新项目")]
    assert found.conflicts == ()


def test_rows_and_columns_put_in_offline_are_found(edited):
    def change(page, heading):
        page.insert_rows(heading + 2)
        page.cell(heading + 2, 1).value = "插入的任务"
        page.cell(heading + 2, 13).value = "财务部"
        page.insert_cols(2)
        page.cell(heading, 2).value = "我的备注"
        page.cell(heading + 1, 2).value = "重点"
        page.cell(heading, 3).value = "改了名的栏目"

    form = edited(change)
    assert form.unknown == ("我的备注", "改了名的栏目")
    assert form.rows[0].unknown == {"我的备注": "重点"}
    found = returned.difference(FILLED, form)
    assert [row.values["task"] for row in found.added] == ["插入的任务"]
    assert found.added[0].values["department"] == "财务部"
    assert (found.changed, found.removed) == ((), ())


def test_a_renamed_heading_of_our_own_is_known_by_its_place(edited):
    def change(page, heading):
        page.cell(heading, 2).value = "改了名的栏目"
        page.cell(heading + 1, 2).value = "新说明"
        page.insert_rows(1)

    form = edited(change)
    assert form.unknown == ()
    assert form.rows[0].values["note"] == "新说明"
    assert form.header == FILLED.header
