"""Word documents, percentages and several sheets: forms as they stand in files."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.sandbox import read_cells, read_table
from opsloop.exchange.table import Area, Limits, cell_place
from tests.exchange import files
from tests.exchange.returned.forms import (
    document,
    paragraph,
    read_here,
    word_cell,
    word_table,
)
from tests.shared_data import shared


def test_a_document_is_its_tables_and_lines(tmp_path):
    table = word_table(
        [word_cell("类别", joined="restart"), word_cell("金额", span=2)],
        [word_cell("", joined=""), word_cell("预算"), word_cell("实际")],
        [word_cell("a"), word_cell("1\n2"), word_cell("3", joined="restart")],
        [word_cell("b", span=0), word_cell("2"), word_cell("", joined="continue")],
    )
    control = f"<w:sdt><w:sdtContent>{paragraph('注')}</w:sdtContent></w:sdt>"
    path = document(tmp_path / "a.docx", paragraph("标题"), table, control, "<w:sectPr/>")
    (sheet,) = read_cells(path)
    assert sheet.rows == (
        ("标题", "", ""),
        ("类别", "金额", ""),
        ("", "预算", "实际"),
        ("a", "1\n2", "3"),
        ("b", "2", ""),
        ("注", "", ""),
    )
    assert set(sheet.merged) == {Area(1, 0, 2, 0), Area(1, 1, 1, 2), Area(3, 2, 4, 2)}
    assert sheet.meta["format"] == "docx"
    assert read_here(path)[0].meta["format"] == "docx"


def test_deleted_text_is_not_read_and_inserted_text_is(tmp_path):
    line = (
        "<w:p><w:del><w:r><w:delText>x</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>a</w:t><w:tab/><w:noBreakHyphen/></w:r></w:ins><w:r><w:t/></w:r></w:p>"
    )
    rows = f"<w:tbl><w:ins><w:tr>{word_cell('b')}</w:tr></w:ins><w:tblPr/></w:tbl>"
    path = document(tmp_path / "a.docx", line, rows)
    (sheet,) = read_cells(path)
    assert sheet.rows == (("a\t-",), ("b",))
    read_here(path)


def test_two_cells_joined_one_below_the_other_stay_two(tmp_path):
    table = word_table(
        [word_cell("a", joined="restart")],
        [word_cell("b", joined="restart")],
        [word_cell("", joined="continue")],
        [word_cell("c", span=1, joined="continue")],
    )
    path = document(tmp_path / "a.docx", table)
    (sheet,) = read_cells(path)
    assert sheet.merged == (Area(1, 0, 3, 0),)
    odd = word_table([word_cell("x", joined="continue")])
    assert read_cells(document(tmp_path / "b.docx", odd))[0].rows == (("x",),)
    read_here(path)
    read_here(tmp_path / "b.docx")


@pytest.mark.parametrize(
    ("code", "blocks", "more"),
    [
        ("too_many_columns", [word_table([word_cell("x", span=999_999)])], {}),
        ("damaged_file", ["<w:p>"], {}),
        ("unsafe_part", [paragraph("x")], {"before": files.LAUGHS}),
        ("empty_file", ["<w:p/>"], {}),
    ],
)
def test_a_hostile_document_is_refused_in_one_sentence(code, blocks, more, tmp_path):
    path = document(tmp_path / "a.docx", *blocks, **more)
    with pytest.raises(RefusedFile) as refusal:
        read_cells(path)
    assert refusal.value.code == code
    with pytest.raises(RefusedFile) as again:
        read_here(path)
    assert again.value.code == code


def test_a_deeply_nested_document_ends_in_a_sentence(tmp_path):
    deep = "<w:sdt><w:sdtContent>" * 60_000 + "</w:sdtContent></w:sdt>" * 60_000
    with pytest.raises(RefusedFile) as refusal:
        read_cells(document(tmp_path / "a.docx", deep))
    assert refusal.value.code in {"damaged_file", "too_hungry"}


def test_a_document_is_no_table_of_records(tmp_path):
    with pytest.raises(RefusedFile) as refusal:
        read_table(document(tmp_path / "a.docx", paragraph("x")))
    assert refusal.value.code == "unknown_format"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.xes", b"<?xml version='1.0'?><log/>", "unknown_format"),
        ("a.csv", b"a," * 3000, "too_many_columns"),
    ],
)
def test_other_files_are_no_forms(name, content, code, tmp_path):
    path = files.written(tmp_path / name, content)
    for way in (read_cells, read_here):
        with pytest.raises(RefusedFile) as refusal:
            way(path)
        assert refusal.value.code == code


def percentages(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("a")
        rate = book.add_format({"num_format": '+0.0%;-0.0%;"100%"'})
        plain = book.add_format({"num_format": '0.0"%"'})
        page.write_number(1, 2, 0.3, rate)
        page.write_number(1, 3, 0.3, plain)
        page.write_number(2, 2, -0.12345, book.add_format({"num_format": 9}))
        page.write_string(3, 2, "text", rate)
        page.write_blank(60, 5, None, rate)
        page.write_number(3, 4, 12)
        page.merge_range(4, 2, 5, 3, "over")
        book.add_worksheet("empty")
        book.add_worksheet("away").hide()
        marks = book.add_worksheet("opsloop")
        marks.write_column(0, 0, ["opsloop", "key"])
        marks.very_hidden()
    return path


def test_a_percentage_is_written_as_one(tmp_path):
    path = percentages(tmp_path / "a.xlsx")
    (sheet,) = read_cells(path)
    assert sheet.rows[1:4] == (("30%", "0.3", ""), ("-12.345%", "", ""), ("text", "", "12"))
    assert sheet.merged == (Area(4, 0, 5, 1),)
    assert sheet.marks == (("opsloop",), ("key",))
    assert read_here(path)[0].marks == (("opsloop",), ("key",))


def test_a_workbook_without_styles_has_no_percentages(tmp_path):
    row = f'<row r="1">{files.text_cell("A1", "x")}</row>'
    path = files.workbook(tmp_path / "a.xlsx", row)
    assert read_cells(path)[0].rows == (("x",),)
    read_here(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/styles.xml", "<styleSheet xmlns='x'/>")
    assert read_cells(path)[0].rows == (("x",),)
    read_here(path)


def test_the_old_binary_form_and_text_are_read_as_they_stand(tmp_path):
    path = shared("workbooks/fesod/comment__comment.xls")
    assert read_cells(path)[0].meta["format"] == "xls"
    read_here(path)
    text = files.written(tmp_path / "a.csv", "a;b;c\n\n1;2\n")
    assert read_cells(text)[0].rows == (("a", "b", "c"), ("", "", ""), ("1", "2", ""))
    read_here(text)


def test_every_awkward_file_is_read_as_it_stands_or_refused(tmp_path):
    books = sorted(path for path in shared("workbooks").rglob("*") if path.is_file())
    outcomes: dict[str, int | str] = {}
    for path in books:
        try:
            outcomes[path.name] = len(read_here(path))
        except RefusedFile as refusal:
            assert "%(" not in str(refusal)
            outcomes[path.name] = refusal.code
    assert len(books) > 80
    refused = {name: code for name, code in outcomes.items() if isinstance(code, str)}
    assert set(refused.values()) <= {"empty_file", "password_protected"}


def test_limits_hold_for_forms_too(tmp_path):
    with pytest.raises(RefusedFile) as refusal:
        read_cells(files.far_cells(tmp_path / "a.xlsx"))
    assert refusal.value.code == "too_many_cells"
    big = files.written(tmp_path / "a.csv", "a,b\n" * 2_000_000)
    with pytest.raises(RefusedFile) as refusal:
        read_cells(big, limits=Limits(memory_mb=400))
    assert refusal.value.code == "too_hungry"


def test_a_cell_has_a_place():
    assert cell_place("B3") == (2, 1)
    assert cell_place("AA10") == (9, 26)
