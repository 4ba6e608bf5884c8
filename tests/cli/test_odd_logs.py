"""`opsloop analyze process` on odd logs: the right answer, or one sentence and exit code 2."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from opsloop.cli.main import main

STEPS = ("申请", "审批", "付款")
MONDAY = datetime(2024, 3, 4, 9)
HEADER = "单号,步骤,开始时间,完成时间,处理人"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSLOOP_LANGUAGE", "en")


def lines(cases=20, *, leave_out=lambda case, step: False):
    """Three half hours on the hour, cases three hours apart."""
    rows = []
    for case in range(cases):
        for place, step in enumerate(STEPS):
            at = MONDAY + timedelta(hours=3 * case + place)
            end = at + timedelta(minutes=30)
            if not leave_out(case, step):
                rows.append(f"A{case},{step},{at:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M},张三")
    return rows


@pytest.fixture
def analysed(tmp_path):
    def run(rows, *more, header=HEADER):
        path = tmp_path / "log.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        arguments = ["analyze", "process", str(path), *map(str, more)]
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == 0, result.output
        assert CliRunner().invoke(main, arguments).exit_code == 0
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    return run


def test_one_timestamp_gives_stages_and_no_waiting(analysed):
    rows = [",".join(row.split(",")[at] for at in (0, 1, 3)) for row in lines()]
    found = analysed(rows, header="单号,步骤,完成时间")
    assert (found["has_start"], found["bottleneck"]["basis"]) == (False, "stage")
    assert found["case_hours"]["median"] == 2.0
    assert found["waiting_causes"] == []
    assert all(step["waiting_hours"]["median"] is None for step in found["steps"])


def test_ties_keep_the_order_of_the_file_and_are_counted(analysed):
    rows = [f"A{case},{step},2024-03-04 09:00" for case in range(5) for step in STEPS]
    found = analysed(rows, header="单号,步骤,完成时间")
    assert (found["ties"], found["variants"], found["repeated_rows"]) == (10, 1, 0)
    assert found["variant_list"][0]["steps"] == list(STEPS)


def test_open_and_truncated_cases_are_counted_and_out_of_the_cycle_time(analysed, tmp_path):
    """Every fifth case was not paid yet, every seventh has lost its request; 归档 never happens."""
    table = tmp_path / "steps.csv"
    table.write_text("流程步骤\n申请\n审批\n付款\n归档\n", encoding="utf-8")
    rows = lines(
        35, leave_out=lambda c, s: (c % 5 == 0 and s == "付款") or (c % 7 == 0 and s == "申请")
    )
    found = analysed(rows, "--model", table)
    assert (found["cases"], found["open"], found["truncated"]) == (35, 7, 5)
    assert found["case_hours"] == {"mean": 2.5, "median": 2.5, "p90": 2.5}
    assert found["conformance"]["steps_not_in_log"] == ["归档"]
    assert (analysed(rows)["open"], analysed(rows)["truncated"]) == (0, 0)


def test_four_hundred_steps_and_one_case_of_ten_thousand_events(analysed):
    rows = [
        f"A{number // 10_000},步骤{number % 400},{MONDAY + timedelta(minutes=5 * number)}"
        for number in range(10_020)
    ]
    found = analysed(rows, header="单号,步骤,完成时间")
    assert (found["events"], found["cases"], found["activities"]) == (10_020, 2, 400)
    assert found["edges"] == 400


def test_one_case_and_one_row(analysed):
    assert analysed(lines(1))["case_hours"]["median"] == 2.5
    found = analysed(lines(1)[:1])
    assert (found["cases"], found["edges"], found["bottleneck"]["step"]) == (1, 0, None)


def test_times_of_mixed_zones_are_one_clock(analysed):
    """09:00 in Shanghai is 01:00 in Greenwich, whatever each row writes."""
    rows = ["A,申请,2024-03-04T09:00:00+08:00", "A,审批,2024-03-04T03:00:00Z"]
    assert analysed(rows, header="单号,步骤,完成时间")["case_hours"]["median"] == 2.0


def test_dates_alone_are_days(analysed):
    rows = [f"A{c},{step},2024-03-{4 + c + place:02}" for c in range(9)
            for place, step in enumerate(STEPS)]  # fmt: skip
    assert analysed(rows, header="单号,步骤,完成日期")["case_hours"]["median"] == 48.0


def test_rows_that_stand_twice_are_told(analysed, tmp_path):
    found = analysed(lines() * 2)
    assert (found["events"], found["repeated_rows"]) == (120, 60)
    out = CliRunner().invoke(main, ["analyze", "process", str(tmp_path / "log.csv")]).stdout
    assert "60 rows say the same as another row" in out


def test_people_may_be_missing_in_some_rows_or_all(analysed):
    some = [row if at % 3 else row.removesuffix("张三") for at, row in enumerate(lines())]
    assert len(analysed(some)["waiting_causes"]) == 2
    none = [row.rsplit(",", 1)[0] for row in lines()]
    found = analysed(none, header=HEADER.rsplit(",", 1)[0])
    assert (found["waiting_causes"], found["handover"]["party"]) == ([], None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (HEADER + "\n", "no rows"),
        ("步骤,完成时间\n申请,2024-01-01 09:00\n", "to be the case; name it with --case"),
        ("a,b\n1,2\n3,4\n", "to be the case; name it with --case"),
        (f"{HEADER}\nA1,申请,昨天,2024-13-45,张三\n", "no row could be read"),
        (f"{HEADER}\nA1,申请,2024-03-04 10:00,2024-03-04 09:00,张三\n", "no row could be read"),
    ],
)
def test_what_is_no_log_is_refused_in_a_sentence(tmp_path, text, sentence):
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["analyze", "process", str(path), "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr.splitlines()[-1]
