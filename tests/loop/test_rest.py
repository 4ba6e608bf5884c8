"""Deviations over HTTP: the same scopes, moves and refusals as the pages."""

import pytest

from opsloop.org import clock
from tests.api.conftest import program  # noqa: F401 - a fixture


@pytest.fixture
def caller(story, program, monkeypatch):  # noqa: F811 - the fixture itself
    monkeypatch.setattr(clock, "now", lambda: story.now)
    return program


def test_a_list_is_filtered_and_scoped(story, caller):
    deviation = story.raised()
    story.raised(dimension="d2", severity="major")
    head = caller(story.cast.department_head)
    assert len(head.get("/deviations").json()["items"]) == 2
    only = head.get("/deviations?severity=moderate&stage=open&state=pending_confirmation").json()
    assert [one["id"] for one in only["items"]] == [deviation.pk]
    assert caller(story.cast.outsider).get("/deviations").json()["items"] == []


def test_one_deviation_comes_with_everything_and_its_tag(story, caller):
    deviation = story.archived()
    answer = caller(story.cast.department_head).get(f"/deviations/{deviation.pk}")
    body = answer.json()
    assert answer["ETag"] == f'"{deviation.version}"'
    assert (body["state"], body["verdict"]["outcome"]) == ("archived", "effective")
    assert [cause["is_root"] for cause in body["causes"]] == [False, True]
    assert body["countermeasures"][0]["owner"] == "孙专员"
    assert body["transitions"][-1]["event"] == "raise"
    assert body["transitions"][-1]["actor"] is None
    path = f"/deviations/{deviation.pk}"
    assert caller(story.cast.outsider).get(path).status_code == 404


def test_a_move_needs_the_present_tag(story, caller):
    deviation = story.raised()
    head = caller(story.cast.department_head)
    path = f"/deviations/{deviation.pk}/moves"
    assert head.call("POST", path, {"event": "confirm"}).status_code == 428
    old = head.call("POST", path, {"event": "confirm"}, If_Match='"1"')
    assert old.status_code == 412
    tag = head.get(f"/deviations/{deviation.pk}")["ETag"]
    moved = head.call("POST", path, {"event": "confirm"}, If_Match=tag)
    assert (moved.status_code, moved.json()["state"]) == (200, "cause_analysis")
    refused = head.call("POST", path, {"event": "settle"}, If_Match=moved["ETag"])
    assert refused.status_code == 409
    assert "根本原因" in refused.json()["detail"]


def test_a_verdict_is_accepted_over_http(story, caller):
    deviation = story.judged()
    head = caller(story.cast.department_head)
    tag = head.get(f"/deviations/{deviation.pk}")["ETag"]
    done = head.call("POST", f"/deviations/{deviation.pk}/moves", {"event": "accept"}, If_Match=tag)
    assert done.json()["state"] == "archived"
    found = head.get("/lessons?q=报销").json()["items"]
    assert [one["outcome"] for one in found] == ["effective"]


def test_without_a_verdict_there_is_nothing_to_accept(story, caller):
    deviation = story.raised()
    head = caller(story.cast.department_head)
    tag = head.get(f"/deviations/{deviation.pk}")["ETag"]
    path = f"/deviations/{deviation.pk}/moves"
    assert head.call("POST", path, {"event": "accept"}, If_Match=tag).status_code == 404


def test_without_the_function_a_move_is_refused(story, caller):
    deviation = story.raised()
    worker = caller(story.cast.employee)
    tag = worker.get(f"/deviations/{deviation.pk}")["ETag"]
    path = f"/deviations/{deviation.pk}/moves"
    said = {"event": "dismiss", "comment": "不是我的"}
    assert worker.call("POST", path, said, If_Match=tag).status_code == 403
