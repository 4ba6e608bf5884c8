"""The pages of the room, through the client: who sees what, with records and without."""

import pytest

from opsloop.processes import actions
from opsloop.processes.models import Process
from tests.conftest import NOW
from tests.processes.grid_paste import paste_form

TABS = ["", "map/", "variants/", "bottleneck/", "cases/"]


@pytest.mark.parametrize("tab", TABS)
def test_every_page_opens_with_and_without_records(process, cast, client_for, tab):
    response = client_for(cast.employee).get(f"/processes/{process.pk}/{tab}")
    assert response.status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_every_page_shows_the_records(logged, cast, client_for, tab):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    response = client_for(cast.employee).get(f"/processes/{logged.pk}/{tab}")
    assert response.status_code == 200
    if tab == "map/":
        names = [node["name"] for node in response.context["picture"]["nodes"]]
        assert names == ["填写申请表", "部门经理审批", "采购入库"]
    elif tab != "cases/":
        assert "部门经理审批" in response.content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_people_of_other_departments_find_nothing(logged, cast, client_for, tab):
    assert client_for(cast.outsider).get(f"/processes/{logged.pk}/{tab}").status_code == 404


def test_the_list_names_volume_times_and_returns(logged, cast, client_for):
    page = client_for(cast.employee).get("/processes/").content.decode()
    assert "采购申请审批流程" in page
    assert "10.0%" in page
    assert "37.0 小时" in page
    assert "采购申请审批流程" not in client_for(cast.outsider).get("/processes/").content.decode()


def test_the_list_without_processes_says_what_to_do(cast, client_for):
    page = client_for(cast.department_head).get("/processes/").content.decode()
    assert "还没有流程" in page
    assert "/processes/new/" in page


def test_a_process_is_created_edited_and_pasted(cast, client_for):
    client = client_for(cast.department_head)
    values = {"name": "采购流程", "department": cast.purchasing.pk, "hours_basis": "natural"}
    assert client.post("/processes/new/", values).status_code == 302
    process = Process.objects.unscoped("test").get()
    taken = client.post("/processes/new/", values).content.decode()
    assert "该部门已有同名流程" in taken
    address = f"/processes/{process.pk}"
    edited = {"name": "采购审批", "hours_basis": "working", "return_limit": "0.05"}
    assert client.post(f"{address}/edit/", edited).status_code == 302
    assert f"/sheets/process_review/{process.pk}/" in client.get(f"{address}/").content.decode()
    paste_form(process, cast.department_head)
    assert process.as_is.steps.count() == 5
    page = client.get(f"{address}/").content.decode()
    assert "97.0 小时" in page
    assert "S3" in page


def test_rows_are_edited_through_the_page(process, cast, client_for):
    client, address = client_for(cast.department_head), f"/processes/{process.pk}"
    added = {"name": "审批", "hours": "1.5", "source": "interview", "role": "经理"}
    assert client.post(f"{address}/steps/add/", added).status_code == 302
    step = process.as_is.steps.get()
    assert (step.minutes, step.sources["minutes"]) == (90, "interview")
    fragment = client.get(f"{address}/steps/{step.pk}/", headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    client.post(f"{address}/steps/{step.pk}/", {**added, "hours": "2", "source": "observed"})
    step.refresh_from_db()
    assert (step.minutes, step.sources["minutes"], step.sources["role"]) == (
        120,
        "observed",
        "interview",
    )
    for action in ("up", "down"):
        assert client.post(f"{address}/steps/{step.pk}/{action}/").status_code == 302
    client.post(f"{address}/steps/{step.pk}/remove/")
    assert process.as_is.steps.count() == 0


def test_filling_and_detecting_answer_in_one_sentence(logged, cast, client_for):
    client, address = client_for(cast.department_head), f"/processes/{logged.pk}"
    assert "3 个步骤" in client.post(f"{address}/fill/", follow=True).content.decode()
    assert "0 个" in client.post(f"{address}/detect/", follow=True).content.decode()


def test_who_only_reads_gets_no_buttons_and_cannot_post(logged, cast, client_for):
    client = client_for(cast.employee)
    page = client.get(f"/processes/{logged.pk}/").content.decode()
    assert "/fill/" not in page
    assert client.post(f"/processes/{logged.pk}/fill/").status_code == 403


def test_the_sliders_hide_and_never_recompute(logged, cast, client_for):
    client = client_for(cast.employee)
    full = client.get(f"/processes/{logged.pk}/map/?show=frequency&paths=100")
    cut = client.get(f"/processes/{logged.pk}/map/?show=frequency&paths=x&steps=60")
    assert full.context["picture"]["words"]["hidden"] == ""
    counts = {(e["from"], e["to"]): e["count"] for e in full.context["picture"]["edges"]}
    drawn = [edge for edge in cut.context["picture"]["edges"] if not edge.get("hidden")]
    assert len(drawn) < len(counts)
    for edge in drawn:
        assert counts[edge["from"], edge["to"]] == edge["count"]


def test_a_case_is_found_and_told(logged, cast, client_for):
    client, address = client_for(cast.employee), f"/processes/{logged.pk}/cases/"
    listed = client.get(f"{address}?q=04-001")
    (line,) = listed.context["lines"]
    page = client.get(f"{address}{line.number}/").content.decode()
    assert "04-001" in page
    assert "采购部" in page
    assert "退回" in page
    assert "没有包含此内容" in client.get(f"{address}?q=zzz").content.decode()
    assert client.get(f"{address}12345/").status_code == 404


@pytest.mark.parametrize("what", ["steps", "edges", "variants", "waiting"])
def test_the_numbers_behind_a_page_can_be_taken_away(logged, cast, client_for, what):
    response = client_for(cast.employee).get(f"/processes/{logged.pk}/{what}.csv")
    assert response.status_code == 200
    assert len(response.content.decode().splitlines()) > 1
    assert client_for(cast.employee).get(f"/processes/{logged.pk}/secrets.csv").status_code == 404


def test_search_finds_a_process_by_its_steps(process, cast):
    from opsloop.processes import queries

    paste_form(process, cast.department_head)
    (hit,) = queries.search(cast.employee, "财务部复核", 5)
    assert hit.label == process.name
    assert queries.search(cast.outsider, "财务部复核", 5) == []
