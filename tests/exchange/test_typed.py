"""From a text table to facts: mapping proposed, values typed, every problem named."""

import polars as pl
import pytest

from opsloop.exchange.dates import DateReading
from opsloop.exchange.mapping import FIELDS, ColumnMapping, header_key, propose, unit_factor
from opsloop.exchange.problems import Problem, RefusedFile
from opsloop.exchange.table import Table
from opsloop.exchange.typed import OUTCOMES, stable_numbers, typed_rows
from opsloop.facts import schema


def table(columns, **meta):
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    numbers = pl.Series("source_row", range(2, 2 + frame.height), dtype=pl.Int64)
    return Table(frame, numbers, (1,), (), "csv", meta=meta)


OA = {
    "单据编号": ["CG1", "CG1", "CG2", "CG2"],
    "审批节点": ["申请", "审批", "申请", "审批"],
    "审批人": ["张三", "李四", "张三", "无"],
    "到达时间": ["2024-06-03 09:00", "2024-06-03 10:00", "2024-06-04 09:00", None],
    "审批时间": ["2024-06-03 10:00", "2024-06-05 10:00", "2024-06-04 09:30", "2024-06-06 10:00"],
    "处理意见": ["提交", "退回", "提交", "再议"],
    "所属部门": ["采购部", "财务部", "采购部", None],
    "申请金额(万元)": ["1.2", "1.2", "0.35", "0.35"],
}


def test_the_headers_of_an_office_export_are_understood():
    mapping = propose("event_log", table(OA))
    assert mapping.columns == {
        "case_id": "单据编号", "activity": "审批节点", "resource": "审批人", "start_time": "到达时间",
        "end_time": "审批时间", "outcome": "处理意见", "department": "所属部门", "amount": "申请金额(万元)",
    }  # fmt: skip
    assert mapping.missing == ()
    assert all(0.5 < sure <= 1 for sure in mapping.confidence.values())
    assert mapping.reasons["case_id"] == "name"


def test_an_event_log_is_typed_and_its_problems_named():
    source = table(OA)
    typed = typed_rows("event_log", source, propose("event_log", source), timezone="Asia/Shanghai")
    assert typed.names == {
        "activity": ("申请", "审批"), "resource": ("张三", "李四"), "department": ("采购部", "财务部"),
    }  # fmt: skip
    assert typed.frame["outcome_no"].to_list() == [0, 1, 0, -1]
    assert typed.frame["amount_fen"].to_list() == [1_200_000, 1_200_000, 350_000, 350_000]
    assert typed.frame["resource_no"].to_list() == [0, 1, 0, -1]
    assert typed.frame["start_us"].null_count() == 1
    assert typed.frame["case_no"].to_list() == stable_numbers(["CG1", "CG1", "CG2", "CG2"])
    assert typed.identities["case"].rows() == list(
        zip(stable_numbers(["CG1", "CG2"]), ["CG1", "CG2"], strict=True)
    )
    assert typed.problems() == [Problem(5, "处理意见", "unknown_outcome", "再议", {}, "warning")]
    assert typed.counts == {"unknown_outcome": 1}
    assert not typed.bad_rows.any()
    assert set(typed.frame.columns) == set(schema.schema_of("event_log").dtypes)


def test_a_bad_row_is_left_out_and_says_why():
    source = table(
        {
            "case_id": ["1", None, "3", "4", "5"],
            "activity": ["A", "A", "A", "A", "无"],
            "start_time": ["2024-06-05", None, None, "昨天", None],
            "end_time": ["2024-06-04", "2024-06-04", None, "2024-06-04", "2024-06-04"],
            "amount": ["1", "1", "1", "1.234", "1"],
        }
    )
    mapping = ColumnMapping("event_log", {name: name for name in source.labels})
    typed = typed_rows("event_log", source, mapping, timezone=None)
    assert [(one.row, one.column, one.code) for one in typed.problems()] == [
        (2, "end_time", "ends_before_start"),
        (3, "case_id", "required"),
        (4, "end_time", "required"),
        (5, "start_time", "not_a_date"),
        (5, "amount", "too_precise"),
        (6, "activity", "required"),
    ]
    assert typed.frame.height == 0
    assert typed.bad_rows.to_list() == [True] * 5
    assert typed.problems(limit=1)[0].row == 2
    assert typed.problems()[4].params == {"places": "2"}


LEDGER = {
    "会计期间": ["2024年6月", "2024-06", "202407"],
    "凭证日期": ["2024-06-05", None, "2024/7/1"],
    "凭证号": ["记-1", "记-1", "-"],
    "成本类别": ["原材料", "原材料", "办公费用"],
    "科目名称": ["A材料", "B材料", "水电费"],
    "部门": ["采购部", "采购部", "行政部"],
    "金额": ["1,234.50", "(10)", "50万"],
    "数量": ["10.5", None, "1"],
    "供应商": ["甲公司", "乙公司", None],
    "摘要": ["a", "b", "c"],
}


def test_a_ledger_is_understood_and_typed():
    source = table(LEDGER)
    mapping = propose("ledger", source)
    assert mapping.columns == {
        "period": "会计期间", "date": "凭证日期", "document": "凭证号", "category": "成本类别",
        "item": "科目名称", "department": "部门", "amount": "金额", "quantity": "数量", "supplier": "供应商",
    }  # fmt: skip
    typed = typed_rows("ledger", source, mapping, timezone=None)
    assert typed.counts == {}
    assert typed.frame["period_no"].to_list() == [202406, 202406, 202407]
    assert typed.frame["day"].to_list() == [19879, -1, 19905]
    assert typed.frame["amount_fen"].to_list() == [123_450, -1_000, 50_000_000]
    assert typed.frame["quantity_milli"].to_list() == [10_500, None, 1_000]
    assert typed.frame["document_no"].to_list() == [*stable_numbers(["记-1", "记-1"]), -1]
    assert set(typed.frame.columns) == set(schema.schema_of("ledger").dtypes)


def test_quantity_times_price_is_the_amount_where_none_is_given():
    source = table(
        {
            "月份": ["2024-06"] * 4,
            "成本项目": ["A"] * 4,
            "预算数量": ["3", "-3", None, "1"],
            "预算单价": ["45.5805", "45.5805", "1", "x"],
        }
    )
    mapping = propose("budget", source)
    assert mapping.missing == ()
    typed = typed_rows("budget", source, mapping, timezone=None)
    assert typed.frame["amount_fen"].to_list() == [13_674, -13_674]
    assert typed.counts == {"required": 1, "not_a_number": 1}
    assert set(typed.frame.columns) == set(schema.schema_of("budget").dtypes)


def test_a_date_names_the_month_where_no_column_does():
    source = table({"日期": ["20101229", None], "科目": ["a", "a"], "金额": ["1", "2"]})
    typed = typed_rows("ledger", source, propose("ledger", source), timezone=None)
    assert typed.frame["period_no"].to_list() == [201012]
    assert typed.problems() == [Problem(3, "日期", "required")]


def test_an_ambiguous_column_of_dates_asks_and_an_answer_settles_it():
    source = table({"case_id": ["1"], "activity": ["a"], "end_time": ["3/4/2025"]})
    mapping = propose("event_log", source)
    typed = typed_rows("event_log", source, mapping, timezone=None)
    assert typed.counts == {"date_ambiguous": 1}
    answered = typed_rows(
        "event_log", source, mapping, timezone=None, reading=DateReading(order="day_first")
    )
    assert answered.frame["end_us"].to_list() == [1_743_638_400_000_000]


def test_day_counts_follow_the_epoch_of_the_workbook():
    columns = {"case_id": ["1"], "activity": ["a"], "end_time": ["43986"]}
    mapping = ColumnMapping("event_log", {name: name for name in columns})
    for epoch, day in (("1900", "2020-06-04"), ("1904", "2024-06-05")):
        typed = typed_rows("event_log", table(columns, epoch=epoch), mapping, timezone=None)
        assert str(typed.frame["end_us"].cast(pl.Datetime("us"))[0]).startswith(day)


def test_a_mapping_must_fit_the_table():
    source = table({"case_id": ["1"], "activity": ["a"], "when": ["2024-06-05"]})
    with pytest.raises(RefusedFile, match="no column “x”"):
        typed_rows("event_log", source, ColumnMapping("event_log", {"case_id": "x"}), timezone=None)
    with pytest.raises(RefusedFile, match="No column gives “end_time”"):
        mapping = ColumnMapping("event_log", {"case_id": "case_id", "activity": "activity"})
        typed_rows("event_log", source, mapping, timezone=None)
    assert ColumnMapping("ledger", {"amount": "a"}).missing == ("period", "category")


def test_too_many_names_mean_the_wrong_column():
    many = [f"step {number}" for number in range(2**15)]
    columns = {"case_id": many, "activity": many, "end_time": ["2024-06-05"] * len(many)}
    mapping = ColumnMapping("event_log", {name: name for name in columns})
    with pytest.raises(RefusedFile, match="32768 different names"):
        typed_rows("event_log", table(columns), mapping, timezone=None)


def test_values_speak_where_headers_do_not():
    source = table(
        {
            "case": ["1", "1", "1"],
            "task": ["a", "b", "a"],
            "X1": ["2024-06-05 10:00", "2024-06-05 11:00", "2024-06-05 12:00"],
            "X2": ["同意", "退回", "同意"],
            "empty": [None, "无", None],
        }
    )
    mapping = propose("event_log", source)
    assert mapping.columns["end_time"] == "X1"
    assert mapping.reasons["end_time"] == "values"
    assert mapping.columns["outcome"] == "X2"


def test_an_only_start_is_the_time_of_the_event():
    source = table(
        {"单号": ["1", "1"], "环节": ["a", "b"], "到达时间": ["2024-06-05", "2024-06-06"]}
    )
    mapping = propose("event_log", source)
    assert mapping.columns["end_time"] == "到达时间"
    assert mapping.reasons["end_time"] == "only_time"


def test_a_date_of_the_case_is_no_start_of_its_events():
    source = table(
        {
            "单号": ["1", "1", "1"],
            "环节": ["a", "b", "c"],
            "创建时间": ["2024-06-01"] * 3,
            "处理时间": ["2024-06-05", "2024-06-06", "2024-06-07"],
        }
    )
    assert "start_time" not in propose("event_log", source).columns


def test_headers_compare_without_units_and_separators_and_units_count():
    assert header_key(" Case_ID ") == "caseid"
    assert header_key("金额（万元）") == "金额"
    assert unit_factor("金额（万元）") == 10_000
    assert unit_factor("金额(含税)(千元)") == 1_000
    assert unit_factor("金额(元)") == unit_factor("金额") == unit_factor("km (m)") == 1


def test_outcomes_of_both_rooms_agree_and_every_field_has_names():
    assert schema.OUTCOMES == OUTCOMES
    assert all(words["names"] for fields in FIELDS.values() for words in fields.values())
