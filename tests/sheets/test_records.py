"""Comments, history and restoring, saved views, snapshots."""

import pytest

from opsloop.processes import actions
from opsloop.sheets.models import SavedView, Snapshot
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def test_a_comment_counts_until_it_is_resolved(cast, grid, process, steps):
    first = steps.rows()[0]
    reader = grid(cast.employee, process)
    answer = reader.post("comments", row=first["id"], column="hours", text="一小时太短")
    assert answer.json()["comments"][0]["by"] == "孙专员"
    assert steps.rows()[0]["comments"] == {"hours": 1}
    told = steps.get("comments", row=first["id"], column="hours").json()["comments"]
    assert [one["text"] for one in told] == ["一小时太短"]
    resolved = steps.post(f"comments/{told[0]['id']}/resolve").json()["comments"]
    assert resolved[0]["resolvedBy"] == "赵主管"
    assert steps.rows()[0]["comments"] == {}


def test_comments_stay_within_the_lines_somebody_sees(cast, grid, month):
    finance, head = grid(cast.finance_reviewer, month), grid(cast.department_head, month)
    foreign = next(row for row in finance.rows() if row["values"]["item"] == "招待费")
    made = finance.post("comments", row=foreign["id"], column="reason", text="超标").json()
    pk = made["comments"][0]["id"]
    assert head.get("comments", row=foreign["id"]).status_code == 404
    assert head.post("comments", row=foreign["id"], text="看看").status_code == 404
    assert head.post(f"comments/{pk}/resolve").status_code == 404
    assert head.get("history", row=foreign["id"], column="reason").status_code == 404


def test_the_history_of_a_cell_names_who_changed_what_and_restores_it(cast, grid, process, steps):
    first = steps.rows()[0]
    steps.edit(first, hours="30分钟")
    grid(cast.operations_manager, process).edit(steps.rows()[0], hours="2")
    lines = steps.get("history", row=first["id"], column="hours").json()["lines"]
    assert [(line["before"], line["after"]) for line in lines] == [
        ("0.5", "2"), ("1", "0.5"), ("", "1"),
    ]  # fmt: skip
    assert [line["by"] for line in lines] == ["陈运营", "赵主管", "赵主管"]
    assert lines[0]["source"] == "typed"
    row = steps.rows()[0]
    body = {"row": row["id"], "version": row["version"], "column": "hours"}
    answer = steps.post("restore", **body, value=lines[1]["before"])
    assert answer.json()["rows"][0]["values"]["hours"] == "1"
    assert steps.post("restore", **body, value="2").status_code == 409


def test_the_title_block_has_a_history_too(steps):
    version = steps.data()["headerVersion"]
    steps.post("header", version=version, cells={"recorded_on": "2024-06-01"})
    (newest, *_older) = steps.get("history", row="", column="recorded_on").json()["lines"]
    assert (newest["before"], newest["after"]) == ("2024-05-20", "2024-06-01")
    version = steps.data()["headerVersion"]
    answer = steps.post(
        "restore", row="", version=version, column="recorded_on", value="2024-05-20"
    )
    assert answer.status_code == 200
    assert steps.data()["header"]["recorded_on"] == "2024-05-20"


def test_the_history_of_a_reason_is_that_of_its_line(cast, grid, month):
    lines = grid(cast.finance_reviewer, month)
    row = lines.rows()[0]
    assert lines.get("history", row=row["id"], column="reason").json() == {"lines": []}
    lines.edit(row, reason="市场价格上涨20%", controllable="不可控")
    (line,) = lines.get("history", row=row["id"], column="reason").json()["lines"]
    assert line["after"] == "市场价格上涨20%"
    (line,) = lines.get("history", row=row["id"], column="controllable").json()["lines"]
    assert line["after"] == "no"


def test_unknown_columns_have_no_history(steps):
    assert steps.get("history", row="", column="nothing").status_code == 404


def test_views_are_ones_own_until_shared(cast, grid, process, steps):
    reader = grid(cast.employee, process)
    state = {"sort": [["hours", "desc"]]}
    steps.post("views", name="按耗时", state=state, shared=False)
    assert reader.data()["views"] == []
    (view,) = steps.post("views", name="按耗时", state=state, shared=True).json()["views"]
    assert view["mine"] is True
    (seen,) = reader.data()["views"]
    assert (seen["name"], seen["mine"], seen["state"]) == ("按耗时", False, state)
    assert reader.post(f"views/{seen['id']}/delete").status_code == 403
    assert SavedView.objects.count() == 1
    other = actions.define_process(name="别的流程", department=cast.sales, by=None, now=NOW)
    assert grid(cast.outsider, other).data()["views"] == []
    assert steps.post(f"views/{view['id']}/delete").json() == {"views": []}


def test_a_state_is_kept_under_a_name_and_put_back_as_chosen(cast, grid, process, steps):
    before = steps.rows()
    client = steps.client
    assert client.post(steps.base + "snapshots", {"name": "评审前"}).status_code == 302
    steps.edit(steps.rows()[0], hours="9", role="甲")
    gone = steps.rows()[4]
    steps.post("rows/delete", rows=[{"id": gone["id"], "version": gone["version"]}])
    kept = Snapshot.objects.get()
    page = client.get(f"{steps.base}snapshots/{kept.pk}/")
    text = page.content.decode()
    assert "评审前" in text
    assert "总经理审批" in text
    compared = page.context["compared"]
    tokens = [choice.token for row in compared.rows for choice in row.choices]
    answer = client.post(
        f"{steps.base}snapshots/{kept.pk}/restore", {"seen": compared.seen, "take": tokens}
    )
    assert answer.status_code == 302
    assert [row["values"] for row in steps.rows()] == [row["values"] for row in before]
    stale = client.post(f"{steps.base}snapshots/{kept.pk}/restore", {"seen": compared.seen})
    assert stale["Location"].endswith(f"/snapshots/{kept.pk}/")
    reader = grid(cast.employee, process).client
    assert reader.get(f"{steps.base}snapshots/{kept.pk}/").status_code == 200
    assert reader.post(f"{steps.base}snapshots", {"name": "别人"}).status_code == 403
    assert reader.post(f"{steps.base}snapshots/{kept.pk}/restore", {}).status_code == 403


def test_a_state_of_all_lines_is_not_shown_to_who_sees_some(cast, grid, month):
    finance, head = grid(cast.finance_reviewer, month), grid(cast.department_head, month)
    finance.client.post(finance.base + "snapshots", {"name": "月底"})
    kept = Snapshot.objects.get()
    assert finance.client.get(f"{finance.base}snapshots/{kept.pk}/").status_code == 200
    assert head.client.get(f"{head.base}snapshots/{kept.pk}/").status_code == 404
    assert "月底" not in head.client.get(head.base).content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {"name": " ", "state": {}},
        {"name": "名", "state": {"a": "x" * 20_001}},
        {"name": "名", "state": {"a": "\x00"}},
        {"name": "长" * 81, "state": {}},
    ],
)
def test_a_view_that_no_grid_would_save_is_refused(steps, body):
    assert steps.post("views", **body).status_code == 400
    assert not SavedView.objects.exists()


def test_an_empty_comment_is_none(steps):
    assert steps.post("comments", row="", column="", text="  ").status_code == 400
