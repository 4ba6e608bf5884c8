"""Each format in-process: cells, row numbers, header and what the file said about itself."""

import gzip
import io
import json
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.exchange import sandbox_child
from opsloop.exchange.delimited import read_delimited, sniff_delimiter
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.reader import format_of, read_into
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.table import Limits, column_letter
from opsloop.exchange.workbook import read_workbook
from opsloop.exchange.xes import ACTIVITY, CASE, START, TIME, read_xes
from tests.exchange import files
from tests.shared_data import shared

REQUEST = {"sheet": None, "header_rows": None, "encoding": None, "delimiter": None}


def read(tmp_path, path, **asked):
    limits = asked.pop("limits", {})
    request = {**REQUEST, "path": str(path), "limits": limits, **asked}
    result = read_into(tmp_path, request)
    return pl.read_ipc((tmp_path / "table.arrow").read_bytes()), result


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("单号,节点\n1,采购\n".encode(), "utf-8", ","),
        ("单号,节点\n1,采购\n".encode("utf-8-sig"), "utf-8-sig", ","),
        ("单号;节点\r\n1;采购\r\n".encode("gb18030"), "gb18030", ";"),
        ("单号\t节点\n1\t采购\n".encode("utf-16"), "utf-16", "\t"),
        ("单号|节点\r1|采购\r".encode(), "utf-8", "|"),
    ],
)
def test_encoding_delimiter_and_line_ends_are_found_out(tmp_path, content, encoding, delimiter):
    frame, result = read(tmp_path, files.written(tmp_path / "a.csv", content))
    assert frame.to_dicts() == [{"source_row": 2, "单号": "1", "节点": "采购"}]
    assert result["meta"] == {"encoding": encoding, "delimiter": delimiter}
    assert result["header_rows"] == [1]


def test_an_encoding_may_be_named_and_must_fit(tmp_path):
    path = files.written(tmp_path / "a.csv", b"name,value\ncaf\xe9,2\n")
    frame, _ = read(tmp_path, path, encoding="latin-1")
    assert frame["name"].to_list() == ["café"]
    for wrong in ("utf-8-sig", "no-such-encoding"):
        with pytest.raises(RefusedFile, match="encoded"):
            read(tmp_path, path, encoding=wrong)


def test_rows_of_uneven_width_and_stray_quotes_lose_nothing(tmp_path):
    text = 'a,b,c\n1,2,3\n4,5" pipe,6\n"x"y,7,8\n9,10,11,12\n13\n\n"q ""1""",14,15\n'
    frame, _ = read(tmp_path, files.written(tmp_path / "a.csv", text), header_rows=[1])
    assert frame.rows() == [
        (2, "1", "2", "3", None),
        (3, "4", '5" pipe', "6", None),
        (4, "xy", "7", "8", None),
        (5, "9", "10", "11", "12"),
        (6, "13", None, None, None),
        (8, 'q "1"', "14", "15", None),
    ]


def test_a_quote_never_closed_swallows_nothing(tmp_path):
    frame, _ = read(tmp_path, files.written(tmp_path / "a.csv", 'a,b\n"x,1\ny,2\n'))
    assert frame["b"].to_list() == ["1", "2"]


def test_title_rows_and_blank_rows_keep_the_row_numbers(tmp_path):
    text = "采购审批导出\n\n单号,节点,金额\nA1,申请,10\n,,\nA2,审批,20\n"
    frame, result = read(tmp_path, files.written(tmp_path / "a.csv", text))
    assert frame.rows() == [(4, "A1", "申请", "10"), (6, "A2", "审批", "20")]
    assert result["header_rows"] == [3]
    assert result["preview"][0][0] == "采购审批导出"


def test_a_wide_row_among_narrow_ones_is_refused(tmp_path):
    path = files.written(tmp_path / "a.csv", "a,b\n1,2\n" + "," * 50 + "\n")
    with pytest.raises(RefusedFile, match="51 columns"):
        read_delimited(path, tmp_path, Limits(columns=20))


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_csv_wrote_is_read_back(tmp_path_factory, rows):
    import csv

    folder = tmp_path_factory.mktemp("csv")
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    path = files.written(folder / "a.csv", buffer.getvalue())
    grid = read_delimited(path, folder, Limits(), encoding="utf-8", delimiter=",")
    expected = [tuple(cell or None for cell in row) for row in rows]
    assert grid.frame.rows() == expected


def test_the_delimiter_is_the_one_most_lines_agree_on():
    assert sniff_delimiter(["a;b,c;d\n", "1;2,5;3\n", "4;5;6\n"]) == ";"
    assert sniff_delimiter(["a,b,c\n", "1,2;5,3\n", "4,5,6\n"]) == ","
    assert sniff_delimiter(["one\n", "\n"]) == ","
    assert sniff_delimiter([]) == ","


def book(path, cells, *, sheet="Sheet1", merged=(), hidden=()):
    workbook = openpyxl.Workbook()
    page = workbook.worksheets[0]
    page.title = sheet
    for reference, value in cells.items():
        page[reference] = value
    for area in merged:
        page.merge_cells(area)
    for name in hidden:
        other = workbook.create_sheet(name, 0)
        other["A1"] = "secret"
        other.sheet_state = "hidden"
    workbook.save(path)
    return path


def test_a_table_that_begins_at_c3_keeps_its_row_numbers_and_merged_areas(tmp_path):
    cells = {"C3": "预算", "E3": "备注", "C4": "数量", "D4": "金额", "C5": 1, "D5": 2.5, "E5": "x"}
    path = book(tmp_path / "a.xlsx", cells, merged=["C3:D3", "E3:E4"], hidden=["草稿"])
    frame, result = read(tmp_path, path)
    assert result["header_rows"] == [3, 4]
    assert frame.select("source_row", "预算/数量", "预算/金额", "备注").rows() == [
        (5, "1", "2.5", "x")
    ]
    assert result["sheets"] == [["草稿", True], ["Sheet1", False]]
    assert result["meta"] == {"epoch": "1900"}
    frame, _ = read(tmp_path, path, sheet="草稿", header_rows=[])
    assert frame.rows() == [(1, "secret")]
    with pytest.raises(RefusedFile, match="no sheet “x”"):
        read(tmp_path, path, sheet="x")


def test_a_workbook_names_its_epoch(tmp_path):
    rows = f'<row r="1">{files.text_cell("A1", "日期")}</row><row r="2"><c r="A2"><v>43986</v></c></row>'
    path = files.workbook(tmp_path / "a.xlsx", rows, properties='<workbookPr date1904="1"/>')
    assert read_workbook(path, Limits(), packed=True).meta == {"epoch": "1904"}


def test_dates_of_an_old_workbook_with_the_later_epoch_are_right():
    for name in ("1900", "1904"):
        table = read_table(shared(f"workbooks/fesod/datewindowing__{name}DateWindowing.xls"))
        assert str(table.frame["日期"][0]).startswith("2025-07-28 00:36:5")


def test_a_workbook_wider_than_allowed_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", {"A1": "a", "AD1": "b"})
    with pytest.raises(RefusedFile, match="30 columns"):
        read_workbook(path, Limits(columns=20), packed=True)


def test_an_instruction_row_above_the_header_is_passed_over():
    table = read_table(shared("workbooks/jsherp/goods_template.xls"))
    assert table.header_rows == (2,)
    assert table.labels[0] == "名称"
    table = read_table(shared("workbooks/jsherp/goods_template.xls"), header_rows=())
    assert table.labels[0] == "[A]"
    assert table.source().columns[0] == "source_row"


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0"><extension name="Concept" prefix="concept" uri="x"/>
<global scope="event"><string key="concept:name" value="?"/></global>
<event><string key="concept:name" value="outside any case"/></event>
<trace><string key="concept:name" value="c1"/><string key="amount" value="5"><string key="deep" value="x"/></string>
 <event><string key="concept:name" value="A"/><string key="lifecycle:transition" value="start"/>
  <date key="time:timestamp" value="2024-06-05T09:00:00+08:00"/></event>
 <event><string key="concept:name" value="A"/><string key="lifecycle:transition" value="complete"/>
  <string key="org:resource" value="王"><string key="deep" value="x"/></string>
  <date key="time:timestamp" value="2024-06-05T10:00:00+08:00"/></event>
 <event><string key="concept:name" value="B"/><string key="lifecycle:transition" value="start"/>
  <date key="time:timestamp" value="2024-06-05T11:00:00+08:00"/></event>
 <event><string key="concept:name" value="C"/><string key="lifecycle:transition" value="schedule"/></event>
 <event><string key="concept:name" value="C"/><list key="l"><string key="deep" value="x"/></list>
  <date key="time:timestamp" value="2024-06-05T12:00:00+08:00"/></event>
</trace></log>"""


def test_an_event_log_pairs_start_and_complete_and_loses_no_start(tmp_path):
    packed = tmp_path / "a.xes.gz"
    packed.write_bytes(gzip.compress(XES.encode()))
    frame, result = read(tmp_path, packed)
    assert result["format"] == "xes"
    assert frame.columns == [
        "source_row",
        CASE,
        ACTIVITY,
        START,
        TIME,
        "case:amount",
        "org:resource",
    ]
    assert [row[2:5] for row in frame.rows()] == [
        ("A", "2024-06-05T09:00:00+08:00", "2024-06-05T10:00:00+08:00"),
        ("B", "2024-06-05T11:00:00+08:00", None),
        ("C", None, "2024-06-05T12:00:00+08:00"),
    ]
    assert result["meta"] == {
        "transition:start": "2", "transition:complete": "2", "transition:schedule": "1",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["<log><trace>", "<page/>"])
def test_what_is_no_event_log_is_refused(tmp_path, text):
    with pytest.raises(RefusedFile, match="XES"):
        read_xes(files.written(tmp_path / "a.xes", text))


def test_parquet_is_read_as_text(tmp_path):
    frame = pl.DataFrame({"单号": [1, 2], "金额": [1.5, None]})
    frame.write_parquet(tmp_path / "a.parquet")
    read_back, result = read(tmp_path, tmp_path / "a.parquet")
    assert read_back.rows() == [(1, "1", "1.5"), (2, "2", None)]
    assert result["header_rows"] == []
    with pytest.raises(RefusedFile, match="2 columns"):
        read(tmp_path, tmp_path / "a.parquet", limits={"columns": 1})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 nothing", "damaged_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "unknown_format"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "password_protected",
        ),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"<svg/>", "unknown_format"),
    ],
)
def test_a_format_is_told_by_its_bytes(tmp_path, content, code):
    with pytest.raises(RefusedFile) as refused:
        format_of(files.written(tmp_path / "a", content))
    assert refused.value.code == code


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(RefusedFile, match="no table"):
        format_of(tmp_path / "a.zip")


def test_a_broken_gzip_is_refused(tmp_path):
    packed = gzip.compress(b"a,b\n1,2\n" * 1000)[:-20]
    with pytest.raises(RefusedFile, match="damaged"):
        read(tmp_path, files.written(tmp_path / "a.csv.gz", packed))


def test_columns_are_lettered_as_in_a_spreadsheet():
    assert [column_letter(at) for at in (0, 25, 26, 701, 702, 16383)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv", "empty.csv"])
def test_the_child_limits_itself_before_it_reads(tmp_path, monkeypatch, name):
    """The limits are recorded, not set: they would bind the test process itself."""
    import resource

    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    path = files.written(tmp_path / name, "a,b\nx,1\n" if name == "a.csv" else "\n")
    request: dict[str, Any] = {
        **REQUEST, "path": str(path), "folder": str(tmp_path), "limits": {},
        "memory_mb": 10, "cpu_seconds": 3, "unpacked_mb": 2,
    }  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request)))
    sandbox_child.main()
    assert limits[resource.RLIMIT_AS] == (10_000_000, 10_000_000)
    assert limits[resource.RLIMIT_CPU] == (3, 8)
    answer = json.loads((tmp_path / "result.json").read_text())
    assert answer.get("refused") == (None if name == "a.csv" else "empty_file")
