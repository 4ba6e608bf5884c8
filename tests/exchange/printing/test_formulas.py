"""What the formulas of a form give, and how values are shown."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from opsloop.exchange.columns import Column, FilledSheet, Formula, Sheet, SheetRow
from opsloop.exchange.printing.formulas import (
    calculated,
    has_totals,
    live,
    live_total,
    total,
    value_of,
)
from opsloop.exchange.printing.paper import laid_out, lines, lines_needed
from opsloop.exchange.printing.shown import align, number_format, shown
from tests.exchange.printing.forms import TEXTS, d

MONDAY, SUNDAY = date(2024, 6, 3), date(2024, 6, 9)


@pytest.mark.parametrize(
    ("kind", "values", "result"),
    [
        ("sum", (d(1), d(2)), d(3)),
        ("sum", (d(1), None), d(1)),
        ("sum", (None, "x"), None),
        ("difference", (d(5), d(2)), d(3)),
        ("difference", (d(5), None), None),
        ("rate", (d(65), d(50)), d("0.3")),
        ("rate", (d(-30), d(-50)), d("0.4")),
        ("rate", (d(5), d(0)), None),
        ("product", (d(5), 3, 0.5), d("7.5")),
        ("product", (d(5), True), None),
        ("working_days", (MONDAY, SUNDAY), 5),
        ("working_days", (datetime(2024, 6, 7, 9), date(2024, 6, 17)), 7),
        ("working_days", (SUNDAY, MONDAY), -5),
        ("working_days", (MONDAY, None), None),
    ],
)
def test_a_formula_gives(kind, values, result):
    keys = tuple("abc"[: len(values)])
    found = calculated(Formula(kind, keys), dict(zip(keys, values, strict=True)))
    assert found == result


@pytest.mark.parametrize(
    ("kind", "of", "given", "formula"),
    [
        ("sum", "ab", None, '=IF(COUNT(A1,B1)=0,"",SUM(A1,B1))'),
        ("product", "ab", d(10), '=IF(COUNT(A1,B1)<2,"",A1*B1)'),
        ("working_days", "xy", 5, '=IF(COUNT(X1,Y1)<2,"",NETWORKDAYS(X1,Y1))'),
        ("working_days", "xy", 4, None),
        ("working_days", "xy", None, None),
        ("difference", "az", None, None),
        ("difference", "ca", d(-5), "=N(C1)-N(A1)"),
        ("rate", "ca", d(-1), '=IF(N(A1)=0,"",(N(C1)-A1)/ABS(A1))'),
        ("rate", "ab", "open", None),
        ("product", "ac", d(7), None),
    ],
)
def test_a_formula_is_written_only_where_it_gives_the_figure(kind, of, given, formula):
    """a = 5, b = 2, c is empty, x to y are five workdays; z stands in no column of the file."""
    column = Column("n", "N", type="number", formula=Formula(kind, tuple(of)))
    values = {"a": d(5), "b": d(2), "x": MONDAY, "y": SUNDAY, "n": given}
    cells = {key: f"{key.upper()}1" for key in "abcxyn"}
    assert live(column, SheetRow("1", values), cells) == formula


def test_working_days_are_given_by_a_calendar_never_counted_here():
    column = Column("n", "N", type="number", formula=Formula("working_days", ("x", "y")))
    assert value_of(column, SheetRow("1", {"x": MONDAY, "y": SUNDAY})) is None
    assert value_of(column, SheetRow("1", {"x": MONDAY, "y": SUNDAY, "n": 4})) == 4


def rates(*columns, totals=None):
    rows = (
        SheetRow("1", {"base": d(100), "actual": d(150), "delta": d(50)}),
        SheetRow("2", {"base": d(300), "actual": d(250), "delta": d(-50)}),
        SheetRow("3", {"actual": d(40), "delta": d(40)}),
    )
    return FilledSheet(Sheet("s", "S", (), columns), {}, rows, totals or {})


BASE, ACTUAL = Column("base", "Base", type="money"), Column("actual", "Actual", type="money")
DELTA = Column("delta", "Δ", type="money", formula=Formula("difference", ("actual", "base")))
RATE = Column(
    "rate", "Rate", type="percent", totalled=True, formula=Formula("rate", ("actual", "base"))
)
RANGES = {"base": "A1:A3", "actual": "B1:B3", "delta": "C1:C3", "rate": "D1:D3"}


def test_the_rate_of_a_total_follows_the_column_of_differences():
    filled = rates(BASE, ACTUAL, DELTA, RATE)
    assert has_totals(filled)
    assert total(RATE, filled) == d("0.1")
    assert live_total(RATE, filled, RANGES) == ('=IF(SUM(A1:A3)=0,"",SUM(C1:C3)/ABS(SUM(A1:A3)))')
    without = {key: RANGES[key] for key in ("base", "rate")}
    assert live_total(RATE, filled, without) is None
    assert live_total(RATE, filled, {"rate": "D1:D3"}) is None


def test_without_such_a_column_it_follows_the_totals_of_both():
    filled = rates(BASE, ACTUAL, RATE)
    assert total(RATE, filled) == d("0.1")
    assert live_total(RATE, filled, RANGES) == (
        '=IF(SUM(A1:A3)=0,"",(SUM(B1:B3)-SUM(A1:A3))/ABS(SUM(A1:A3)))'
    )


def test_a_total_of_nothing_is_nothing():
    nothing = FilledSheet(Sheet("s", "S", (), (BASE, ACTUAL, RATE)), {}, (SheetRow("1", {}),))
    assert total(RATE, nothing) is None
    assert live_total(RATE, nothing, RANGES) is None
    assert total(BASE, nothing) is None
    assert total(RATE, FilledSheet(nothing.sheet, {}, (SheetRow("1", {"base": d(1)}),))) is None
    assert live_total(RATE, FilledSheet(nothing.sheet, {}, ()), RANGES) is None
    assert not has_totals(FilledSheet(Sheet("s", "S", (), (BASE,)), {}, ()))


@pytest.mark.parametrize(
    ("column", "value", "text", "pattern"),
    [
        (BASE, d("1234567.005"), "1,234,567.01", "#,##0.00"),
        (BASE, d("-0.001"), "0.00", "#,##0.00"),
        (DELTA, d(150_000), "+150,000.00", "+#,##0.00;-#,##0.00;#,##0.00"),
        (DELTA, d(-5), "-5.00", "+#,##0.00;-#,##0.00;#,##0.00"),
        (RATE, d("0.3"), "+30.0%", "+0.0%;-0.0%;0.0%"),
        (Column("p", "P", type="percent", decimals=0), d("0.125"), "13%", "0%"),
        (Column("h", "H", type="hours"), d("24.00"), "24", "General"),
        (Column("h", "H", type="hours"), d("12.333"), "12.33", "#,##0.00"),
        (Column("n", "N", type="number"), d("1E+3"), "1000", "General"),
        (Column("n", "N", type="number"), 1 / 3, "0.3333", "#,##0.0000"),
        (Column("n", "N", type="number", decimals=1), 5, "5.0", "#,##0.0"),
        (Column("n", "N", type="number"), Decimal("NaN"), "NaN", "General"),
        (Column("n", "N", type="number"), "暂无", "暂无", "General"),
        (Column("t", "T", type="date"), MONDAY, "2024-06-03", "yyyy-mm-dd"),
        (Column("t", "T", type="datetime"), datetime(2024, 6, 3, 9, 5), "2024-06-03 09:05",
         "yyyy-mm-dd hh:mm"),
        (Column("b", "B", type="boolean"), True, "是", "General"),
        (Column("c", "C", type="choice", choices=(("x", "X"),)), "x", "X", "General"),
        (BASE, None, "", "#,##0.00"),
    ],
)  # fmt: skip
def test_values_are_shown_as_the_company_writes_them(column, value, text, pattern):
    assert shown(column, value, TEXTS) == text
    assert number_format(column, value) == pattern


@pytest.mark.parametrize(
    ("kind", "side"),
    [("money", "right"), ("hours", "right"), ("long_text", "left"), ("date", "center")],
)
def test_numbers_stand_right_texts_left_and_short_facts_in_the_middle(kind, side):
    assert align(Column("x", "X", type=kind)) == side


def test_rows_of_a_tree_are_numbered_by_their_branch():
    sheet = Sheet("s", "S", (), (), is_tree=True, numbering=True)
    rows = (SheetRow("a", {}), SheetRow("b", {}, parent="a"), SheetRow("", {}, parent="a"),
            SheetRow("c", {}), SheetRow("d", {}, parent="lost"))  # fmt: skip
    found = [(line.number, line.depth) for line in lines(FilledSheet(sheet, {}, rows))]
    assert found == [("1.", 0), ("1.1.", 1), ("1.2.", 1), ("2.", 0), ("3.", 0)]


def test_a_title_block_takes_as_many_lines_as_it_needs():
    header = tuple(Column(f"h{n}", f"H{n}") for n in range(9))
    columns = tuple(Column(f"c{n}", f"C{n}") for n in range(4))
    page = laid_out(FilledSheet(Sheet("s", "S", header, columns), {}, ()), TEXTS, "company")
    assert [len(block) for block in page.blocks] == [3, 3, 3]
    assert [(field.first, field.last) for field in page.blocks[0]] == [(0, 0), (1, 2), (3, 3)]
    assert page.scale == pytest.approx(1)


def test_a_form_of_many_columns_is_printed_smaller():
    columns = tuple(Column(f"c{n}", "很长的标题文字") for n in range(30))
    page = laid_out(FilledSheet(Sheet("s", "S", (), columns), {}, ()), TEXTS, "company")
    assert 0.3 < page.scale < 0.7


def test_lines_are_counted_as_they_will_break():
    assert lines_needed("短", 40) == 1
    assert lines_needed("一二三四五六七八九十" * 2, 40) == 2
    assert lines_needed("a\nb\n", 40) == 3
    assert lines_needed("x" * 100_000, 40) == 26
