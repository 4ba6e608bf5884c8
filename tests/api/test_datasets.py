"""Pushing records over HTTP: checked, corrected, put in force; repeated without harm."""

from typing import Any

import pytest

from opsloop.datasets.models import BatchState, Door, ImportBatch
from tests.api.test_door import is_problem
from tests.datasets.conftest import FAULTY_LOG, LOG, log  # noqa: F401 - a fixture


def push(caller, dataset: int, content: str, name: str = "log.csv", **headers: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return caller.client.generic(
        "POST", f"/api/v1/datasets/{dataset}/imports?file_name={name}", content.encode(),
        "application/octet-stream",
        headers={"Authorization": f"Bearer {caller.token}", **named},
    )  # fmt: skip


def batches() -> list[ImportBatch]:
    return list(ImportBatch.objects.unscoped("the test looks at everything"))


def test_a_file_is_pushed_checked_and_put_in_force(program, cast, log):  # noqa: F811
    caller = program(cast.department_head)
    answer = push(caller, log.pk, LOG)
    body = answer.json()
    assert (answer.status_code, body["state"], body["rows"], body["bad_rows"]) == (
        201,
        "checked",
        5,
        0,
    )
    path = f"/imports/{body['id']}"
    assert is_problem(caller.call("POST", path + "/commit", {}), 428)
    done = caller.call("POST", path + "/commit", {}, If_Match=answer["ETag"])
    assert done.json()["state"] == BatchState.COMMITTED
    assert batches()[0].door == Door.API
    assert caller.get("/datasets").json()["items"][0]["rows"] == 5
    again = caller.call("POST", path + "/commit", {}, If_Match=caller.get(path)["ETag"])
    assert is_problem(again, 409)


def test_bad_rows_are_named_and_left_out_only_when_asked(program, cast, log):  # noqa: F811
    caller = program(cast.department_head)
    answer = push(caller, log.pk, FAULTY_LOG)
    body = answer.json()
    assert body["bad_rows"] == 3
    assert body["problems"]
    path = f"/imports/{body['id']}/commit"
    assert is_problem(caller.call("POST", path, {}, If_Match=answer["ETag"]), 409)
    done = caller.call("POST", path, {"skip_bad_rows": True}, If_Match=answer["ETag"])
    assert done.json()["state"] == BatchState.COMMITTED


def test_a_repeated_push_makes_one_batch(program, cast, log):  # noqa: F811
    caller = program(cast.department_head)
    first = push(caller, log.pk, LOG, Idempotency_Key="june").json()
    assert push(caller, log.pk, LOG, Idempotency_Key="june").json()["id"] == first["id"]
    assert len(batches()) == 1


def test_the_same_content_in_force_is_a_conflict_said_in_words(program, cast, log):  # noqa: F811
    caller = program(cast.department_head)
    answer = push(caller, log.pk, LOG)
    path = f"/imports/{answer.json()['id']}/commit"
    caller.call("POST", path, {}, If_Match=answer["ETag"])
    again = push(caller, log.pk, LOG, name="again.csv")
    assert is_problem(again, 409)
    assert "log.csv" in again.json()["detail"]


@pytest.mark.parametrize("content", ["", "\x00\x01\x02", "PK\x03\x04broken"])
def test_what_is_no_table_is_refused_in_one_sentence(program, cast, log, content):  # noqa: F811
    answer = push(program(cast.department_head), log.pk, content)
    assert answer.status_code in {201, 409}
    said = answer.json()
    assert said.get("failure") or said.get("detail") or said.get("missing")


def test_scope_and_permission_hold_at_this_door_too(program, cast, log):  # noqa: F811
    answer = push(program(cast.department_head), log.pk, LOG).json()
    assert is_problem(push(program(cast.employee), log.pk, LOG), 403)
    assert is_problem(program(cast.employee).get(f"/imports/{answer['id']}"), 403)
    assert is_problem(push(program(cast.department_head), log.pk + 99, LOG), 404)
    assert is_problem(
        program(cast.executive).call("POST", f"/imports/{answer['id']}/commit", {}), 403
    )
    assert is_problem(program(cast.department_head).get("/imports/999"), 404)
    assert is_problem(push(program(cast.department_head, scope="read"), log.pk, LOG), 403)
    assert is_problem(push(program(cast.department_head), log.pk, LOG, name="a%2Fb.csv"), 422)
    assert len(batches()) == 1
