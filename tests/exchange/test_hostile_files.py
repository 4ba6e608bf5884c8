"""F-06: every hostile file ends in one sentence, soon, within memory, and the caller lives on."""

import resource
import time

import pytest

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.table import Limits
from tests.exchange import files
from tests.shared_data import shared

DEMO = "workbooks/fesod/demo__demo.xlsx"
XES_LAUGHS = (
    f'<?xml version="1.0"?>{files.LAUGHS}<log><trace><string key="x" value="&a9;"/></trace></log>'
)
WIDE = ",".join(f"c{n}" for n in range(20_000)) + "\n" + ",".join("1" * 20_000)

CASES = {
    "cells A1 and XFD1048576": ("too_many_cells", "a.xlsx", files.far_cells),
    "one string of 1 GiB": ("too_large", "a.xlsx", files.string_bomb),
    "a gzip of 400 MB of nothing": ("too_large", "a.csv.gz", files.gz_bomb),
    "a billion laughs in a sheet": (
        "unsafe_part",
        "a.xlsx",
        lambda path: files.workbook(path, "", before=files.LAUGHS),
    ),
    "a billion laughs in an event log": (
        "unsafe_part",
        "a.xes",
        lambda path: files.written(path, XES_LAUGHS),
    ),
    "a truncated workbook": (
        "damaged_file",
        "a.xlsx",
        lambda path: files.written(path, shared(DEMO).read_bytes()[:5000]),
    ),
    "a symbolic link in the zip": ("unsafe_name", "a.xlsx", files.linked_entry),
    "a part that climbs out of the zip": ("unsafe_name", "a.xlsx", files.climbing_entry),
    "an empty file": ("empty_file", "a.csv", lambda path: files.written(path, b"")),
    "blank lines only": ("empty_file", "a.csv", lambda path: files.written(path, "\n \n")),
    "a header without rows": ("no_rows", "a.csv", lambda path: files.written(path, "单号,节点\n")),
    "zero bytes": ("not_text", "a.csv", lambda path: files.written(path, b"a,b\n1,\0\n")),
    "20,000 columns": ("too_many_columns", "a.csv", lambda path: files.written(path, WIDE)),
    "no known encoding": (
        "unknown_encoding",
        "a.csv",
        lambda path: files.written(path, b"a,b\n\xff\xff,1\n"),
    ),
    "a web page called xls": (
        "unknown_format",
        "a.xls",
        lambda path: files.written(path, "<html><table></table></html>"),
    ),
    "a PDF": ("unknown_format", "a.xlsx", lambda path: files.written(path, b"%PDF-1.4")),
    "a damaged Parquet file": (
        "damaged_file",
        "a.parquet",
        lambda path: files.written(path, b"PAR1 nothing"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_in_one_sentence(case, tmp_path):
    code, name, build = CASES[case]
    path = build(tmp_path / name)
    started = time.monotonic()
    with pytest.raises(RefusedFile) as refused:
        read_table(path)
    assert refused.value.code == code
    assert "%(" not in str(refused.value)
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2_000_000  # kB


def test_the_far_cells_need_two_kilobytes_only(tmp_path):
    assert files.far_cells(tmp_path / "a.xlsx").stat().st_size < 2048


def test_a_workbook_with_a_password_is_refused():
    with pytest.raises(RefusedFile, match="password"):
        read_table(shared("workbooks/fesod/demo__pwd_123.xls"))


def test_a_workbook_called_csv_is_read_as_the_workbook_it_is(tmp_path):
    table = read_table(files.written(tmp_path / "a.csv", shared(DEMO).read_bytes()))
    assert table.format == "xlsx"
    assert table.frame.height == 10


def test_rows_that_hide_their_numbers_stay_within_memory(tmp_path):
    rows = f'<row>{files.text_cell("A1", "x")}</row><row><c r="ALL1048576"><v>1</v></c></row>'
    with pytest.raises(RefusedFile) as refused:
        read_table(files.workbook(tmp_path / "a.xlsx", rows))
    assert refused.value.code == "too_many_cells"


def test_memory_time_and_output_have_limits(tmp_path):
    lines = "case,step,time\n" + "".join(f"{n},step,2024-01-01\n" for n in range(300_000))
    path = files.written(tmp_path / "a.csv", lines)
    for limits, code in (
        (Limits(memory_mb=150), "too_hungry"),
        (Limits(wall_seconds=0), "too_slow"),
        (Limits(cpu_seconds=0), "too_slow"),
        (Limits(unpacked_mb=1), "too_large"),
    ):
        with pytest.raises(RefusedFile) as refused:
            read_table(path, limits=limits)
        assert refused.value.code == code


def test_a_reader_that_breaks_does_not_break_its_caller(tmp_path):
    with pytest.raises(RefusedFile) as refused:
        read_table(files.written(tmp_path / "a.csv", "a,b\n1,2\n"), delimiter="no delimiter")
    assert refused.value.code == "damaged_file"
