"""What the journeys share: a clock to travel by, quick password hashing."""

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

Travel = Callable[[str], None]


@pytest.fixture
def travel(settings, monkeypatch) -> Travel:
    """`travel("2024-08-02")`: it is ten in the morning of that day on every page of the site."""
    settings.DEMO = True  # the clock listens in demo mode only

    def to(day: str) -> None:
        monkeypatch.setenv("OPSLOOP_NOW", f"{day}T10:00:00+08:00")

    return to


@pytest.fixture
def _fast_hashes(monkeypatch):
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)
