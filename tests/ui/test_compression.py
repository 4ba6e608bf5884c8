"""Pages leave compressed where the browser takes it; what has an entity tag leaves as it is."""

import gzip

import pytest
from django.http import HttpRequest, HttpResponse

from opsloop.ui.compression import PageCompression

LONG = "<p>行</p>" * 200


def answered(content_type: str, **headers: str) -> HttpResponse:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip, deflate, br"
    response = HttpResponse(LONG, content_type=content_type, headers=headers)
    PageCompression(lambda _request: response).process_response(request, response)
    return response


def test_a_page_is_packed_and_says_so():
    answer = answered("text/html; charset=utf-8")
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert gzip.decompress(answer.content).decode() == LONG
    assert len(answer.content) < len(LONG.encode()) / 3


@pytest.mark.parametrize("content_type", ["application/json", "text/csv", "application/pdf"])
def test_anything_else_keeps_its_bytes_and_its_entity_tag(content_type: str):
    answer = answered(content_type, ETag='"3"')
    assert "Content-Encoding" not in answer
    assert answer["ETag"] == '"3"'
    assert answer.content.decode() == LONG


@pytest.mark.django_db
def test_a_page_of_the_site_reaches_a_browser_packed(client):
    answer = client.get("/account/login/", HTTP_ACCEPT_ENCODING="gzip", follow=True)
    assert answer["Content-Encoding"] == "gzip"
    assert b"<!doctype html>" in gzip.decompress(answer.content)
