"""Where title block, headings, rows and the rest are, however the form was copied."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from opsloop.exchange import returned
from opsloop.exchange.columns import Column
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.returned.column_type import column_type
from opsloop.exchange.returned.headings import aligned, bare_key, heading_key, unit_in
from opsloop.exchange.returned.model import MatchedBy
from opsloop.exchange.table import Area
from tests.exchange.returned.forms import FORM, SMALL, cells

HEAD = ("任务", "预算金额(元)", "责任部门")


def kinds(form):
    return [(aside.row, aside.kind, aside.text) for aside in form.asides]


def test_labels_stand_over_their_values():
    form = returned.read(
        cells(
            ("各类型表",),
            ("项目名称", "编号", "项目负责人", "启动日期"),
            ("新产品", "X-1", "*总监", "6月1日"),
            (),
            HEAD,
            ("市场调研", "5万", "市场部"),
        ),
        FORM,
        year=2024,
    )
    assert form.header == {"project": "新产品", "lead": "*总监", "started_on": date(2024, 6, 1)}
    assert kinds(form) == [(1, "title", "各类型表"), (2, "title", "编号 X-1")]
    assert form.rows[0].values == {
        "task": "市场调研",
        "budget": Decimal(50_000),
        "department": "市场部",
    }
    assert (form.heading_row, form.rows[0].row) == (5, 6)


def test_labels_stand_beside_their_values():
    form = returned.read(
        cells(
            ("项目名称：新产品", "", "负责人:", "李四"),
            ("启动日期", "2024.6.1", "密级", "内部"),
            HEAD,
            ("市场调研", "1", "市场部"),
        ),
        FORM,
    )
    assert form.header == {"project": "新产品", "lead": "李四", "started_on": date(2024, 6, 1)}
    assert kinds(form) == [(2, "title", "密级 内部")]


def test_an_empty_title_block_is_empty():
    form = returned.read(cells(("项目名称", "", "启动日期", ""), HEAD, ("a", "1", "b")), FORM)
    assert form.header == {"project": None, "started_on": None}


def test_a_label_alone_has_its_value_below():
    form = returned.read(cells(("名称",), ("采购",), ("事项", "金额(元)"), ("a", "1")), SMALL)
    assert form.header == {"name": "采购"}


def test_a_wrong_value_of_the_title_block_is_named():
    form = returned.read(cells(("启动日期", "下周"), HEAD, ("a", "1", "b")), FORM)
    assert form.header == {}
    problem = form.header_problems["started_on"]
    assert (problem.row, problem.column, problem.code, problem.value) == (
        1,
        "启动日期",
        "not_a_date",
        "下周",
    )
    assert form.problems == (problem,)
    assert form.header_texts == {"started_on": "下周"}


def test_the_year_of_the_title_block_completes_the_dates_of_rows():
    form = returned.read(
        cells(("启动日期", "2023-05-01"), ("任务", "计划完成时间"), ("a", "6月10日")), FORM
    )
    assert form.rows[0].values["due_on"] == date(2023, 6, 10)


def test_headings_on_two_levels_are_read_together():
    form = returned.read(
        cells(
            ("任务", "金额", "", "责任部门"),
            ("", "预算金额(元)", "实际支出(元)", ""),
            ("a", "1", "2", "b"),
            merged=[Area(0, 0, 1, 0), Area(0, 1, 0, 2), Area(0, 3, 1, 3)],
        ),
        FORM,
    )
    assert {column.key: column.by for column in form.columns} == dict.fromkeys(
        ("task", "budget", "actual", "department"), "printed"
    )
    assert form.rows[0].row == 3


def test_headings_on_two_levels_without_merge_marks():
    form = returned.read(
        cells(
            ("任务", "金额", "", "责任部门"),
            ("", "预算金额(元)", "实际支出(元)", ""),
            ("a", "1", "2", "b"),
        ),
        FORM,
    )
    assert [column.key for column in form.columns] == ["task", "budget", "actual", "department"]


def test_a_label_with_its_unit_is_a_heading():
    form = returned.read(cells(("Task", "Count(个)"), ("a", "1")), FORM)
    assert [column.key for column in form.columns] == ["task", "count"]


def test_what_is_no_row_is_kept_aside():
    form = returned.read(
        cells(
            HEAD,
            ("一、准备阶段", "", ""),
            ("a", "1", "x"),
            HEAD,
            ("b", "2", "x"),
            ("小计", "3", ""),
            (),
            ("合 计：", "3", ""),
            ("编制：", "审核：__", "批准："),
            ("注：金额含税", "", ""),
            ("另见附件", "", ""),
            ("打印日期", "", ""),
            merged=[Area(1, 0, 1, 2)],
        ),
        FORM,
    )
    assert [row.values["task"] for row in form.rows] == ["a", "b"]
    assert [aside.kind for aside in form.asides] == [
        "section", "heading", "total", "total", "signature", "note", "note", "note",
    ]  # fmt: skip


def test_a_row_that_looks_like_a_note_stays_a_row():
    form = returned.read(cells(HEAD, ("备注",), ("编制",), ("注意事项汇编", "1", "x")), FORM)
    assert [row.values["task"] for row in form.rows] == ["备注", "编制", "注意事项汇编"]


def test_rows_after_the_signatures_are_rows_when_they_are_full():
    form = returned.read(
        cells(HEAD, ("编制：张三", "审核：李四", ""), ("a", "1", "x"), ("", "附件", "")), FORM
    )
    assert [row.values["task"] for row in form.rows] == ["a"]
    assert [aside.kind for aside in form.asides] == ["signature", "note"]


def test_two_cells_below_the_signatures_of_a_wide_form_are_a_note():
    head = ("任务", "说明文字", "数量(个)", "预算金额(元)", "责任人", "责任部门")
    form = returned.read(cells(head, ("编制：", "审核："), ("附件", "二份")), FORM)
    assert [aside.kind for aside in form.asides] == ["signature", "note"]


def test_merged_cells_are_filled_down():
    form = returned.read(
        cells(HEAD, ("a", "1", "采购部"), ("b", "2", ""), merged=[Area(1, 2, 2, 2)]), FORM
    )
    assert [row.values["department"] for row in form.rows] == ["采购部", "采购部"]


def test_columns_the_form_does_not_have_are_kept_and_named():
    form = returned.read(
        cells(("序号", *HEAD, "备 注*", "", "任务"), ("1", "a", "1", "x", "加急", "y", "z")), FORM
    )
    assert form.unknown == ("备 注*", "[F]", "任务")
    assert form.unknown_types == {"备 注*": "text", "[F]": "text", "任务": "text"}
    assert form.rows[0].unknown == {"备 注*": "加急", "[F]": "y", "任务": "z"}


def test_a_column_may_be_known_by_any_of_its_names():
    form = returned.read(
        cells(("Task", "budget", "预算", "责任 部门*", "OWNER"), ("a", "1", "2", "b", "c")), FORM
    )
    assert [(column.key, column.by) for column in form.columns] == [
        ("task", "key"), ("budget", "key"), ("department", "printed"), ("owner", "key"),
    ]  # fmt: skip
    assert form.unknown_types == {"预算": "money"}


def test_a_renamed_heading_of_a_complete_form_is_known_by_its_place():
    head = [column.printed for column in FORM.columns]
    head[1] = "补充"
    form = returned.read(cells(head, ["x"] * len(head)), FORM)
    assert [column.by for column in form.columns if column.key == "note"] == ["position"]


def test_places_are_settled_only_where_the_order_leaves_no_choice():
    keys = ("a", "b", "c", "d")
    found: dict[int, tuple[str, MatchedBy]] = {0: ("a", "label"), 3: ("d", "label")}
    assert aligned(found, [0, 1, 2, 3], keys)[2] == ("c", "position")
    assert aligned(found, [0, 1, 3], keys) == found
    crossed: dict[int, tuple[str, MatchedBy]] = {0: ("d", "label"), 1: ("a", "label")}
    assert aligned(crossed, [0, 1], keys) == crossed


def test_cells_without_headings_are_read_by_position():
    form = returned.read(cells(("a", "市场", "3"), ("b", "", "x")), FORM, start="task")
    assert [column.by for column in form.columns] == ["position"] * 3
    assert form.rows[0].values == {"task": "a", "note": "市场", "count": Decimal(3)}
    assert form.rows[1].problems["count"].code == "not_a_number"
    assert form.faulty == (form.rows[1],)
    assert form.heading_row is None
    wide = returned.read(cells(("x", "是", "多余")), FORM, start="department")
    assert wide.unknown_types == {"[C]": "text"}
    assert returned.read(cells(), FORM, start="task").rows == ()


def test_a_file_without_the_form_is_refused_in_one_sentence():
    with pytest.raises(RefusedFile) as refusal:
        returned.read(cells(("a", "b"), ("1", "2")), FORM)
    assert refusal.value.code == "no_form"
    assert "任务" in str(refusal.value)


def test_a_row_that_nothing_names_is_kept_out():
    form = returned.read(cells(HEAD, ("", "1", "")), FORM)
    assert {key: problem.severity for key, problem in form.rows[0].problems.items()} == {
        "task": "error",
        "department": "warning",
    }


def test_a_name_two_columns_share_but_for_their_units_names_neither():
    sheet = replace(
        SMALL,
        columns=(
            *SMALL.columns,
            Column("goal", "g1", type="money", printed="目标(万元)"),
            Column("rate", "g2", type="percent", printed="目标(%)"),
            Column("mark", "得分"),
        ),
    )
    head = ("事项", "金额(元)", "目标（％）", "目标", "目标(万元)", "得分")
    form = returned.read(cells(head, ("a", "1", "5", "7", "9", "8")), sheet)
    assert [column.key for column in form.columns] == ["name", "amount", "rate", "goal", "mark"]
    assert form.unknown_types == {"目标": "number"}
    assert form.rows[0].values["goal"] == 90_000


def test_a_field_the_form_lost_since_is_passed_over():
    marks = [("opsloop", "name", "name", "A1"), ("small", "amount", "lost", "B1")]
    marks += [("", "", "", ""), ("1", "", "", ""), ("3", "", "", "")]
    marked = cells(("x", "y"), (), ("事项", "金额(元)"), ("a", "1"), marks=tuple(marks))
    assert returned.read(marked, SMALL).header == {"name": "x"}
    moved = cells(("名称", "z"), ("事项", "金额(元)"), ("a", "1"), marks=tuple(marks))
    assert returned.read(moved, SMALL).header == {"name": "z"}
    foreign = cells(("事项", "金额(元)"), ("a", "1"), marks=(("other",),))
    assert returned.read(foreign, SMALL).subject == ""


def test_headings_are_compared_without_what_does_not_matter():
    assert heading_key(" *耗时（小时）： ") == "耗时(小时)"
    assert bare_key("耗时（小时）") == "耗时"
    assert bare_key("(元)") == "(元)"
    assert unit_in("预算[含税](万元)") == "万元"
    assert unit_in("预算") == ""


@pytest.mark.parametrize(
    ("heading", "texts", "kind"),
    [
        ("完成率", ["0.3", "0.5"], "percent"),
        ("增幅", ["3%", "5%", "-"], "percent"),
        ("增幅(%)", ["3", "5"], "percent"),
        ("合同金额", ["1,200.00", "50万"], "money"),
        ("合同(万元)", ["12", "无"], "money"),
        ("用时（分钟）", ["12", "30"], "hours"),
        ("人数", ["12", "30", "15", "8", "约20"], "number"),
        ("签订日", ["2024年6月5日", "6月10日"], "date"),
        ("打卡", ["2024-06-05 08:30", "2024-06-06 09:00"], "datetime"),
        ("备注", ["加急", "12"], "text"),
        ("备注", ["", "无"], "text"),
        ("增减比例", ["-"], "percent"),
    ],
)
def test_the_type_of_a_column_nobody_declared_is_told(heading, texts, kind):
    assert column_type(heading, texts) == kind
