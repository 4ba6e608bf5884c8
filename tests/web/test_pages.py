"""Pages that belong to no room: health, language, reports, help, errors."""

import json
import logging

import pytest
from django.core.cache import cache

from opsloop.ui.logs import JsonFormatter
from opsloop.web import help as room_help

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes_answer_without_signing_in(client, path):
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_chosen_language_is_remembered(client):
    response = client.post("/language", {"language": "en", "next": "/help/loop"})
    assert response.headers["Location"] == "/help/loop"
    assert client.get("/health").headers["Content-Language"] == "en"


def test_the_browser_does_not_choose_the_language(client):
    response = client.get("/health", headers={"accept-language": "en-US"})
    assert response.headers["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_the_language_switch_leads_nowhere_else(client, target):
    response = client.post("/language", {"language": "en", "next": target})
    assert response.headers["Location"] == "/"


def test_an_unknown_language_is_refused(client):
    assert client.post("/language", {"language": "tlh"}).status_code == 400


def report(client, **fields):
    body = json.dumps({"csp-report": {"blocked-uri": "inline", **fields}})
    return client.post("/csp-report", body, content_type="application/csp-report")


def test_a_flood_of_policy_reports_is_not_written(client, caplog):
    with caplog.at_level(logging.WARNING, logger="opsloop.csp"):
        for _ in range(30):
            assert report(client).status_code == 204
    assert len(caplog.records) == 20


@pytest.mark.parametrize("body", [b"", b"[]", b'{"csp-report": []}', b"x" * 9000])
def test_a_report_that_is_none_is_refused(client, body):
    response = client.post("/csp-report", body, content_type="application/csp-report")
    assert response.status_code == 400


@pytest.mark.parametrize("room", room_help.ROOMS)
def test_every_room_has_help_in_both_languages(room):
    for language in ("zh-hans", "en"):
        text = room_help.source(room, language)
        assert text, f"{room}/help.{language}.md is missing"
        assert text.startswith("#")


def test_help_passes_no_html_through(monkeypatch):
    monkeypatch.setattr(room_help, "source", lambda _room, _language: "<script>x</script>")
    room_help.rendered.cache_clear()
    assert "<script>" not in (room_help.help_text("loop") or "")
    room_help.rendered.cache_clear()


def test_help_is_a_page_or_a_fragment(client_for, cast):
    client = client_for(cast.employee)
    assert b"<html" in client.get("/help/loop").content
    assert b"<html" not in client.get("/help/loop", headers={"HX-Request": "true"}).content
    assert client.get("/help/nothing").status_code == 404


def test_an_error_page_and_its_log_line_share_the_incident_number(
    client_for, cast, monkeypatch, caplog
):
    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("opsloop.web.views.search_rooms", fail)
    response = client_for(cast.employee).get("/search?q=x")
    assert response.status_code == 500
    line = next(record for record in caplog.records if record.exc_info)
    assert line.request.incident in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


def test_search_asks_every_room_and_survives_odd_words(client_for, cast):
    client = client_for(cast.operations_manager)
    for text in ("采购", "%", "_", "'", "\\", "a" * 500, ""):
        assert client.get("/search", {"q": text}).status_code == 200


def test_an_address_that_only_takes_forms_says_so(cast, client_for):
    page = client_for(cast.auditor).get("/audit/verify/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "返回首页" in page.text
    assert client_for(cast.auditor).get("/audit/verify/").content == b""


def test_the_log_keeps_neither_the_token_nor_the_person_of_a_public_address(
    cast, client_for, caplog
):
    client = client_for(cast.employee)
    with caplog.at_level(logging.INFO, logger="opsloop.access"):
        client.get("/org/welcome/not-a-token/")
        client.get("/processes/speak/not-a-token/")
        client.get("/loop/")
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    said = [(line["path"], line["person"]) for line in lines if line["logger"] == "opsloop.access"]
    assert said == [
        ("/org/welcome/<str:token>/", None),
        ("/processes/speak/<str:token>/", None),
        ("/loop/", cast.employee.pk),
    ]
