"""Reading and changing forms through the grid's own addresses."""

from typing import Any

import pytest

from opsloop.audit.models import AuditEvent
from opsloop.costs import actions as costs

pytestmark = pytest.mark.django_db
STEPS = ["填写申请表", "部门经理审批", "采购部审核", "财务部复核", "总经理审批"]


def test_the_grid_begins_with_declaration_title_block_rows_and_totals(steps):
    data = steps.data()
    assert data["sheet"]["key"] == "process_review"
    assert [column["key"] for column in data["sheet"]["columns"]][:2] == ["name", "role"]
    assert data["header"]["departments"] == "采购部、财务部"
    assert data["header"]["recorded_on"] == "2024-05-20"
    assert [row["values"]["hours"] for row in data["rows"]] == ["1", "24", "12", "12", "48"]
    assert data["totals"] == {"hours": "97"}
    assert data["may"] == {"edit": True, "comment": True, "rows": True}
    assert data["rows"][0]["sources"]["hours"] == "typed"


def test_the_month_shows_computed_figures(cast, grid, month):
    data = grid(cast.finance_reviewer, month).data()
    by_item = {row["values"]["item"]: row for row in data["rows"]}
    line = by_item["A材料采购"]["values"]
    assert (line["base"], line["actual"], line["variance"], line["rate"]) == (
        "500000", "650000", "150000", "0.3",
    )  # fmt: skip
    assert by_item["A材料采购"]["health"] == "bad"
    assert data["totals"]["variance"] == "207000"
    assert data["may"]["rows"] is False


@pytest.mark.parametrize(
    ("column", "typed", "value"),
    [
        ("hours", "30分钟", "0.5"),
        ("hours", "1.5 小时", "1.5"),
        ("hours", "2天", "48"),
        ("hours", "１２", "12"),
        ("hours", "无", ""),
        ("hours", "-", ""),
        ("role", " 财务经理 ", "财务经理"),
        ("role", "无", ""),
        ("inputs", "第一行\r\n第二行", "第一行\n第二行"),
        ("role", "=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("role", "a\x00b", "ab"),
    ],
)
def test_what_is_typed_becomes_a_value(steps, column, typed, value):
    answer = steps.edit(steps.rows()[0], **{column: typed})
    assert answer.status_code == 200
    assert answer.json()["rows"][0]["values"][column] == value


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"hours": "很久"}, "很久"),
        ({"hours": "-5"}, ""),
        ({"name": "无"}, "必填"),
        ({"name": "长" * 121}, "120"),
        ({"nothing": "1"}, ""),
    ],
)
def test_what_cannot_be_taken_is_told_per_cell_and_nothing_is_written(steps, cells, text):
    row, other = steps.rows()[:2]
    changes = [
        {"row": other["id"], "version": other["version"], "cells": {"role": "新角色"}},
        {"row": row["id"], "version": row["version"], "cells": cells},
    ]
    before = AuditEvent.objects.count()
    answer = steps.post("changes", changes=changes)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["row"], problem["column"]) == (row["id"], next(iter(cells)))
    assert problem["text"]
    assert text in problem["text"]
    assert steps.rows()[1]["values"]["role"] == "部门经理"
    assert AuditEvent.objects.count() == before


def test_computed_cells_are_not_typed_into(cast, grid, month):
    lines = grid(cast.finance_reviewer, month)
    answer = lines.edit(lines.rows()[0], variance="1")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["column"] == "variance"


def test_an_edit_answers_the_rows_that_read_differently_and_the_way_back(steps):
    first = steps.rows()[0]
    answer = steps.edit(first, hours="3", role="申请部门").json()
    assert [row["id"] for row in answer["rows"]] == [first["id"]]
    assert answer["totals"] == {"hours": "99"}
    assert answer["inverse"][0]["cells"] == {"hours": "1", "role": "申请人"}
    back = steps.post("changes", changes=answer["inverse"])
    assert back.status_code == 200
    assert steps.rows()[0]["values"] == first["values"]
    assert steps.rows()[0]["version"] == first["version"]


def test_the_same_cell_changed_by_somebody_else_shows_both_values(cast, grid, process, steps):
    mine = steps.rows()[1]
    theirs = grid(cast.operations_manager, process)
    theirs.edit(mine, hours="20")
    before = AuditEvent.objects.count()
    answer = steps.edit(mine, hours="10", role="经理")
    assert answer.status_code == 409
    (conflict,) = answer.json()["conflicts"]
    assert conflict["column"] == "hours"
    assert (conflict["yours"], conflict["theirs"]) == ("10", "20")
    assert conflict["by"] == "陈运营"
    assert conflict["at"]
    assert answer.json()["rows"][0]["values"]["role"] == "部门经理"
    assert AuditEvent.objects.count() == before
    again = {"row": mine["id"], "version": conflict["version"], "cells": {"hours": "10"}}
    assert steps.post("changes", changes=[again]).status_code == 200


def test_other_cells_of_the_row_and_equal_values_do_not_conflict(cast, grid, process, steps):
    mine = steps.rows()[1]
    grid(cast.operations_manager, process).edit(mine, hours="20", inputs="申请表")
    assert steps.edit(mine, role="经理").status_code == 200
    assert steps.edit(mine, hours="20").status_code == 200


def test_a_row_that_is_gone_is_a_conflict(steps):
    first, second = steps.rows()[:2]
    steps.post("rows/delete", rows=[{"id": first["id"], "version": first["version"]}])
    changes = [
        {"row": second["id"], "version": second["version"], "cells": {"role": "甲"}},
        {"row": first["id"], "version": first["version"], "cells": {"role": "乙"}},
    ]
    answer = steps.post("changes", changes=changes)
    assert answer.status_code == 409
    assert answer.json()["conflicts"][0]["theirs"] == ""
    assert steps.rows()[0]["values"]["role"] == "部门经理"


@pytest.mark.parametrize(("at", "place"), [(None, 0), (0, 1), (2, 3), (4, 5)])
def test_rows_are_inserted_below_a_row_or_at_the_top(steps, at, place):
    after = "" if at is None else steps.rows()[at]["id"]
    answer = steps.post(
        "rows/insert", after=after, rows=[{"name": "甲"}, {"name": "乙", "hours": "2"}]
    )
    assert answer.status_code == 200
    names = [row["values"]["name"] for row in answer.json()["rows"]]
    assert names == [*STEPS[:place], "甲", "乙", *STEPS[place:]]
    assert [row["id"] for row in answer.json()["rows"]][place : place + 2] == answer.json()["ids"]


def test_a_row_without_its_required_cell_is_not_inserted(steps):
    answer = steps.post("rows/insert", after="", rows=[{"name": "甲"}, {"role": "乙"}])
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["column"] == "name"
    assert len(steps.rows()) == 5


def test_deleted_rows_come_back_where_they_stood(steps):
    before = steps.rows()
    gone = [{"id": before[at]["id"], "version": before[at]["version"]} for at in (0, 2, 3)]
    answer = steps.post("rows/delete", rows=gone).json()
    assert [row["values"]["name"] for row in answer["rows"]] == [STEPS[1], STEPS[4]]
    back = steps.post("rows/insert", **answer["inverse"])
    assert [row["values"] for row in back.json()["rows"]] == [row["values"] for row in before]


def test_a_row_somebody_changed_is_not_deleted_unseen(cast, grid, process, steps):
    first = steps.rows()[0]
    grid(cast.operations_manager, process).edit(first, role="新角色")
    answer = steps.post("rows/delete", rows=[{"id": first["id"], "version": first["version"]}])
    assert answer.status_code == 409
    assert answer.json()["conflicts"][0]["theirs"] == "新角色"
    assert len(steps.rows()) == 5


@pytest.mark.parametrize(
    ("row", "after", "order"),
    [(0, 2, "1 2 0 3 4"), (4, None, "4 0 1 2 3"), (3, 0, "0 3 1 2 4"), (1, 1, "0 1 2 3 4")],
)
def test_rows_move(steps, row, after, order):
    rows = steps.rows()
    below = "" if after is None else rows[after]["id"]
    answer = steps.post("rows/move", row=rows[row]["id"], after=below)
    assert answer.status_code == 200
    moved = [answer_row["values"]["name"] for answer_row in answer.json()["rows"]]
    assert moved == [STEPS[int(at)] for at in order.split()]


def test_the_title_block_is_changed_against_its_version(cast, grid, process, steps):
    data = steps.data()
    version = data["headerVersion"]
    answer = steps.post(
        "header",
        version=version,
        cells={"departments": "采购部、销售部", "recorded_on": "2024年6月1日"},
    )
    assert answer.status_code == 200
    assert answer.json()["header"]["departments"] == "采购部、销售部"
    assert answer.json()["header"]["recorded_on"] == "2024-06-01"
    stale = grid(cast.operations_manager, process).post(
        "header", version=version, cells={"recorded_on": "2024-06-02"}
    )
    assert stale.status_code == 409
    assert stale.json()["conflicts"][0]["theirs"] == "2024-06-01"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"departments": "财务部"}, "departments"),
        ({"departments": "采购部、没有部"}, "departments"),
        ({"name": ""}, "name"),
        ({"recorded_on": "下周"}, "recorded_on"),
    ],
)
def test_a_title_block_that_cannot_stand_is_refused(steps, cells, column):
    version = steps.data()["headerVersion"]
    answer = steps.post("header", version=version, cells=cells)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["column"] == column


def test_a_reason_is_written_and_the_month_keeps_it_when_locked(cast, grid, month):
    lines = grid(cast.finance_reviewer, month)
    row = next(row for row in lines.rows() if row["values"]["item"] == "招待费")
    assert lines.edit(row, reason="新客户开发").status_code == 200
    costs.review(period=month, by=cast.finance_reviewer, now=month.defined_at)
    costs.lock(period=month, by=cast.finance_reviewer, now=month.defined_at)
    row = next(row for row in lines.rows() if row["values"]["item"] == "招待费")
    assert row["values"]["reason"] == "新客户开发"
    assert lines.data()["may"]["edit"] is False
    assert lines.edit(row, reason="别的").status_code == 403


def test_the_lines_of_a_month_are_neither_added_nor_removed(cast, grid, month):
    lines = grid(cast.finance_reviewer, month)
    row = lines.rows()[0]
    refused: list[tuple[str, dict[str, Any]]] = [
        ("rows/insert", {"after": "", "rows": [{}]}),
        ("rows/delete", {"rows": [{"id": row["id"], "version": row["version"]}]}),
        ("rows/move", {"row": row["id"], "after": ""}),
    ]
    for path, body in refused:
        assert lines.post(path, **body).status_code == 422


def test_people_see_and_change_what_their_scope_allows(cast, grid, process, month):
    for person, subject, read, write in [
        (cast.employee, process, 200, 403),
        (cast.outsider, process, 404, 404),
        (cast.system_admin, process, 404, 404),
        (cast.executive, month, 200, 403),
        (cast.employee, month, 404, 404),
    ]:
        form = grid(person, subject)
        assert form.get("data").status_code == read
        assert form.post("changes", changes=[]).status_code == write
        assert form.post("rows/insert", after="", rows=[]).status_code == write
        assert form.get("data").headers["Content-Type"].startswith("application/")


def test_a_head_sees_and_writes_only_their_own_lines(cast, grid, month):
    mine = grid(cast.department_head, month)
    (row,) = mine.rows()
    assert row["values"]["item"] == "A材料采购"
    assert mine.edit(row, reason="市场价格上涨20%").status_code == 200
    others = grid(cast.finance_reviewer, month).rows()
    foreign = next(other for other in others if other["values"]["item"] == "招待费")
    answer = mine.edit(foreign, reason="不是我的")
    assert answer.status_code == 409
    assert answer.json()["conflicts"][0]["theirs"] == ""
    assert "45" not in answer.content.decode()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"changes": 1}', b'{"changes":[{"row":1}]}'])
def test_a_body_of_another_shape_is_refused(steps, body):
    answer = steps.client.post(steps.base + "changes", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["title"]


def test_more_cells_than_one_request_may_change_are_refused(steps):
    rows = [{"name": "甲", "role": "乙"} for _ in range(5_001)]
    assert steps.post("rows/insert", after="", rows=rows).status_code == 413


def test_forms_without_records_and_unknown_ones_are_not_found(cast, client_for):
    client = client_for(cast.operations_manager)
    for path in ("kpi_monitor/1", "nothing/1", "process_review/x", "process_review/99999999"):
        assert client.get(f"/sheets/{path}/data").status_code == 404
