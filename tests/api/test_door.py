"""Who gets in: tokens, sessions, scopes, expiry; and how a refusal reads."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from opsloop.api import actions
from opsloop.api.models import ApiToken, TokenScope
from opsloop.audit.models import AuditEvent
from opsloop.config.urls import access_table
from opsloop.org import clock
from tests.api.conftest import latest_token


def is_problem(answer, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == body["status"] == status
        and answer["Content-Type"] == "application/problem+json"
        and bool(body["title"])
    )


def test_nobody_gets_in_without_a_token(program):
    answer = program(None).get("/metrics")
    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Basic YTpi", "Bearer ol_\x00", "Token abc"]
)
def test_a_wrong_token_is_refused(program, cast, header):
    assert is_problem(program(None).get("/metrics", Authorization=header), 401)


def test_a_token_has_the_rights_of_its_person(program, cast, return_rate):
    assert program(cast.employee).get("/metrics").json()["items"][0]["name"] == "退回率"
    assert program(cast.outsider).get("/metrics").json()["items"] == []
    assert is_problem(program(cast.auditor).get("/metrics"), 403)


def test_a_token_ends_when_it_expires_is_revoked_or_its_person_leaves(program, cast):
    caller = program(cast.employee)
    assert caller.get("/metrics").status_code == 200
    token = latest_token()
    ApiToken.objects.update(expires_at=clock.now())
    assert is_problem(caller.get("/metrics"), 401)
    ApiToken.objects.update(expires_at=clock.now() + timedelta(days=1))
    cast.employee.is_active = False
    cast.employee.save()
    assert is_problem(caller.get("/metrics"), 401)
    cast.employee.is_active = True
    cast.employee.save()
    actions.revoke_token(token=token, by=cast.employee, now=clock.now())
    actions.revoke_token(token=token, by=cast.employee, now=clock.now())
    assert is_problem(caller.get("/metrics"), 401)
    assert AuditEvent.objects.filter(action="api.revoke_token").count() == 1


def test_a_reading_token_cannot_write(program, cast, return_rate):
    caller = program(cast.operations_manager, scope="read")
    path = f"/metrics/{return_rate.metric_id}/versions"
    assert caller.get(path).status_code == 200
    assert is_problem(
        caller.call("POST", path, {"consecutive": 2, "reason": "x"}, If_Match='"1"'), 403
    )
    assert return_rate.metric.current.number == 1


def test_use_is_noted_but_not_at_every_call(program, cast):
    caller = program(cast.employee)
    caller.get("/metrics")
    first = latest_token().last_used_at
    caller.get("/metrics")
    assert latest_token().last_used_at == first is not None


def test_a_page_may_read_with_its_session_but_writes_only_with_a_form_token(cast, return_rate):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.operations_manager, backend="django.contrib.auth.backends.ModelBackend")
    path = f"/api/v1/metrics/{return_rate.metric_id}/versions"
    assert client.get(path).status_code == 200
    given = {"consecutive": 2, "reason": "x"}
    headers = {"If-Match": '"1"'}
    answer = client.post(path, given, content_type="application/json", headers=headers)
    assert is_problem(answer, 403)
    client.get(reverse("api:tokens"))
    headers["X-CSRFToken"] = client.cookies["csrftoken"].value
    answer = client.post(path, given, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_only_a_digest_of_the_token_is_kept(program, cast):
    caller = program(cast.employee)
    token = latest_token()
    assert caller.token not in str(vars(token))
    assert token.digest == actions.digest_of(caller.token)
    assert caller.token not in str(AuditEvent.objects.values_list("changes", "subject_label"))


def test_errors_of_the_site_are_problems_too(program, cast):
    caller = program(cast.employee)
    assert is_problem(caller.get("/nothing"), 404)
    assert is_problem(caller.call("DELETE", "/metrics"), 405)
    assert is_problem(caller.get("/metrics?limit=0"), 422)
    assert caller.get("/metrics?limit=0").json()["errors"][0]["field"] == "query.limit"
    assert caller.get("/metrics")["Cache-Control"] == "private, no-store"


def test_a_failure_inside_is_a_problem_without_details(program, cast, monkeypatch, return_rate):
    def fail(*_args, **_named):
        raise RuntimeError("secret")

    monkeypatch.setattr("opsloop.metrics.queries.metrics_visible_to", fail)
    answer = program(cast.employee).get("/metrics")
    assert is_problem(answer, 500)
    assert "secret" not in answer.text


def test_every_route_stands_in_the_access_table(program, cast):
    document = program(cast.employee).get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"token": []}]
    assert len(document["paths"]) >= 6
    table = access_table()
    assert {"api:v1:metrics", "api:openapi", "api:tokens"} <= table.keys()


def test_a_token_is_made_shown_once_and_revoked_on_the_page(cast, client_for):
    client, url = client_for(cast.employee), reverse("api:tokens")
    assert "还没有令牌" in client.get(url).text
    page = client.post(url, {"name": "对账程序", "scope": TokenScope.READ, "days": 30}).text
    token = latest_token()
    assert page.count(token.prefix) >= 2
    assert actions.PREFIX in page.split('id="secret" value="')[1][:4]
    assert 'id="secret"' not in client.get(url).text
    stranger = client_for(cast.outsider)
    revoke = reverse("api:revoke", args=[token.pk])
    assert stranger.post(revoke).status_code == 404
    assert token.name not in stranger.get(url).text
    assert client.post(revoke).status_code == 302
    assert "已撤销" in client.get(url).text


@pytest.mark.parametrize("days", ["0", "367", "x"])
def test_a_token_lives_a_day_to_a_year(cast, client_for, days):
    given = {"name": "ERP", "scope": "read", "days": days}
    assert "is-invalid" in client_for(cast.employee).post(reverse("api:tokens"), given).text
    assert not ApiToken.objects.exists()
    with pytest.raises(actions.BadExpiry):
        actions.create_token(
            name="", scope=TokenScope.READ, days=0, by=cast.employee, now=clock.now()
        )


def test_the_reference_page_lists_every_route(cast, client_for):
    page = client_for(cast.employee).get(reverse("api:reference")).text
    assert "/api/v1/metrics/{pk}/points" in page
    assert "POST" in page


def test_a_token_that_calls_too_often_waits_for_the_next_minute(
    program, cast, return_rate, settings, monkeypatch
):
    settings.API_CALLS_A_MINUTE = 3
    at = clock.now().replace(second=15, microsecond=0)
    monkeypatch.setattr("opsloop.api.middleware.clock.now", lambda: at)
    caller, another = program(cast.employee), program(cast.employee)
    assert [caller.get("/metrics").status_code for _ in range(3)] == [200, 200, 200]
    refused = caller.get("/metrics")
    assert is_problem(refused, 429)
    assert refused["Retry-After"] == "45"
    assert another.get("/metrics").status_code == 200
    at += timedelta(seconds=45)
    assert caller.get("/metrics").status_code == 200


def test_the_description_says_how_each_route_refuses_and_what_a_write_needs(program, cast, client):
    client.force_login(cast.employee)
    document = client.get(reverse("api:openapi")).json()
    move = document["paths"]["/api/v1/deviations/{pk}/moves"]["post"]
    assert {"409", "412", "428", "429"} <= set(move["responses"])
    assert move["responses"]["429"]["headers"]["Retry-After"]
    assert {p["name"] for p in move["parameters"] if p["in"] == "header"} == {
        "If-Match",
        "Idempotency-Key",
    }
