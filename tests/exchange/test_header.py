"""Where the header is: checked by hand-made tables and by a thousand real Chinese ones."""

import gzip
import json
from typing import Any

import pytest

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


def _gold(name):
    packed = shared(f"tables/im_tqa_{name}_tables.json.gz").read_bytes()
    for table in json.loads(gzip.decompress(packed)):
        areas: dict[int, Area] = {}
        for top, row in enumerate(table["cell_ID_matrix"]):
            for left, cell in enumerate(row):
                first = areas.get(cell, Area(top, left, top, left))
                areas[cell] = Area(first.top, first.left, top, left)
        rows = [[None] * len(row) for row in table["cell_ID_matrix"]]
        for cell, area in areas.items():
            rows[area.top][area.left] = table["chinese_cell_value_list"][cell] or None
        merged = [
            area for area in areas.values() if (area.top, area.left) != (area.bottom, area.right)
        ]
        yield table["table_type"], rows, merged, [areas[cell] for cell in table["column_attribute"]]


@pytest.mark.parametrize(
    ("kind", "share"), [("vertical", 0.98), ("horizontal", 0.9), ("hierarchical", 0.95)]
)
def test_the_headers_of_a_thousand_real_tables_are_found(kind, share):
    found = total = 0
    for name in ("train", "dev"):
        for table_kind, rows, merged, gold in _gold(name):
            if table_kind == kind:
                header = find_header(rows[:30], merged)
                found += sum(
                    any(area.top <= at <= area.bottom for at in header.rows) for area in gold
                )
                total += len(gold)
    assert found >= share * total > 50
