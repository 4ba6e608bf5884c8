"""Every address: who may open it, what its answer carries, how many queries it costs."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from opsloop.config.urls import access_table
from opsloop.org.permissions import Permission
from opsloop.web.navigation import NAVIGATION
from tests.house.tree import ROOT

pytestmark = pytest.mark.django_db
BASELINE = Path(__file__).with_name("query_counts.json")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "report-uri /csp-report",
}


def named(patterns, space=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"


ADDRESSES = sorted(set(named(get_resolver().url_patterns)))


def plain():
    """Addresses without parameters, which any test can open."""
    for name in ADDRESSES:
        try:
            yield name, reverse(name)
        except Exception as error:  # noqa: BLE001 - an address with parameters does not reverse
            assert type(error).__name__ == "NoReverseMatch"


PLAIN = dict(plain())


def test_every_address_is_in_the_access_table_and_no_other():
    assert set(access_table()) == set(ADDRESSES)


def test_only_listed_addresses_are_open_to_everybody():
    """Adding one here is a decision: it answers people who did not sign in."""
    public = {name for name, needed in access_table().items() if needed is Permission.PUBLIC}
    rooms = {name.split(":")[0] for name in public if ":" in name}
    assert rooms <= {"web", "org", "demo", "api", "processes"}
    web = {name for name in public if name.startswith("web:")}
    assert web == {"web:language", "web:health", "web:ready", "web:csp_report"}


def test_every_line_of_the_navigation_opens_with_the_permission_that_shows_it():
    wrong = {
        entry.name: (entry.permission, access_table().get(entry.name))
        for _label, entries in NAVIGATION
        for entry in entries
        if access_table().get(entry.name) != entry.permission
    }
    assert wrong == {}


@pytest.mark.parametrize("name", PLAIN)
def test_every_answer_carries_the_fixed_headers(name, client_for, cast):
    client = client_for(cast.operations_manager)
    for response in (client.get(PLAIN[name]), client.post(PLAIN[name])):
        assert {key: response.headers.get(key) for key in HEADERS} == HEADERS
        policy = {rule.strip() for rule in response.headers["Content-Security-Policy"].split(";")}
        assert policy == POLICY
        assert (
            "no-cache" in response.headers["Cache-Control"]
            or "no-store" in response.headers["Cache-Control"]
        )
        assert response.status_code < 500


@pytest.mark.parametrize(
    "path", ["/nothing-here", "/static/nothing.js", "/processes/999999/", "/%00", "/loop/' or 1=1"]
)
def test_an_answer_about_nothing_carries_them_too(path, client_for, cast):
    response = client_for(cast.employee).get(path)
    assert response.status_code == 404
    assert {key: response.headers.get(key) for key in HEADERS} == HEADERS


def test_nothing_is_shown_before_signing_in(client):
    for name, path in PLAIN.items():
        if access_table()[name] is not Permission.PUBLIC:
            response = client.get(path)
            assert response.status_code in {302, 401, 403, 405}, name


def counted(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    return len(captured) if response.status_code == 200 else None


def test_no_page_costs_more_queries_than_it_did(client_for, cast):
    """Set OPSLOOP_BASELINE=1 to write the counts down after a page grew for a reason."""
    client = client_for(cast.operations_manager)
    counts = {
        name: count for name, path in PLAIN.items() if (count := counted(client, path)) is not None
    }
    if os.environ.get("OPSLOOP_BASELINE"):
        BASELINE.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    allowed = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert {name: count for name, count in counts.items() if count > allowed.get(name, 0)} == {}
    assert sorted(set(allowed) - set(counts)) == []


def test_the_scripts_and_styles_are_built():
    """Pages without them would pass every other test and show nothing."""
    built = ROOT / "src/opsloop/ui/static/built"
    for name in ("ui.css", "theme.js", "shell.js", "chart.js", "process_map.js"):
        assert (built / name).stat().st_size > 100
