"""Metrics over HTTP: scope, pages, entity tags, idempotency."""

from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsloop.analysis.period import Period
from opsloop.api.models import IdempotentReply
from opsloop.metrics import actions
from opsloop.metrics.actions import Dimension
from opsloop.metrics.models import MetricPoint, MetricVersion
from opsloop.org import clock
from tests.api.test_door import is_problem
from tests.metrics.sources import RECORDS

JANUARY = Period.parse("2024-01")


@pytest.fixture
def values(return_rate, approval, cast, now) -> list[MetricPoint]:
    """Six months of purchasing's approval, and one of sales' that purchasing must not see."""
    RECORDS[7] = {
        JANUARY.shift(i).key: {"审批": (i, 100, 0, 1), "s": (1, 2, 0, 1)} for i in range(6)
    }
    points: list[MetricPoint] = []
    for i in range(6):
        points += actions.measure_period(
            version=return_rate, period=JANUARY.shift(i), dimensions=[approval], by=None, now=now
        )
    actions.measure_period(
        version=return_rate, period=JANUARY, by=None, now=now,
        dimensions=[Dimension("s", "销售", cast.sales)],
    )  # fmt: skip
    return points


def versions_of(metric: int) -> int:
    return MetricVersion.objects.unscoped("the test counts").filter(metric=metric).count()


def test_a_metric_reads_with_its_version_and_tag(program, cast, return_rate):
    answer = program(cast.employee).get(f"/metrics/{return_rate.metric_id}")
    body = answer.json()
    assert (answer["ETag"], body["current"]["number"], body["department"]) == ('"1"', 1, "采购部")
    assert body["current"]["limits"] == {"": "0.15", "审批": "0.1"}


def test_outside_the_scope_there_is_nothing(program, cast, values):
    metric, stranger = values[0].version.metric_id, program(cast.outsider)
    for path in (f"/metrics/{metric}", f"/metrics/{metric}/points", f"/metrics/{metric}/versions",
                 f"/points/{values[0].pk}"):  # fmt: skip
        assert is_problem(stranger.get(path), 404)
    answer = stranger.call(
        "PUT", f"/points/{values[0].pk}/state", {"state": "reviewed"}, If_Match="x"
    )
    assert is_problem(answer, 404)


def test_values_are_paged_without_gaps_or_doubles(program, cast, values):
    caller, path = program(cast.employee), f"/metrics/{values[0].version.metric_id}/points"
    seen, after = [], ""
    while True:
        page = caller.get(f"{path}?limit=2&after={after}").json()
        seen += [(item["period"], item["value"]) for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert [period for period, _value in seen] == [JANUARY.shift(i).key for i in range(6)]
    assert Decimal(seen[5][1]) == Decimal("0.05")
    found = caller.get(f"{path}?first=2024-02&last=2024-03&dimension=审批&version=1").json()
    assert [item["period"] for item in found["items"]] == ["2024-02", "2024-03"]


@pytest.mark.parametrize("query", ["after=xx", "after=WyJhIiwgMV0=", "first=2024-13", "version=9"])
def test_what_does_not_exist_is_not_found(program, cast, values, query):
    path = f"/metrics/{values[0].version.metric_id}/points?{query}"
    assert is_problem(program(cast.employee).get(path), 404)


def test_a_new_version_needs_the_tag_of_the_one_seen(program, cast, return_rate):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    given = {"limits": {"": "0.2"}, "reason": "季度回顾"}
    assert is_problem(caller.call("POST", path, given), 428)
    assert is_problem(caller.call("POST", path, given, If_Match="*"), 428)
    assert is_problem(caller.call("POST", path, given, If_Match='"9"'), 412)
    answer = caller.call("POST", path, given, If_Match='"1"')
    assert (answer.status_code, answer["ETag"], answer.json()["limits"]) == (
        201,
        '"2"',
        {"": "0.2"},
    )
    assert is_problem(caller.call("POST", path, given, If_Match='"1"'), 412)
    again = caller.call("POST", path, given, If_Match='"2"')
    assert is_problem(again, 409)
    assert "相同" in again.json()["detail"]
    cleared = {
        "limits": None,
        "comparison": None,
        "definition": None,
        "target": "0.05",
        "reason": "x",
    }
    body = caller.call("POST", path, cleared, If_Match='"2"').json()
    assert (body["limits"], body["comparison"], body["target"]) == ({}, "", "0.050000")
    kept = caller.call(
        "POST", path, {"consecutive": None, "target": None, "reason": "x"}, If_Match='"3"'
    )
    assert (kept.json()["consecutive"], kept.json()["target"]) == (1, None)


def test_without_the_right_a_write_changes_nothing(program, cast, return_rate):
    path = f"/metrics/{return_rate.metric_id}/versions"
    answer = program(cast.employee).call(
        "POST", path, {"consecutive": 2, "reason": "x"}, If_Match='"1"'
    )
    assert is_problem(answer, 403)
    assert versions_of(return_rate.metric_id) == 1


def test_a_repeated_request_acts_once(program, cast, return_rate):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    send = {"If_Match": '"1"', "Idempotency_Key": "k-1"}
    first = caller.call("POST", path, {"consecutive": 2, "reason": "x"}, **send)
    again = caller.call("POST", path, {"consecutive": 2, "reason": "x"}, **send)
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    assert (again["Idempotency-Replayed"], again["ETag"]) == ("true", '"2"')
    assert versions_of(return_rate.metric_id) == 2
    other = caller.call("POST", path, {"consecutive": 3, "reason": "x"}, **send)
    assert is_problem(other, 422)
    mine = program(cast.operations_manager)
    assert is_problem(mine.call("POST", path, {"consecutive": 2, "reason": "x"}, **send), 412)


def test_a_refusal_is_repeated_as_it_was(program, cast, return_rate):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    send = {"If_Match": '"1"', "Idempotency_Key": "k-2"}
    for _ in range(2):
        assert is_problem(caller.call("POST", path, {"reason": 1}, **send), 422)
    for key in ("x" * 121, "a\x7f"):
        assert is_problem(caller.call("POST", path, {"reason": "x"}, Idempotency_Key=key), 400)


def test_a_failed_request_may_be_tried_again(program, cast, return_rate, monkeypatch):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    send = {"If_Match": '"1"', "Idempotency_Key": "k-3"}

    def fail(**_named):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("opsloop.metrics.actions.revise", fail)
        assert is_problem(caller.call("POST", path, {"consecutive": 2, "reason": "x"}, **send), 500)
    assert not IdempotentReply.objects.exists()
    assert caller.call("POST", path, {"consecutive": 2, "reason": "x"}, **send).status_code == 201


def test_an_unfinished_twin_is_a_conflict(program, cast, return_rate):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    IdempotentReply.objects.create(person=cast.department_head, key="k-4", at=clock.now())
    answer = caller.call("POST", path, {"reason": "x"}, If_Match='"1"', Idempotency_Key="k-4")
    assert is_problem(answer, 409)


def test_a_value_is_reviewed_and_locked_with_its_tag(program, cast, values):
    caller, path = program(cast.department_head), f"/points/{values[0].pk}"
    assert caller.get(path).json()["batch_ids"] == [7]
    for state in ("reviewed", "locked"):
        seen = caller.get(path)["ETag"]
        answer = caller.call("PUT", path + "/state", {"state": state}, If_Match=seen)
        assert (answer.status_code, answer.json()["state"]) == (200, state)
        assert is_problem(caller.call("PUT", path + "/state", {"state": state}, If_Match=seen), 412)
    seen = caller.get(path)["ETag"]
    assert is_problem(
        caller.call("PUT", path + "/state", {"state": "reviewed"}, If_Match=seen), 409
    )
    reader = program(cast.employee)
    assert is_problem(
        reader.call("PUT", path + "/state", {"state": "reviewed"}, If_Match=seen), 403
    )


ODD = st.one_of(
    st.integers(), st.text(max_size=20), st.none(), st.floats(), st.booleans(),
    st.sampled_from(["\x00", "-1", "9" * 30, "1e400", "NaN", "2024-02-30", "WzEsMV0=", "W251bGwsIDFd"]),
)  # fmt: skip


@st.composite
def requests(draw) -> tuple[str, str, object, dict[str, object], object]:
    """Method, path, object id (None: a real one), query, body."""
    paths = ["/metrics", "/metrics/{}", "/metrics/{}/points", "/metrics/{}/versions", "/points/{}",
             "/points/{}/state"]  # fmt: skip
    names = ["tool", "q", "after", "limit", "version", "dimension", "first", "last"]
    fields = ["limits", "definition", "target", "comparison", "consecutive", "reason", "state"]
    nested = st.one_of(ODD, st.dictionaries(st.text(max_size=3), ODD, max_size=2))
    return (
        draw(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])),
        draw(st.sampled_from(paths)),
        draw(st.one_of(st.none(), ODD)),
        draw(st.dictionaries(st.sampled_from(names), ODD)),
        draw(st.one_of(ODD, st.dictionaries(st.sampled_from(fields), nested))),
    )


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(odd=requests())
def test_no_request_however_odd_breaks_the_server(program, cast, values, odd):
    method, path, pk, query, body = odd
    metric = values[0].version.metric
    chosen = metric.pk if pk is None else quote(str(pk).encode("utf-8", "replace"), safe="")
    pairs = {key: str(value).encode("utf-8", "replace") for key, value in query.items()}
    answer = program(cast.operations_manager).call(
        method, f"{path.format(chosen)}?{urlencode(pairs)}", body,
        If_Match=f'"{metric.current.number}"',
    )  # fmt: skip
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert is_problem(answer, answer.status_code)


def test_who_is_too_late_gets_both_values_and_the_present_tag(program, cast, return_rate):
    caller, path = program(cast.department_head), f"/metrics/{return_rate.metric_id}/versions"
    caller.call("POST", path, {"consecutive": 2, "reason": "甲"}, If_Match='"1"')
    given = {"consecutive": 3, "reason": "乙"}
    answer = caller.call("POST", path, given, If_Match='"1"')
    body = answer.json()
    assert is_problem(answer, 412)
    assert body["yours"] == given
    assert (body["current"]["version"], body["current"]["current"]["consecutive"]) == (2, 2)
    assert answer["ETag"] == body["current_tag"] == '"2"'
    again = caller.call("POST", path, given, If_Match=body["current_tag"])
    assert again.status_code == 201


def test_a_value_that_moved_meanwhile_is_shown_as_it_is(program, cast, values):
    caller = program(cast.operations_manager)
    path = f"/points/{values[0].pk}"
    tag = caller.get(path)["ETag"]
    caller.call("PUT", f"{path}/state", {"state": "reviewed"}, If_Match=tag)
    late = caller.call("PUT", f"{path}/state", {"state": "locked"}, If_Match=tag)
    assert is_problem(late, 412)
    assert (late.json()["yours"], late.json()["current"]["state"]) == (
        {"state": "locked"},
        "reviewed",
    )
