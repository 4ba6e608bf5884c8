import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from opsloop.cli.main import main
from tests.cost_data import adventureworks, cook_county

LEDGER = """凭证日期,费用类别,子项名称,部门,金额,数量
2024-06-03,原材料成本,A材料采购,采购部,"400,000",600
2024-06-20,原材料成本,A材料采购,采购部,"260,000",500
2024-06-30,人工成本,销售人员绩效,销售部,"230,000",
2024-06-11,办公费用,招待费,行政部,"45,000",
2024-06-30,制造费用,设备水电费,生产部,"92,000",
2024-07-01,办公费用,招待费,行政部,9000,
"""
BUDGET = """期间,费用类别,子项名称,部门,预算金额,数量
2024-06,原材料成本,A材料采购,采购部,50万,1000
2024-06,人工成本,销售人员绩效,销售部,"200,000",
2024-06,办公费用,招待费,行政部,"30,000",
2024-06,制造费用,设备水电费,生产部,"80,000",
2024-06,制造费用,折旧费,生产部,"12,000",
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSLOOP_LANGUAGE", "en")


def write(folder: Path, ledger: str = LEDGER, budget: str = BUDGET) -> tuple[Path, Path]:
    (folder / "ledger.csv").write_text(ledger, encoding="utf-8")
    (folder / "budget.csv").write_text(budget, encoding="utf-8")
    return folder / "ledger.csv", folder / "budget.csv"


def run(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, ["analyze", "cost", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def answer(ledger: Path, budget: Path, *more: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(ledger, "--budget", budget, "--json", *more).stdout)
    return found


def test_a_line_carries_amounts_rate_and_the_three_effects(tmp_path):
    """+20 % price and +10 % quantity on 500,000: 100,000 + 50,000 + 10,000 = 160,000."""
    found = answer(*write(tmp_path), "--period", "2024-06")
    line = next(line for line in found["lines"] if line["item"] == "A材料采购")
    assert line == {
        "category": "原材料成本", "item": "A材料采购", "department": "采购部",
        "budget": "500000.00", "actual": "660000.00", "variance": "160000.00", "rate": 0.32,
        "flagged": True, "favourable": False, "price_effect": "100000.00",
        "quantity_effect": "50000.00", "joint_effect": "10000.00",
    }  # fmt: skip
    assert found.keys() == {"lines", "total", "flagged"}


def test_nothing_is_dropped_and_the_total_is_the_sum(tmp_path):
    found = answer(*write(tmp_path))
    unspent = next(line for line in found["lines"] if line["item"] == "折旧费")
    assert (unspent["actual"], unspent["variance"], unspent["rate"]) == ("0.00", "-12000.00", -1.0)
    assert unspent["favourable"] is True
    for name in ("budget", "actual", "variance"):
        summed = sum(Decimal(line[name]) for line in found["lines"])
        assert str(summed) == found["total"][name]
    assert found["total"]["variance"] == "214000.00"
    assert found["flagged"] == sum(line["flagged"] for line in found["lines"]) == 5


def test_spending_without_a_budget_has_no_rate_and_is_marked(tmp_path):
    ledger, budget = write(tmp_path, LEDGER + "2024-06-02,办公费用,罚款,行政部,100,\n")
    line = next(line for line in answer(ledger, budget)["lines"] if line["item"] == "罚款")
    assert (line["budget"], line["variance"], line["rate"]) == (None, "100.00", None)
    assert line["flagged"] is True


def test_a_dimension_left_out_is_summed(tmp_path):
    found = answer(*write(tmp_path), "--by", "department")
    assert [line["department"] for line in found["lines"]] == [
        "生产部",
        "行政部",
        "采购部",
        "销售部",
    ]
    assert all(line["category"] is None and line["item"] is None for line in found["lines"])


@pytest.mark.parametrize(
    ("budget", "threshold", "flagged"),
    [("100", "10", 0), ("100", "9.99", 1), ("99.99", "10", 1)],
)
def test_exactly_the_threshold_is_not_beyond_it(tmp_path, budget, threshold, flagged):
    ledger, base = write(
        tmp_path, "item,month,amount\nA,2024-06,110\n", f"item,month,amount\nA,2024-06,{budget}\n"
    )
    assert answer(ledger, base, "--threshold", threshold)["flagged"] == flagged


def test_more_income_than_planned_is_favourable(tmp_path):
    ledger, budget = write(
        tmp_path, "类别,月份,金额\n收入,2024-06,120\n", "类别,月份,金额\n收入,2024-06,100\n"
    )
    assert answer(ledger, budget)["lines"][0]["favourable"] is False
    assert answer(ledger, budget, "--income", "收入")["lines"][0]["favourable"] is True


def test_files_without_a_month_are_compared_as_they_are(tmp_path):
    ledger, budget = write(tmp_path, "item,amount\nA,15\nB,7\n", "item,amount\nA,10\n")
    found = answer(ledger, budget)
    assert [(line["item"], line["variance"]) for line in found["lines"]] == [
        ("A", "5.00"),
        ("B", "7.00"),
    ]


def test_columns_can_be_named_for_each_file(tmp_path):
    """The printed form itself holds budget and actual side by side."""
    form = "成本类别,子项名称,预算金额(元),实际支出(元)\n原材料成本,A材料采购,500000,650000\n"
    path, _ = write(tmp_path, form)
    found = answer(path, path, "--amount", "实际支出(元)", "--budget-amount", "预算金额(元)")
    assert found["lines"][0]["variance"] == "150000.00"


def test_gzip_xlsx_and_parquet_say_the_same(tmp_path):
    ledger, budget = write(tmp_path)
    expected = answer(ledger, budget)
    packed = tmp_path / "ledger.csv.gz"
    packed.write_bytes(gzip.compress(ledger.read_bytes()))
    table = pl.read_csv(ledger, infer_schema=False)
    table.write_parquet(tmp_path / "ledger.parquet")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in [table.columns, *table.rows()]:
        sheet.append(list(row))
    book.save(tmp_path / "ledger.xlsx")
    for path in (packed, tmp_path / "ledger.parquet", tmp_path / "ledger.xlsx"):
        assert answer(path, budget) == expected, path


def test_people_get_a_table_with_words(tmp_path):
    shown = run(*write(tmp_path)[:1], "--budget", tmp_path / "budget.csv").stdout
    assert "! +32.0%" in shown
    assert "unfavourable" in shown
    assert "Beyond ±10 %: 5 of 5 lines" in shown


def test_rows_that_cannot_be_read_are_named_on_standard_error(tmp_path):
    ledger, budget = write(tmp_path, LEDGER + "2024-06-02,办公费用,招待费,行政部,about 5,\n")
    result = run(ledger, "--budget", budget, "--json")
    assert "“about 5” is not a number." in result.stderr
    assert "row 8" in result.stderr
    json.loads(result.stdout)


@pytest.mark.parametrize(
    ("ledger", "more", "sentence"),
    [
        (LEDGER, ["--period", "June"], "“June” is no period: write 2024-06."),
        (LEDGER, ["--by", "supplier"], "“supplier” is no dimension"),
        (
            "item,month,amount\nA,2024-06,1\n",
            ["--by", "department"],
            "has no column for department",
        ),
        ("item,amount\nA,1\n", ["--period", "2024-06"], "without a month or date column"),
        ("item,month,amount\n", [], "ledger.csv: The file has a header but no rows."),
        ("", [], "ledger.csv: The file is empty."),
        ("item,month,amount\nA,2024-06,x\n", ["--amount", "amount"], "no row could be read"),
        (
            "部门,月份,金额\n采购部,2024-06,5\n",
            ["--budget-amount", "无"],
            "ledger.csv: No column gives",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, ledger, more, sentence):
    path, budget = write(tmp_path, ledger)
    result = run(path, "--budget", budget, *more, code=2)
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    result = run(tmp_path / "none.csv", "--budget", tmp_path / "none.csv", code=2)
    assert "There is no file" in result.stderr


@pytest.mark.parametrize("threshold", ["ten", "-1", "nan"])
def test_a_threshold_is_a_percentage(tmp_path, threshold):
    ledger, budget = write(tmp_path)
    result = run(ledger, "--budget", budget, "--threshold", threshold, code=2)
    assert "is not a percentage" in result.stderr


def test_a_general_ledger_against_its_partial_budget(tmp_path):
    """The reference figures of the published sample ledger, cost accounts by month."""
    found = answer(*adventureworks(tmp_path), "--by", "period,category,item")
    assert found["total"]["actual"] == "1316228562.70"
    assert found["total"]["budget"] == "42411850.00"
    costs = [line for line in found["lines"] if line["category"] == "Expenditures"]
    both = [line for line in costs if line["budget"] and Decimal(line["actual"])]
    assert len(both) == 233
    assert sum(line["flagged"] for line in both) == 167
    assert sum(Decimal(line["variance"]) for line in both) == Decimal("-276111.85")
    salaries = next(
        line for line in both if line["period"] == "2011-05" and line["item"].endswith("Salaries")
    )
    assert (salaries["actual"], salaries["budget"]) == ("892674.58", "804800.00")
    assert round(salaries["rate"] * 100, 2) == 10.92


@pytest.mark.parametrize(
    ("year", "amounts", "percent", "counts"),
    [
        (2009, ("3368481314.00", "3081534257.41"), -8.52, (120, 42, 7, 0)),
        (2016, ("4540472220.00", "4081678260.55"), -10.10, (123, 35, 4, 2)),
    ],
)
def test_a_county_budget_of_many_years(tmp_path, year, amounts, percent, counts):
    """Lines with a budget, of those beyond ±10 %, over +10 %; lines that spend without one."""
    found = answer(*cook_county(tmp_path, year), "--by", "item")
    total = found["total"]
    assert (total["budget"], total["actual"]) == amounts
    assert round(total["rate"] * 100, 2) == percent
    budgeted = [line for line in found["lines"] if line["budget"]]
    flagged = [line for line in budgeted if line["flagged"]]
    unplanned = [line for line in found["lines"] if not line["budget"]]
    assert all(line["flagged"] and line["rate"] is None for line in unplanned)
    spending = sum(Decimal(line["actual"]) > 0 for line in unplanned)
    over = sum(line["rate"] > 0 for line in flagged)
    assert (len(budgeted), len(flagged), over, spending) == counts


WIDE = """2024年成本预算,,,,,,
单位：万元,,,,,,
费用类别,子项名称,部门,4月,5月,6月,合计
原材料成本,A材料采购,采购部,40,45,50,135
办公费用,招待费,行政部,3,3,3,9
合计,,,43,48,53,144
"""
SUMMED = BUDGET + (
    "2024-06,原材料成本,小计,,50万,1000\n2024-06,制造费用小计,,,92000,\n2024-06,合计,,,822000,\n"
)


def test_months_beside_each_other_are_a_budget_in_the_unit_above_it(tmp_path):
    found = answer(*write(tmp_path, budget=WIDE), "--period", "2024-06")
    lines = {line["item"]: line["budget"] for line in found["lines"]}
    assert (lines["A材料采购"], lines["招待费"]) == ("500000.00", "30000.00")
    assert found["total"]["budget"] == "530000.00"


def test_rows_that_sum_up_others_are_left_out_and_told(tmp_path):
    ledger, _budget = write(tmp_path, budget=SUMMED)
    plain = answer(*write(tmp_path), "--period", "2024-06")
    (tmp_path / "summed.csv").write_text(SUMMED, encoding="utf-8")
    result = run(ledger, "--budget", tmp_path / "summed.csv", "--json", "--period", "2024-06")
    assert json.loads(result.stdout) == plain
    assert "summed.csv: 3 rows that sum up others were left out (row 7)." in result.stderr


@pytest.mark.parametrize(
    ("budget", "rates"),
    [
        ("2024-07,办公费用,招待费,行政部,1,\n", [(None, None)]),
        ("2024-06,办公费用,招待费,行政部,0,\n", [("0.00", None)]),
        ("2024-06,办公费用,招待费,行政部,-90000,\n", [("-90000.00", None)]),
        ("2024-06,办公费用,招待费,行政部,90000,\n", [("90000.00", -0.5)]),
    ],
)
def test_a_base_that_misleads_gives_no_rate(tmp_path, budget, rates):
    """No budget of the month, a base of nothing, a base of the opposite sign; a usable one."""
    header = BUDGET.splitlines()[0] + "\n"
    found = answer(*write(tmp_path, budget=header + budget), "--period", "2024-06")
    rows = [line for line in found["lines"] if line["item"] == "招待费"]
    assert [(line["budget"], line["rate"]) for line in rows] == rates


def test_a_period_without_a_budget_is_said(tmp_path):
    result = run(*_pair(write(tmp_path)), "--period", "2024-07")
    assert "The budget has no line in 2024-07." in result.stderr


def _pair(paths: tuple[Path, Path]) -> tuple[object, ...]:
    return paths[0], "--budget", paths[1]


def _workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


HEAD: list[object] = ["费用类别", "子项名称", "部门", "预算金额"]
LINE: list[object] = ["办公费用", "招待费", "行政部", 30000]


def test_the_sheet_with_the_amounts_is_found_behind_a_cover(tmp_path):
    ledger, _budget = write(tmp_path)
    book = _workbook(tmp_path / "b.xlsx", {"说明": [["2024年预算"]], "预算": [HEAD, LINE]})
    line = next(one for one in answer(ledger, book)["lines"] if one["item"] == "招待费")
    assert line["budget"] == "30000.00"


def test_sheets_named_by_months_are_one_budget(tmp_path):
    ledger, _budget = write(tmp_path)
    book = _workbook(
        tmp_path / "b.xlsx",
        {"2024年6月": [HEAD, LINE], "2024年7月": [HEAD, [*LINE[:3], 8000]]},
    )
    found = answer(ledger, book, "--by", "item,period")
    lines = {line["period"]: line["budget"] for line in found["lines"] if line["item"] == "招待费"}
    assert lines == {"2024-06": "30000.00", "2024-07": "8000.00"}


def test_of_several_sheets_with_amounts_one_must_be_named(tmp_path):
    ledger, _budget = write(tmp_path)
    book = _workbook(tmp_path / "b.xlsx", {"初稿": [HEAD, LINE], "定稿": [HEAD, [*LINE[:3], 8000]]})
    result = run(ledger, "--budget", book, code=2)
    assert "b.xlsx: the sheets 初稿, 定稿 all hold amounts; name one of them." in result.stderr
    found = answer(ledger, book, "--budget-sheet", "定稿")
    assert found["total"]["budget"] == "8000.00"


def test_months_without_a_year_are_one_sentence(tmp_path):
    wide = "费用类别,子项名称,1月,2月,3月\n办公费用,招待费,1,2,3\n"
    result = run(*_pair(write(tmp_path, budget=wide)), code=2)
    assert "names no year" in result.stderr
