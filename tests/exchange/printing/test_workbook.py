"""The workbook of a form: the company's layout, live formulas with results, known when it returns."""

import dataclasses
import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.exchange.printing import workbook
from tests.exchange.printing import forms
from tests.exchange.printing.forms import TEXTS, d


def written(filled, *, values=False, **more):
    file = io.BytesIO()
    workbook.write(filled, file, texts=TEXTS, **more)
    file.seek(0)
    return openpyxl.load_workbook(file, data_only=values)


def row(page, at, count):
    return [page.cell(at, place).value for place in range(1, count + 1)]


def test_the_form_stands_as_the_company_prints_it():
    page = written(forms.process()).worksheets[0]
    assert page.title == "现有流程梳理与优化表"
    assert page["A1"].value == "现有流程梳理与优化表"
    assert "A1:E1" in map(str, page.merged_cells.ranges)
    assert row(page, 2, 5) == ["流程名称", "责任部门", "流程起点", "流程终点", "记录日期"]
    assert row(page, 3, 5)[:4] == [
        "采购申请审批流程",
        "采购部、财务部",
        "提交采购申请",
        "完成采购入库",
    ]
    assert page["E3"].value == datetime(2024, 5, 20)
    assert row(page, 4, 5) == ["流程步骤", "涉及角色", "输入内容", "输出内容", "耗时(小时)"]
    assert row(page, 5, 5) == ["1.填写申请表", "申请人", "采购需求明细", "纸质/电子申请表", 1]
    assert page["A9"].value == "5.总经理审批"
    assert [page.cell(12, place).value for place in (1, 3, 4)] == ["编制：", "审核：", "批准："]


def test_the_full_layout_has_every_column():
    page = written(forms.process(), layout="full").worksheets[0]
    assert row(page, 4, 8)[5:] == ["Waiting(hours)", "opsloop:id", "opsloop:version"]
    assert page["F9"].value == 12.3333


def test_the_paper_is_set_up_for_the_printer():
    page = written(forms.cost()).worksheets[0]
    setup = page.page_setup
    assert (setup.orientation, setup.paperSize) == ("landscape", 9)
    assert (setup.fitToWidth, setup.fitToHeight) == (None, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$5:$5"
    assert page.print_area == "'月度成本分析表'!$A$1:$K$12"
    assert page.freeze_panes == "A6"
    assert page.oddFooter.center.text == "第 &P 页 / 共 &N 页"
    assert page["K4"].value == page["A4"].value or page["A4"].value == "单位：元"


def test_computed_cells_are_formulas_and_hold_their_results():
    live, results = (
        written(forms.cost()).worksheets[0],
        written(forms.cost(), values=True).worksheets[0],
    )
    assert live["E6"].value == '=IF(COUNT(D6,C6)<2,"",D6-C6)'
    assert live["F6"].value == '=IF(COUNT(D6,C6)<2,"",IF(C6=0,"",(D6-C6)/ABS(C6)))'
    assert [results[f"{letter}6"].value for letter in "CDEF"] == [500_000, 650_000, 150_000, 0.3]
    assert live["C6"].number_format == "#,##0.00"
    assert live["E6"].number_format == "+#,##0.00;-#,##0.00;#,##0.00"
    assert live["F6"].number_format == "+0.0%;-0.0%;0.0%"
    assert live["K6"].number_format == "yyyy-mm-dd"


def test_the_rate_of_the_total_is_no_mean_of_rates():
    live, results = (
        written(forms.cost()).worksheets[0],
        written(forms.cost(), values=True).worksheets[0],
    )
    assert row(live, 10, 5) == ["合计", None, "=SUM(C6:C9)", "=SUM(D6:D9)", "=SUM(E6:E9)"]
    assert live["F10"].value == '=IF(SUM(C6:C9)=0,"",SUM(E6:E9)/ABS(SUM(C6:C9)))'
    assert results["E10"].value == 207_000
    assert results["F10"].value == pytest.approx(207 / 810)


def test_a_figure_the_formula_would_change_is_written_itself():
    filled = forms.cost()
    changed = dataclasses.replace(
        filled.rows[0], values={**filled.rows[0].values, "variance": d(1), "rate": d("0.3001")}
    )
    page = written(dataclasses.replace(filled, rows=(changed,), totals={"base": d(7)})).worksheets[
        0
    ]
    assert page["E6"].value == 1
    assert str(page["F6"].value).startswith("=")
    assert page["C7"].value == 7


def test_a_missing_base_counts_as_nothing_only_where_the_form_says_so():
    """A line without budget: the form gives its variance, but no rate."""
    values = {"actual": d(90), "variance": d(90)}
    filled = dataclasses.replace(forms.cost(), rows=(SheetRow("1", values),))
    live, results = written(filled).worksheets[0], written(filled, values=True).worksheets[0]
    assert live["E6"].value == "=N(D6)-N(C6)"
    assert results["E6"].value == 90
    assert live["F6"].value.startswith("=IF(COUNT(")
    assert results["F6"].value is None


def test_choices_are_chosen_from_a_hidden_list():
    book = written(forms.tasks())
    (rule,) = book.worksheets[0].data_validations.dataValidation
    assert rule.formula1 == "lists!$A$1:$A$3"
    assert str(rule.sqref).startswith("E5:E")
    lists = book["lists"]
    assert lists.sheet_state == "hidden"
    assert [cell.value for cell in lists["A"]] == ["未开始", "进行中", "已完成"]
    assert row(book.worksheets[0], 6, 6)[4] == "进行中"


def test_yes_and_no_are_chosen_too():
    sheet = Sheet("s", "S", (), (Column("ok", "Ok", type="boolean"), Column("n", "N")))
    book = written(
        FilledSheet(sheet, {}, (SheetRow("1", {"ok": False}), SheetRow("2", {"ok": True})))
    )
    assert [book.worksheets[0][cell].value for cell in ("A3", "A4")] == ["否", "是"]
    assert [cell.value for cell in book["lists"]["A"]] == ["是", "否"]


def test_a_workbook_that_comes_back_is_known():
    book = written(forms.process(), subject="17")
    page, mark = book.worksheets[0], book["opsloop"]
    assert mark.sheet_state == "veryHidden"
    assert [mark.cell(at, 1).value for at in range(1, 6)] == [
        "opsloop", "process_review", "17", "1", 4,
    ]  # fmt: skip
    assert [mark.cell(at, 2).value for at in range(1, 6)] == [
        "name", "role", "inputs", "outputs", "hours",
    ]  # fmt: skip
    assert (mark["C1"].value, mark["D1"].value) == ("name", "A3")
    assert (mark["C5"].value, mark["D5"].value) == ("recorded_on", "E3")
    assert [page.cell(4, place).value for place in (6, 7)] == ["opsloop:id", "opsloop:version"]
    assert [page.cell(5, place).value for place in (6, 7)] == ["1", "v1"]
    assert page.column_dimensions["F"].hidden
    assert [page.cell(at, 6).value for at in (10, 12)] == ["opsloop:total", "opsloop:signatures"]


def test_child_rows_are_indented():
    page = written(forms.tasks()).worksheets[0]
    assert [page[f"A{at}"].alignment.indent for at in (5, 7)] == [0, 2]


def test_long_texts_make_their_row_higher():
    values = {"name": "申" * 400, "risk": "a\nb"}
    filled = dataclasses.replace(forms.tasks(), rows=(SheetRow("1", values), SheetRow("2", {})))
    page = written(filled).worksheets[0]
    assert page.row_dimensions[5].height > 100 > page.row_dimensions[6].height == 24


def test_days_before_the_calendar_of_spreadsheets_are_texts():
    """Their 1900 is a leap year; what lies before March of it would shift by a day."""
    filled = dataclasses.replace(
        forms.tasks(),
        rows=(
            SheetRow("1", {"due_on": date(1900, 2, 28)}),
            SheetRow("2", {"due_on": date(1900, 3, 1)}),
        ),
    )
    page = written(filled).worksheets[0]
    assert [page["D5"].value, page["D6"].value] == ["1900-02-28", datetime(1900, 3, 1)]


def test_a_form_without_rows_or_fields_is_a_form():
    empty = dataclasses.replace(forms.cost(), rows=())
    page = written(empty).worksheets[0]
    assert row(page, 6, 3) == ["合计", None, None]
    bare = FilledSheet(Sheet("bare", "[Bare]", (), ()), {}, (SheetRow("1", {}),))
    assert written(bare).worksheets[0]["A1"].value == "[Bare]"


def test_a_form_may_name_its_own_signatures_or_none():
    filled = forms.service()
    own = dataclasses.replace(
        filled, sheet=dataclasses.replace(filled.sheet, signatures=("检查人",))
    )
    assert written(own).worksheets[0]["A6"].value == "检查人："
    file = io.BytesIO()
    workbook.write(filled, file, texts=dataclasses.replace(TEXTS, signatures=()))
    assert openpyxl.load_workbook(file).worksheets[0]["A6"].value is None


def test_the_reader_may_have_the_labels_in_his_language():
    english = dataclasses.replace(TEXTS, company_words=False)
    filled = forms.kpi()
    file = io.BytesIO()
    workbook.write(filled, file, texts=english)
    page = openpyxl.load_workbook(file).worksheets[0]
    assert (page["A1"].value, page["A2"].value, page["A4"].value) == (
        "KPI monitoring",
        "Period",
        "level",
    )
    assert page["H5"].value == "越高越好"


def test_the_same_form_makes_the_same_file(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        workbook.write(
            forms.cost(), tmp_path / name, texts=TEXTS, made_at=datetime(2024, 7, 1), subject="1"
        )
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_five_thousand_rows_are_written_as_they_come():
    sheet = dataclasses.replace(forms.cost().sheet, unit_note="")
    line = forms.cost().rows[0]
    rows = tuple(dataclasses.replace(line, id=str(at)) for at in range(5000))
    file = io.BytesIO()
    workbook.write(FilledSheet(sheet, {}, rows), file, texts=TEXTS)
    page = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
    last, totals, *_rest = page.iter_rows(min_row=5004, values_only=True)
    assert last[11] == "4999"
    assert totals[2] == Decimal(500_000) * 5000
