"""The five company forms come in as people keep them: CSV, workbook, Word, clipboard."""

import csv
import html
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.exchange import returned
from opsloop.kpis.sheet import KPI_MONITOR
from opsloop.processes.sheet import PROCESS_REVIEW
from opsloop.projects.sheet import TASK_TRACKING
from opsloop.quality.sheet import SERVICE_INSPECTION
from tests.exchange.returned.forms import document, word_cell, word_table

FORMS = {
    form.key: form
    for form in (COST_ANALYSIS, KPI_MONITOR, PROCESS_REVIEW, TASK_TRACKING, SERVICE_INSPECTION)
}
ROWS = {
    "cost_analysis": 4,
    "kpi_monitor": 13,
    "process_review": 5,
    "service_inspection": 4,
    "task_tracking": 5,
}


def lines(key):
    path = Path(__file__).parents[2] / "example_forms" / f"{key}.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def as_csv(key, folder):
    path = folder / "form.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(lines(key))
    return path


def as_xlsx(key, folder):
    """As typed into a spreadsheet: a title over the whole width, a blank line between the blocks."""
    path = folder / "form.xlsx"
    rows = lines(key)
    with xlsxwriter.Workbook(str(path)) as book:
        notes = book.add_worksheet("填写说明")
        notes.write(0, 0, "请如实填写")
        page = book.add_worksheet("表")
        page.merge_range(1, 1, 1, len(rows[-1]), FORMS[key].printed_title)
        at = 2
        for row in rows:
            at += len(row) == len(rows[-1]) and len(rows[at - 3 if at > 2 else 0]) != len(row)
            for column, text in enumerate(row):
                page.write_string(at, column + 1, text)
            at += 1
        page.write_string(at + 1, 1, "编制：")
        page.write_string(at + 1, 3, "审核：")
        page.write_string(at + 1, 4, "批准：")
    return path


def as_docx(key, folder):
    made = [[word_cell(text) for text in row] for row in lines(key)]
    narrow = [row for row in made if len(row) != len(made[-1])]
    wide = [row for row in made if len(row) == len(made[-1])]
    tables = [word_table(*rows) for rows in (narrow, wide) if rows]
    return document(folder / "form.docx", *tables)


def as_clipboard(key, folder):
    made = "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
        for row in lines(key)
    )
    text = "\r\n".join("\t".join(row) for row in lines(key))
    return returned.clipboard(f"<html><table>{made}</table></html>", text)


def as_text(key, folder):
    return returned.pasted("\r\n".join("\t".join(row) for row in lines(key)))


@pytest.mark.parametrize("way", [as_csv, as_xlsx, as_docx, as_clipboard, as_text])
@pytest.mark.parametrize("key", FORMS)
def test_every_company_form_comes_in_every_way(key, way, tmp_path):
    form = returned.read(way(key, tmp_path), FORMS[key])
    assert len(form.rows) == ROWS[key]
    assert form.faulty == ()
    assert form.header_problems == {}
    assert form.unknown == ()
    assert len(form.columns) == len(lines(key)[-1])


def test_the_title_block_of_the_task_form_is_read(tmp_path):
    form = returned.read(as_xlsx("task_tracking", tmp_path), TASK_TRACKING)
    assert form.header == {
        "name": "新产品X上市项目",
        "lead": "*总监",
        "started_on": date(2024, 6, 1),
    }
    assert form.sheet == "表"
    assert [aside.kind for aside in form.asides] == ["title", "signature"]
    assert form.asides[0].text == "跨部门协作任务追踪表"
    assert form.rows[1].values["due_on"] == date(2024, 7, 20)


def test_the_cost_form_keeps_what_was_written_in_computed_columns():
    form = returned.read(as_text("cost_analysis", None), COST_ANALYSIS)
    row = form.rows[0]
    assert row.written["variance"] == Decimal(150_000)
    assert row.written["rate"] == Decimal("0.3")
    assert row.texts["owner"] == "*经理"
    assert "variance" not in row.values


def test_nothing_written_is_nothing():
    tasks = returned.read(as_text("task_tracking", None), TASK_TRACKING)
    assert tasks.rows[0].values["supporting_departments"] is None
    assert tasks.rows[0].texts["supporting_departments"] == "无"
    assert tasks.header["lead"] == "*总监"


def test_a_draft_row_may_lack_what_is_required():
    form = returned.read(as_text("kpi_monitor", None), KPI_MONITOR)
    lacking = [problem for problem in form.problems if problem.code == "required"]
    assert lacking
    assert {problem.severity for problem in lacking} == {"warning"}
