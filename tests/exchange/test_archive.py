"""The look into a zip and the small refusals, in this process: nothing here can harm it."""

from typing import Any

import pytest

from opsloop.exchange.archive import check_workbook
from opsloop.exchange.delimited import encoding_of, read_delimited
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.reader import format_of, read_into
from opsloop.exchange.table import Area, Limits
from opsloop.exchange.workbook import read_workbook
from opsloop.exchange.xes import read_xes
from tests.exchange import files
from tests.exchange.test_hostile_files import CASES, XES_LAUGHS
from tests.shared_data import shared

LOOKED_INTO = {
    "cells A1 and XFD1048576", "a billion laughs in a sheet", "a symbolic link in the zip",
    "a part that climbs out of the zip", "a truncated workbook",
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(LOOKED_INTO))
def test_a_hostile_zip_is_told_before_it_is_opened(case, tmp_path):
    code, name, build = CASES[case]
    with pytest.raises(RefusedFile) as refused:
        check_workbook(build(tmp_path / name), Limits())
    assert refused.value.code == code


def test_parts_that_swell_are_stopped_while_they_unpack(tmp_path):
    rows = f'<row r="1">{files.text_cell("A1", "a" * 3_000_000)}</row>'
    path = files.workbook(tmp_path / "a.xlsx", rows)
    with pytest.raises(RefusedFile, match="more than 1 MB"):
        check_workbook(path, Limits(unpacked_mb=1))
    with pytest.raises(RefusedFile, match="too many parts"):
        check_workbook(path, Limits(parts=2))


def test_merged_areas_and_wide_sheets_are_seen(tmp_path):
    rows = f'<row r="7">{files.text_cell("AB7", "x")}</row>'
    after = '<mergeCells><mergeCell ref="B2:AC3"/></mergeCells>'
    (part,) = check_workbook(
        files.workbook(tmp_path / "a.xlsx", rows, after=after), Limits()
    ).values()
    assert (part.rows, part.columns, part.merged) == (7, 28, (Area(1, 1, 2, 28),))


def test_an_encrypted_part_is_a_password(tmp_path):
    path = files.workbook(tmp_path / "a.xlsx", "")
    content = bytearray(path.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(RefusedFile, match="password"):
        check_workbook(files.written(path, bytes(content)), Limits())


def test_text_is_refused_when_it_is_none(tmp_path):
    with pytest.raises(RefusedFile, match="neither"):
        encoding_of(files.written(tmp_path / "a", b"a,b\n\xff\xff,1\n"))
    with pytest.raises(RefusedFile, match="zero bytes"):
        encoding_of(files.written(tmp_path / "b", b"a\0b"))
    # A character cut off at the very end is no UTF-8 either.
    assert encoding_of(files.written(tmp_path / "c", "采购".encode("gb18030"))) == "gb18030"
    wide = files.written(tmp_path / "d", ",".join("x" * 30))
    with pytest.raises(RefusedFile, match="30 columns"):
        read_delimited(wide, tmp_path, Limits(columns=20))


def test_a_long_file_of_text_is_sampled_not_read_twice(tmp_path):
    path = files.written(tmp_path / "a.csv", "单号,金额\n" + "a,1\n" * 500)
    assert read_delimited(path, tmp_path, Limits()).frame.height == 501


@pytest.mark.parametrize(
    ("content", "code"), [("a,b\n", "no_rows"), (b"PAR1 nothing", "damaged_file")]
)
def test_a_table_without_rows_or_sense_is_refused(tmp_path, content, code):
    request: dict[str, Any] = {
        "path": str(files.written(tmp_path / "a", content)), "limits": {}, "sheet": None,
        "header_rows": [1], "encoding": None, "delimiter": None,
    }  # fmt: skip
    with pytest.raises(RefusedFile) as refused:
        read_into(tmp_path, request)
    assert refused.value.code == code


def test_formats_that_are_no_tables_are_refused(tmp_path):
    with pytest.raises(RefusedFile, match="no table"):
        format_of(files.written(tmp_path / "a.pdf", b"%PDF-1.4"))
    with pytest.raises(RefusedFile, match="definitions"):
        read_xes(files.written(tmp_path / "a.xes", XES_LAUGHS))


def test_a_gzip_that_swells_is_stopped(tmp_path):
    import gzip

    path = files.written(tmp_path / "a.gz", gzip.compress(b"a,b\n" * 600_000))
    request: dict[str, Any] = {"path": str(path), "limits": {"unpacked_mb": 1}}
    with pytest.raises(RefusedFile, match="more than 1 MB"):
        read_into(tmp_path, request)


def test_old_workbooks_open_or_say_why_not(tmp_path):
    hidden = shared("workbooks/fesod/hiddensheets__hiddensheets.xls")
    grid = read_workbook(hidden, Limits(), packed=False)
    assert [sheet.hidden for sheet in grid.sheets].count(True) == 3
    with pytest.raises(RefusedFile, match="password"):
        read_workbook(shared("workbooks/fesod/demo__pwd_123.xls"), Limits(), packed=False)
    with pytest.raises(RefusedFile, match="damaged"):
        read_workbook(files.written(tmp_path / "a.xls", b"nothing"), Limits(), packed=False)


def test_a_workbook_of_empty_sheets_is_empty(tmp_path):
    with pytest.raises(RefusedFile, match="empty"):
        read_workbook(files.workbook(tmp_path / "a.xlsx", ""), Limits(), packed=True)
