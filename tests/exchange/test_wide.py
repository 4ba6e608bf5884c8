"""Months side by side: which tables are meant, which year, and what each row becomes."""

import polars as pl
import pytest

from opsloop.exchange.mapping import propose
from opsloop.exchange.table import Table
from opsloop.exchange.typed import typed_rows
from opsloop.exchange.wide import unpivoted

MONTHS = [f"{number}月" for number in range(1, 13)]


def table(labels, *rows, sheet="", title=()):
    columns = {label: [row[at] for row in rows] for at, label in enumerate(labels)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(labels, pl.String))
    header = len(title) + 1
    numbers = pl.Series("source_row", range(header + 1, header + 1 + len(rows)), dtype=pl.Int64)
    preview = (*[(line,) for line in title], tuple(labels))
    return Table(frame, numbers, (header,), preview, "xlsx", sheet=sheet)


BUDGET = table(
    ["成本类别", "子项名称", *MONTHS, "合计"],
    ["原材料", "A材料", *(["500"] * 11), None, "5500"],
    ["人工", "绩效", "20", "-", *([None] * 10), "20"],
    title=("2024年成本预算表（单位：元）",),
)


def test_each_month_that_holds_an_amount_becomes_a_row():
    found = unpivoted(BUDGET)
    assert found.labels == ("成本类别", "子项名称", "月份", "金额")
    assert found.frame.height == 12
    assert found.frame.row(0) == ("原材料", "A材料", "2024-01", "500")
    assert found.frame.row(11) == ("人工", "绩效", "2024-01", "20")
    assert found.row_numbers.to_list() == [3] * 11 + [4]
    assert (found.meta["wide"], found.meta["wide_sums"]) == ("12", "合计")


def test_the_rows_are_understood_as_any_budget():
    found = unpivoted(BUDGET)
    mapping = propose("budget", found)
    assert mapping.missing == ()
    typed = typed_rows("budget", found, mapping, timezone=None)
    assert typed.frame["period_no"].to_list() == [202401 + n for n in range(11)] + [202401]
    assert typed.frame["amount_fen"].sum() == 552_000


@pytest.mark.parametrize(
    ("labels", "periods"),
    [
        (["1月预算", "2月预算", "3月预算"], ["1月", "2月", "3月"]),
        (["2024年1月", "2024年2月", "2025年1月"], ["2024-01", "2024-02", "2025-01"]),
        (["2024-01", "2024-02", "2024-03"], ["2024-01", "2024-02", "2024-03"]),
        (["202401", "202402", "202403"], ["2024-01", "2024-02", "2024-03"]),
        (["一月", "二月", "十二月"], ["1月", "2月", "12月"]),
        (["Jan", "Feb", "Mar"], ["1月", "2月", "3月"]),
        (["2024年 1月", "2024年 2月", "2024年 3月"], ["2024-01", "2024-02", "2024-03"]),
    ],
)
def test_months_are_known_however_they_are_written(labels, periods):
    found = unpivoted(table(["项目", *labels], ["差旅费", "1", "2", "3"]))
    assert found.frame["月份"].to_list() == periods


def test_a_unit_in_the_headers_stays_with_the_amount():
    found = unpivoted(
        table(["项目", "1月(万元)", "2月(万元)", "3月(万元)"], ["差旅", "1", "2", "3"])
    )
    assert found.labels[-1] == "金额(万元)"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (table(["项目", *MONTHS[:3]], ["差旅", "1", "2", "3"], sheet="2025预算"), ""),
        (table(["项目", *MONTHS[:3]], ["差旅", "1", "2", "3"]), "2025年预算.xlsx"),
        (table(["项目", *MONTHS[:3]], ["差旅", "1", "2", "3"], title=("2025年度",)), "2024.xlsx"),
    ],
)
def test_the_year_comes_from_the_title_the_sheet_or_the_file(source, name):
    assert unpivoted(source, name=name).frame["月份"][0] == "2025-01"


def test_two_years_in_the_title_say_none():
    source = table(["项目", *MONTHS[:3]], ["差旅", "1", "2", "3"], title=("2024-2025年",))
    assert unpivoted(source).frame["月份"][0] == "1月"


@pytest.mark.parametrize(
    "labels",
    [
        ["月份", "项目", "金额", "数量"],
        ["项目", "1月", "2月", "备注"],
        ["项目", "1月", "1月预算", "1月实际"],
        ["项目", "一季度", "二季度", "三季度"],
        ["项目", "2023", "2024", "2025"],
    ],
)
def test_other_tables_stay_as_they_are(labels):
    source = table(labels, ["a", "1", "2", "3"])
    assert unpivoted(source) is source


def test_a_column_that_has_the_name_already_is_told_apart():
    found = unpivoted(table(["金额", *MONTHS[:3]], ["9", "1", "2", "3"]))
    assert found.labels == ("金额", "月份", "金额 2")
