"""What keeps `opsloop serve` from starting."""

import secrets

import pytest

from opsloop.cli import soundness
from opsloop.org.models import Department, Organisation, Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sound(settings, tmp_path):
    settings.SECRET_KEY = secrets.token_urlsafe(48)
    settings.AUDIT_KEY = secrets.token_urlsafe(48)
    settings.HOME = tmp_path
    settings.DEMO = False


def fatal(host="127.0.0.1"):
    return [fault.text for fault in soundness.faults(host) if fault.is_fatal]


def test_a_fresh_install_is_sound():
    assert soundness.faults() == []


@pytest.mark.parametrize("secret", ["short", "a" * 64, "django-insecure-" + "x7Kq" * 12, "ab" * 40])
def test_a_weak_or_known_secret_is_refused(settings, secret):
    settings.SECRET_KEY = secret
    assert any("SECRET_KEY" in text for text in fatal())


def test_a_made_secret_is_not_weak():
    assert not any(soundness.is_weak(secrets.token_urlsafe(48)) for _ in range(200))


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("10.1.2.3", True),
        ("ops.example", True),
    ],
)
def test_what_is_reached_from_elsewhere(host, public):
    assert soundness.is_public(host) is public


def test_debug_is_refused_only_on_a_public_bind(settings):
    settings.DEBUG = True
    assert fatal("127.0.0.1") == []
    assert any("OPSLOOP_DEBUG" in text for text in fatal("0.0.0.0"))


def test_secrets_that_others_can_read_are_refused(settings):
    path = settings.HOME / "secrets.json"
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o644)
    assert any("secrets.json" in text for text in fatal())
    path.chmod(0o600)
    assert fatal() == []


def test_demo_mode_refuses_a_real_company(settings):
    settings.DEMO = True
    assert fatal() == []
    Person.objects.create(username="real", name="真人")
    assert any("real company" in text for text in fatal())


def test_a_demo_company_is_served_only_as_such(settings):
    Organisation.objects.create(pk=1, is_demo=True)
    Department.objects.create(name="演示", code="demo")
    assert any("demo company" in text for text in fatal())
    settings.DEMO = True
    assert fatal() == []
