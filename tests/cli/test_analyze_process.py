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


HANDED = [
    "单号,节点,开始时间,完成时间,处理人,部门,审批结果,金额",
    "B1,申请,2024-06-03 09:00,2024-06-03 10:00,甲,销售部,,300",
    "B1,审核,2024-06-03 12:00,2024-06-03 13:00,乙,财务部,退回,300",
    "B1,申请,2024-06-03 14:00,2024-06-03 15:00,甲,销售部,,300",
    "B1,审核,2024-06-03 17:00,2024-06-03 18:00,乙,财务部,同意,300",
    "B2,申请,2024-06-04 09:00,2024-06-04 10:00,丙,生产部,,80000",
    "B2,签批,2024-06-05 09:00,2024-06-05 10:00,丁,总经办,同意,80000",
]
MODEL = """流程步骤,涉及角色,可退回至,金额起点(元)
1.申请,,,
2.审核,财务部、采购部,申请,
3.签批,总经办,,1万
"""


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    path = tmp_path / "handed.csv"
    path.write_text("\n".join(HANDED), encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "steps.csv"
    path.write_text(MODEL, encoding="utf-8")
    return path


def test_returns_are_told_by_step_role_and_cost(handed):
    found = answer(handed)["returns"]
    assert (found["case_rate"], found["decision_rate"]) == (0.5, pytest.approx(1 / 3))
    steps = {one["step"]: one for one in found["by_step"]}
    assert (steps["审核"]["returns"], steps["审核"]["rate"]) == (1, 0.5)
    assert found["by_role"][0] == {"role": "财务部", "decisions": 2, "returns": 1, "rate": 0.5}
    assert found["cost"] == [{"step": "审核", "returns": 1, "work_hours": 2, "waiting_hours": 3}]


def test_handovers_and_causes_are_told(handed):
    found = answer(handed)
    assert found["handover"]["party"] == "department"
    back = next(one for one in found["handover"]["matrix"] if one["from"] == "财务部")
    assert (back["to"], back["count"], back["return_share"]) == ("销售部", 1, 1.0)
    assert {one["from"] for one in found["handover"]["ping_pong"]} == {"销售部", "财务部"}
    first = found["waiting_causes"][0]
    assert first["step"] == "签批"
    parts = sum(first[cause] for cause in ("off", "absence", "contention", "prioritisation"))
    assert parts + first["batching"] + first["unattended"] == first["waiting"] == 23


def test_cases_are_checked_against_a_step_table(handed, model):
    found = answer(handed, "--model", model)["conformance"]
    # The declared return costs nothing, and 300 yuan need no signature.
    assert (found["cases"], found["conforming"]) == (2, 1)
    (skipped,) = found["violations"]
    assert (skipped["kind"], skipped["step"], skipped["department"]) == (
        "skipped",
        "审核",
        "生产部",
    )
    assert found["strange_hands"] == []
    result = run(handed, "--model", model)
    assert "1 cases skip “审核” (50.0%), most of them in 生产部" in result.stdout
    assert "Returns by role" in result.stdout


def test_an_unknown_step_of_the_table_and_strange_hands_are_named(handed, tmp_path):
    table = tmp_path / "steps.csv"
    table.write_text("step,role\n申请,\n审核,生产部\n入库,\n", encoding="utf-8")
    found = answer(handed, "--model", table)["conformance"]
    assert found["steps_not_in_log"] == ["入库"]
    assert {one["kind"] for one in found["violations"]} == {"skipped", "inserted"}
    assert found["strange_hands"][0]["department"] == "财务部"
    said = run(handed, "--model", table).stdout
    assert "never shows the step “入库”" in said
    assert "which the table does not name" in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a step table has a heading"),
        ("甲,乙\n1,2\n", "a step table has a heading"),
        ("step,may return to\n申请,天上\n", "which is no step"),
        ("step,from amount\n申请,很多\n", "is no number"),
    ],
)
def test_a_step_table_that_is_none_is_refused_in_one_sentence(handed, tmp_path, text, sentence):
    table = tmp_path / "steps.csv"
    table.write_bytes(text.encode("gb18030"))
    result = run(handed, "--model", table)
    assert (result.exit_code, sentence in result.stderr) == (2, True)
    assert "no file" in run(handed, "--model", tmp_path / "none.csv").stderr


def test_one_case_one_timestamp_and_ties_are_answered(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(
        "case,activity,time\nC1,a,2024-06-03 09:00\nC1,b,2024-06-03 09:00\n", encoding="utf-8"
    )
    found = answer(path)
    assert (found["cases"], found["ties"], found["has_start"]) == (1, 1, False)
    assert (found["waiting_causes"], found["handover"]["party"]) == ([], None)
    assert found["returns"]["by_role"] == []
    assert run(path).exit_code == 0


def test_a_log_of_headings_alone_is_refused(tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("case,activity,time\n", encoding="utf-8")
    result = run(path)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_four_hundred_steps_are_answered_in_short(tmp_path):
    path = tmp_path / "many.csv"
    rows = [f"C{n % 20},step {n},2024-06-{1 + n % 28:02} 09:00" for n in range(400)]
    path.write_text("\n".join(["case,activity,time", *rows]), encoding="utf-8")
    assert answer(path)["activities"] == 400
    assert "Most frequent moves (10 of" in run(path).stdout
