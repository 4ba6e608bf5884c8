"""`opsloop analyze process` on files alone: reference figures, formats, refusals."""

import gzip
import json
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from opsloop.cli.main import main
from tests.event_logs import reference

HEADER = "单据编号,审批节点,开始时间,完成时间,处理人,审批结果"
ROWS = [
    "A1,提交申请,2024-06-07 16:00,2024-06-07 17:00,张三,通过",
    "A1,部门经理审批,2024-06-11 10:00,2024-06-11 10:30,李经理,退回",
    "A1,提交申请,2024-06-11 10:30,2024-06-11 11:30,张三,通过",
    "A1,部门经理审批,2024-06-11 11:30,2024-06-11 12:00,李经理,通过",
    "A2,提交申请,2024-06-11 09:00,2024-06-11 10:00,王五,通过",
    "A2,部门经理审批,2024-06-11 11:00,2024-06-11 11:30,李经理,通过",
]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSLOOP_LANGUAGE", "en")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["analyze", "process", *map(str, arguments)])


def answer(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join([HEADER, *ROWS]), encoding="utf-8")
    return path


def test_purchasing_by_instants_gives_the_published_figures():
    found = answer(reference("purchasing_example.csv.gz"))
    assert (found["events"], found["cases"], found["activities"]) == (9_119, 608, 21)
    assert found["resources"] == 27
    assert found["case_hours"]["mean"] / 24 == pytest.approx(21.459, abs=5e-4)
    assert found["case_hours"]["median"] / 24 == pytest.approx(11.923, abs=5e-4)
    work = sum(step["hours"]["mean"] * step["executions"] for step in found["steps"])
    assert work == pytest.approx(17_373.9)


def test_sepsis_keeps_the_order_of_the_file():
    found = answer(reference("sepsis.csv.gz"))
    assert (found["events"], found["cases"], found["variants"]) == (15_214, 1_050, 846)
    assert found["case_hours"]["mean"] == pytest.approx(683.264, abs=0.001)
    assert found["case_hours"]["median"] == pytest.approx(128.241, abs=0.001)
    assert not found["has_start"]
    assert found["steps"][0]["waiting_hours"] == {"mean": None, "median": None, "p90": None}


def test_the_answer_has_the_documented_keys(log):
    found = answer(log)
    assert {
        "events", "cases", "activities", "variants", "edges", "ties", "case_hours", "steps",
        "edge_list", "variant_list", "rework", "bottleneck",
    } <= found.keys()  # fmt: skip
    assert {"name", "executions", "cases", "hours", "waiting_hours", "return_rate"} <= found[
        "steps"
    ][0].keys()
    assert found["steps"][1]["return_rate"] == pytest.approx(1 / 3)
    assert found["edge_list"][0].keys() == {"from", "to", "count", "cases", "hours"}
    assert found["edge_list"][0]["hours"].keys() == {"sum", "mean", "median", "p90"}
    assert found["variant_list"][0].keys() == {"steps", "cases", "share", "median_hours"}
    assert found["rework"]["cases"] == 1
    assert found["rework"]["share"] == 0.5
    assert found["bottleneck"]["step"] == "部门经理审批"
    assert not found["bottleneck"]["proven"]  # two cases prove nothing


def test_the_published_calendar_counts_working_hours(log):
    """2024-06-07 17:00 → 06-11 10:00 crosses 端午: two working hours."""
    waits = [edge["hours"]["sum"] for edge in answer(log, "--calendar", "cn")["edge_list"]]
    assert waits[0] == pytest.approx(2 + 0 + 1)
    assert answer(log)["edge_list"][0]["hours"]["sum"] == pytest.approx(89 + 0 + 1)


def test_columns_may_be_named(log):
    found = answer(log, "--activity", "处理人", "--resource", "审批节点")
    assert {step["name"] for step in found["steps"]} == {"张三", "李经理", "王五"}


def test_the_same_log_in_every_format_gives_the_same_answer(log, tmp_path):
    expected = answer(log)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    table = pl.read_csv(log)
    table.write_parquet(tmp_path / "log.parquet")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in [table.columns, *table.rows()]:
        sheet.append(list(row))
    book.save(tmp_path / "log.xlsx")
    for path in (packed, tmp_path / "log.parquet", tmp_path / "log.xlsx"):
        assert answer(path) == expected


def test_xes_is_read(tmp_path):
    events = "".join(
        f'<event><string key="concept:name" value="{step}"/>'
        f'<date key="time:timestamp" value="2024-01-0{day}T10:00:00+08:00"/></event>'
        for day, step in ((1, "a"), (3, "b"))
    )
    path = tmp_path / "log.xes.gz"
    text = f'<log><trace><string key="concept:name" value="1"/>{events}</trace></log>'
    path.write_bytes(gzip.compress(text.encode()))
    found = answer(path)
    assert (found["cases"], found["case_hours"]["mean"]) == (1, 48.0)


def test_a_night_of_clock_change_has_its_true_length(tmp_path):
    """2024-03-31 in Berlin has 23 hours."""
    path = tmp_path / "log.csv"
    path.write_text(
        "case,activity,time\n1,a,2024-03-30 12:00\n1,b,2024-03-31 12:00\n2,a,2024-03-30 12:00\n",
        encoding="utf-8",
    )
    assert answer(path, "--timezone", "Europe/Berlin")["edge_list"][0]["hours"]["sum"] == 23
    assert answer(path)["edge_list"][0]["hours"]["sum"] == 24


def test_people_get_tables(log):
    result = run(log)
    assert result.exit_code == 0
    for text in ("2 cases, 6 events, 2 steps, 2 variants.", "部门经理审批", "Return rate", "33.3%"):
        assert text in result.stdout
    assert "Suspected bottleneck" in result.stdout


def test_bad_rows_are_named_and_left_out(log):
    log.write_text(
        log.read_text(encoding="utf-8") + "\nA3,提交申请,昨天,明天,张三,通过\n", encoding="utf-8"
    )
    result = run(log, "--json")
    assert json.loads(result.stdout)["rows_left_out"] == 1
    assert "first row 8" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.csv",), "There is no file"),
        (("log.csv", "--timezone", "Moon/Base"), "is no time zone"),
        (("log.csv", "--case", "单号"), "has no column “单号”"),
    ],
)
def test_refusals_are_one_sentence_and_exit_code_two(log, monkeypatch, arguments, sentence):
    monkeypatch.chdir(log.parent)
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_without_readable_rows_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("case,activity,time\n1,a,never\n1,b,never\n", encoding="utf-8")
    result = run(path, "--case", "case", "--activity", "activity", "--end", "time")
    assert (result.exit_code, "no row could be read" in result.stderr) == (2, True)
