"""Blocks from spreadsheets: previewed, applied whole or not at all, taken back in one step."""

import pytest

from opsloop.audit.models import AuditEvent
from tests.processes.conftest import FORM

pytestmark = pytest.mark.django_db


def html(*rows: list[str]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{cells}</table></body></html>"


def send(grid, preview, after=""):
    rows = [
        {
            "row": row["row"], "version": row["version"],
            "cells": {key: cell["typed"] for key, cell in row["cells"].items()},
        }
        for row in preview["rows"]
    ]  # fmt: skip
    return grid.post("paste/apply", rows=rows, after=after)


def test_a_block_without_headings_goes_where_the_cursor_is(steps):
    rows = steps.rows()
    preview = steps.post(
        "paste/preview", text="甲\t30分钟\n乙\t", html="", row=rows[3]["id"], column="outputs"
    ).json()
    assert preview["matched"] == "position"
    assert preview["columns"] == ["outputs", "hours"]
    assert [row["row"] for row in preview["rows"]] == [rows[3]["id"], rows[4]["id"]]
    assert preview["rows"][0]["cells"]["hours"]["value"] == "0.5"
    assert preview["rows"][1]["cells"]["hours"]["value"] == ""
    assert (preview["problems"], preview["new"], preview["changed"]) == (0, 0, 4)


def test_rows_beyond_the_last_are_new(steps):
    rows = steps.rows()
    preview = steps.post(
        "paste/preview", text="甲\n乙\n丙", html="", row=rows[4]["id"], column="name"
    ).json()
    assert [row["row"] for row in preview["rows"]] == [rows[4]["id"], "", ""]
    assert preview["new"] == 2
    answer = send(steps, preview, after=rows[4]["id"])
    assert answer.status_code == 200
    assert steps.column("name")[-3:] == ["甲", "乙", "丙"]
    assert len(answer.json()["ids"]) == 2


def test_a_block_with_headings_is_matched_by_them(steps):
    block = html(["耗时(分钟)", "流程步骤", "没有这列"], ["90", "1.登记", "x"])
    preview = steps.post(
        "paste/preview", html=block, text="", row="", column="", mode="rows"
    ).json()
    assert preview["matched"] == "header"
    assert set(preview["columns"]) == {"name", "hours"}
    assert preview["unknown"] == ["没有这列"]
    assert preview["rows"][0]["cells"]["name"]["value"] == "登记"
    assert preview["rows"][0]["cells"]["hours"]["typed"] == "1.5"


def test_both_blocks_of_the_form_bring_their_title(cast, grid, process):
    form = grid(cast.department_head, process)
    changed = FORM.replace("2024-05-20", "2024年5月21日")
    preview = form.post("paste/preview", html="", text=changed, mode="rows").json()
    assert preview["header"] == {"recorded_on": "2024-05-21"}
    assert len(preview["rows"]) == 5
    assert preview["problems"] == 0


def test_a_paste_applies_whole_or_not_at_all(cast, grid, process, steps):
    rows, before = steps.rows(), AuditEvent.objects.count()
    good = {"row": rows[0]["id"], "version": rows[0]["version"], "cells": {"role": "甲"}}
    unreadable = {"row": rows[1]["id"], "version": rows[1]["version"], "cells": {"hours": "很久"}}
    assert steps.post("paste/apply", rows=[good, unreadable]).status_code == 422
    refused = {"row": "", "version": "", "cells": {"name": "乙", "role": "长" * 121}}
    assert steps.post("paste/apply", rows=[good, refused]).status_code == 422
    assert AuditEvent.objects.count() == before
    grid(cast.operations_manager, process).edit(rows[1], role="别人的")
    stale = {"row": rows[1]["id"], "version": rows[1]["version"], "cells": {"role": "我的"}}
    assert steps.post("paste/apply", rows=[good, stale]).status_code == 409
    assert steps.column("role")[0] == "申请人"
    assert len(steps.rows()) == 5


def test_a_paste_is_taken_back_in_one_step(steps):
    before = steps.rows()
    data = steps.data()
    rows = [
        {
            "row": before[0]["id"],
            "version": before[0]["version"],
            "cells": {"hours": "9", "role": "甲"},
        },
        {"row": "", "version": "", "cells": {"name": "新步骤"}},
    ]
    answer = steps.post(
        "paste/apply", rows=rows, after=before[1]["id"],
        header={"cells": {"recorded_on": "2024-06-01"}, "version": data["headerVersion"]},
    ).json()  # fmt: skip
    assert steps.column("name")[2] == "新步骤"
    assert answer["order"][2] == answer["ids"][0]
    assert answer["header"]["recorded_on"] == "2024-06-01"
    assert steps.post("changes", **answer["inverse"]).status_code == 200
    assert [row["values"] for row in steps.rows()] == [row["values"] for row in before]
    assert steps.data()["header"] == data["header"]


def test_cells_that_cannot_be_read_are_shown_in_the_preview(steps):
    rows = steps.rows()
    preview = steps.post(
        "paste/preview", text="很久", html="", row=rows[0]["id"], column="hours"
    ).json()
    cell = preview["rows"][0]["cells"]["hours"]
    assert cell["typed"] == "很久"
    assert "很久" in cell["problem"]
    assert preview["problems"] == 1


def test_reasons_of_a_month_are_pasted_by_the_names_of_its_lines(cast, grid, month):
    lines = grid(cast.finance_reviewer, month)
    text = (
        "成本类别\t子项名称\t预算金额(元)\t原因分析\n"
        '办公费用\t招待费\t"30,000"\t新客户开发招待费超标\n'
        "办公费用\t没有这项\t1\t别的\n"
    )
    preview = lines.post("paste/preview", html="", text=text, mode="cells").json()
    assert preview["columns"] == ["reason"]
    found = {row["row"] != "": row for row in preview["rows"]}
    assert found[True]["cells"]["reason"]["value"] == "新客户开发招待费超标"
    assert found[False]["cells"]["reason"]["problem"]


def test_a_block_that_is_too_large_is_refused(steps):
    text = "\n".join(["甲\t乙"] * 5_001)
    answer = steps.post("paste/preview", html="", text=text, mode="rows", column="name")
    assert answer.status_code == 413
