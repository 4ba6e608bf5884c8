"""Workbooks that leave: text stays text, corrections come back, templates read back."""

import openpyxl
import pytest

from opsloop.exchange import row_workbook
from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.mapping import propose
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.typed import typed_rows
from opsloop.exchange.workbook_out import (
    guarded,
    looks_like_formula,
    write_correction,
    write_rows,
    write_template,
)
from tests.exchange.test_typed import table

DANGEROUS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1+1", "＋x", "－x", "＠x", " =1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_becomes_a_formula(tmp_path, text):
    assert looks_like_formula(text)
    assert guarded(text) == "'" + text
    write_rows(tmp_path / "a.xlsx", [text, "n", ""], [[text, 5, None]])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    cell = sheet["A2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.quotePrefix
    assert sheet["B2"].value == 5
    assert guarded("x") == "x"


def test_long_tables_continue_on_further_sheets(tmp_path, monkeypatch):
    monkeypatch.setattr(row_workbook, "ROWS", 2)
    write_rows(tmp_path / "a.xlsx", ["n"], ([n] for n in range(5)), name="a/b" * 20)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [sheet.max_row for sheet in book] == [3, 3, 2]
    assert all(len(sheet.title) <= 31 and "/" not in sheet.title for sheet in book)


def test_an_empty_table_still_has_its_header(tmp_path):
    write_rows(tmp_path / "a.xlsx", ["单号"], [], name="")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["Sheet1"]["A1"].value == "单号"


def test_faulty_rows_come_back_with_what_is_wrong_and_are_read_again(tmp_path):
    source = table(
        {
            "单号": ["1", "2", None],
            "节点": ["a", "b", "c"],
            "处理时间": ["2024-06-05", "2024Q3", "x"],
            "金额": ["1", "=1+1", "1.234"],
        }
    )
    typed = typed_rows("event_log", source, propose("event_log", source), timezone=None)
    path = tmp_path / "faulty.xlsx"
    count = write_correction(
        path,
        source,
        typed,
        say=lambda problem: problem.code,
        row_label="原行号",
        problem_label="问题",
    )
    assert count == 2
    again = read_table(path)
    assert again.labels == (*source.labels, "原行号", "问题")
    assert again.frame["原行号"].to_list() == ["3", "4"]
    assert again.frame["问题"].to_list() == [
        "处理时间: date_is_quarter\n金额: not_a_number",
        "单号: required\n处理时间: not_a_date\n金额: too_precise",
    ]
    assert propose("event_log", again).columns == propose("event_log", source).columns


def test_a_template_reads_back_with_its_own_labels(tmp_path):
    sheet = Sheet(
        "event_log",
        "流程记录",
        (Column("process", "流程名称"),),
        (
            Column("case_id", "单据编号", required=True, help="同一单据的各步用同一个编号"),
            Column(
                "outcome",
                "审批结果",
                "choice",
                choices=(("approved", "同意"), ("returned", "退回")),
            ),
            Column("amount", "金额", "money", unit="元"),
            Column("total", "合计", "money", computed=True),
        ),
    )
    path = tmp_path / "template.xlsx"
    write_template(
        path, sheet, [["CG1", "同意", 12.5]], ["第一行是表头。", ""], notes_title="填写说明"
    )
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["流程记录", "填写说明", "lists"]
    assert book["lists"].sheet_state == "hidden"
    validation = book["流程记录"].data_validations.dataValidation[0]
    assert validation.formula1 == "lists!$B$1:$B$2"
    assert book["流程记录"]["A1"].comment.text == "同一单据的各步用同一个编号"
    assert read_table(path).frame.rows() == [("CG1", "同意", "12.5", None)]
    assert read_table(path).labels == ("单据编号", "审批结果", "金额(元)", "合计")
    assert sheet.column("process").label == "流程名称"
    assert [column.key for column in sheet.editable] == ["case_id", "outcome", "amount"]
    with pytest.raises(KeyError):
        sheet.column("nothing")


def test_a_template_without_choices_has_no_lists(tmp_path):
    sheet = Sheet("x", "表", (), (Column("a", "甲"),))
    write_template(tmp_path / "a.xlsx", sheet, [], [], notes_title="说明")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["表", "说明"]


def test_control_characters_do_not_break_a_workbook(tmp_path):
    write_rows(tmp_path / "a.xlsx", ["x"], [["a\x00b\x0bc"]])
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]["A2"].value == "a b c"
