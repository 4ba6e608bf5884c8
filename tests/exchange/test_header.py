"""Where the header is: checked by hand-made tables and by a thousand real Chinese ones."""

from typing import Any

import pytest

from benchmarks import headers
from benchmarks.headers import SETS, every_header, one_header, tables
from opsloop.exchange.header import find_header, label_rows
from opsloop.exchange.table import Area
from tests.shared_data import shared

CASES: dict[str, Any] = {
    "plain": ([["单号", "金额"], ["A1", "10"], ["A2", "20"]], (), (0,), ("单号", "金额")),
    "title above": (
        [["六月费用", None, None], ["科目", "部门", "金额"], ["差旅", "销售部", "10"]],
        [Area(0, 0, 0, 2)],
        (1,),
        ("科目", "部门", "金额"),
    ),
    "instruction above": (
        [["请勿修改表头，带星号的列必须填写，日期写成 2024-06-05 的样子，金额以元为单位填写。"]]
        + [["单号*", "金额"], ["A1", "10"]],
        (),
        (1,),
        ("单号", "金额"),
    ),
    "two levels, merged": (
        [["科目", "预算", None], [None, "数量", "金额"], ["差旅", "1", "10"]],
        [Area(0, 0, 1, 0), Area(0, 1, 0, 2)],
        (0, 1),
        ("科目", "预算/数量", "预算/金额"),
    ),
    "two levels without merge marks": (
        [["科目", "预算", None], [None, "数量", "金额"], ["差旅", "1", "10"]],
        (),
        (0, 1),
        ("科目", "预算/数量", "预算/金额"),
    ),
    "months and years": (
        [["科目", "1", "2", "3"], ["差旅", "10", "20", "30"]],
        (),
        (0,),
        ("科目", "1", "2", "3"),
    ),
    "no header": ([["1", "Actual"], ["2", "Budget"]], (), (), ("[A]", "[B]")),
    "numbers only": ([["1", "2"], ["3", "4"]], (), (), ("[A]", "[B]")),
    "blank and repeated labels": (
        [["名", "名", None], ["a", "b", "5"], ["c", "d", "无"]],
        (),
        (0,),
        ("名", "名 (2)", "[C]"),
    ),
    "a repeated label that is taken": (
        [["名", "名 (2)", "名"], ["1", "2", "5"]],
        (),
        (0,),
        ("名", "名 (2)", "名 (3)"),
    ),
    "the name of the row numbers": (
        [["source_row", "x"], ["a", "1"]],
        (),
        (0,),
        ("source_row (2)", "x"),
    ),
    "nothing at all": ([], (), (), ()),
    "blank rows only": ([[None, None]], (), (), ("[A]", "[B]")),
    "words only": ([["姓名", "部门"], ["张三", "采购部"]], (), (0,), ("姓名", "部门")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_header_is_found(case):
    rows, merged, at, labels = CASES[case]
    header = find_header(rows, merged)
    assert (header.rows, header.labels) == (at, labels)


def test_a_person_may_say_where_the_header_is():
    rows = [["a", "b"], ["单号"], ["x", "1"]]
    assert label_rows(rows, [1]).labels == ("单号", "[B]")
    assert label_rows(rows, []).labels == ("[A]", "[B]")


def _tables():
    for name in SETS:
        yield from tables(shared(f"tables/im_tqa_{name}_tables.json.gz"))


@pytest.mark.parametrize(
    ("kind", "share"), [("vertical", 0.98), ("horizontal", 0.9), ("hierarchical", 0.95)]
)
def test_the_headers_of_a_thousand_real_tables_are_found(kind, share):
    given = [table for table in _tables() if table.kind == kind]
    found = sum(len(one_header(table) & table.headers) for table in given)
    assert found >= share * sum(len(table.headers) for table in given) > 50


@pytest.mark.parametrize(
    ("kind", "precision", "recall"),
    [
        ("vertical", 0.98, 0.98),
        ("hierarchical", 0.98, 0.95),
        ("complex", 0.6, 0.74),
        ("horizontal", 0.19, 0.9),
    ],
)
def test_the_headings_of_every_table_on_a_real_sheet_are_found(kind, precision, recall):
    given = [table for table in _tables() if table.kind == kind]
    said = [every_header(table) for table in given]
    right = sum(len(cells & table.headers) for cells, table in zip(said, given, strict=True))
    assert right >= precision * sum(map(len, said))
    assert right >= recall * sum(len(table.headers) for table in given)


def test_a_machine_without_the_tables_is_told_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["headers", str(tmp_path)])
    assert headers.main() == 1
    assert "OPSLOOP_TABLES" in capsys.readouterr().err
