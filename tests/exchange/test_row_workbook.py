"""Plain tables as workbooks: exact values, text that stays text, the same bytes for the same rows."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsloop.exchange import row_workbook
from opsloop.exchange.cell_text import looks_like_formula, printable
from opsloop.exchange.row_workbook import write_rows
from opsloop.exchange.sandbox import read_table


def cells(path, row=2):
    return list(openpyxl.load_workbook(path).worksheets[0][row])


@pytest.mark.parametrize(
    ("value", "stands_as", "style"),
    [
        ("原材料", "原材料", "General"),
        ("a & <b>\n c ", "a & <b>\n c ", "General"),
        ("_x0041_", "_x005F_x0041_", "General"),
        ("_x", "_x", "General"),
        ("", None, "General"),
        (None, None, "General"),
        (7, 7, "General"),
        (0.1, 0.1, "General"),
        (1e15, 1e15, "General"),
        (Decimal("1234.56"), 1234.56, "General"),
        (True, True, "General"),
        (10**15, str(10**15), "General"),
        (Decimal(10) ** 16, str(Decimal(10) ** 16), "General"),
        (float("nan"), "nan", "General"),
        (float("-inf"), "-inf", "@"),
        (date(2024, 6, 30), datetime(2024, 6, 30), "yyyy\\-mm\\-dd"),
        (date(1900, 3, 1), datetime(1900, 3, 1), "yyyy\\-mm\\-dd"),
        (date(1899, 5, 1), "1899-05-01", "General"),
        (
            datetime(2024, 6, 30, 13, 5, 7),
            datetime(2024, 6, 30, 13, 5, 7),
            "yyyy\\-mm\\-dd hh:mm:ss",
        ),
        (datetime(2024, 6, 30, 1, tzinfo=UTC), datetime(2024, 6, 30, 1), "yyyy\\-mm\\-dd hh:mm:ss"),
        (datetime(1800, 1, 1), "1800-01-01 00:00:00", "General"),
        (time(3, 4), "03:04:00", "General"),
    ],
)
def test_a_value_is_what_it_was_or_a_text(tmp_path, value, stands_as, style):
    write_rows(tmp_path / "a.xlsx", ["v"], [[value], ["end"]])
    (cell,) = cells(tmp_path / "a.xlsx")
    assert (cell.value, cell.number_format) == (stands_as, style)


@settings(max_examples=50, deadline=None)
@given(
    text=st.one_of(
        st.text(), st.builds(str.__add__, st.sampled_from("=+-@\t\r＝＋－＠|% "), st.text())
    )
)
@example(text="=1+1")
@example(text="<r><t>x</t></r>")
@example(text="字" * 40_000)
def test_every_text_stays_text(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("rows") / "a.xlsx"
    write_rows(path, [text], [[text], [text]])
    for row in (1, 2, 3):
        (cell,) = cells(path, row)
        assert cell.data_type in {"s", "inlineStr", "n"}
        assert cell.data_type != "n" or cell.value is None
        if looks_like_formula(text) and row > 1:
            assert cell.quotePrefix
    if len(text) < 100 and "_x" not in text and printable(text).strip():
        assert cells(path)[0].value == printable(text)


def test_rows_continue_on_further_sheets_and_no_sheet_is_empty(tmp_path, monkeypatch):
    monkeypatch.setattr(row_workbook, "ROWS", 2)
    write_rows(tmp_path / "a.xlsx", ["n"], ([n] for n in range(4)), name='a"&b')
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ['a"&b', 'a"&b 2']
    assert [[cell.value for cell in sheet["A"]] for sheet in book] == [["n", 0, 1], ["n", 2, 3]]


def test_a_row_of_another_length_is_an_error_and_leaves_no_workbook(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        write_rows(tmp_path / "a.xlsx", ["a", "b"], [[1]])
    with ZipFile(tmp_path / "a.xlsx") as package:
        assert "xl/workbook.xml" not in package.namelist()


def test_the_same_rows_make_the_same_file(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_rows(tmp_path / name, ["日期", "金额"], [[date(2024, 6, 5), Decimal("1.5")]] * 30_000)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_our_own_reader_reads_it(tmp_path):
    write_rows(tmp_path / "a.xlsx", ["单号", "金额", "日期"], [["A1", 2.5, date(2024, 6, 5)]] * 3)
    table = read_table(tmp_path / "a.xlsx")
    assert table.labels == ("单号", "金额", "日期")
    assert table.frame.height == 3
    assert table.frame["金额"].to_list() == ["2.5"] * 3


def test_a_table_without_columns_or_rows_is_a_workbook(tmp_path):
    write_rows(tmp_path / "a.xlsx", [], [])
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["Sheet1"]
