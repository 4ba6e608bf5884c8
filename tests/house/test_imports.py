"""Data flows one way: the import contracts of pyproject.toml, and the names a room may use."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.tree import PACKAGE, ROOT, rooms


def test_the_import_contracts_are_kept():
    command = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout[-3000:]


def test_every_room_stands_on_a_layer():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {room.strip() for layer in layers for room in layer.split("|")}
    assert named == set(rooms())


def test_a_room_that_serves_pages_declares_its_addresses():
    missing = [
        room
        for room in rooms()
        if (PACKAGE / room / "views.py").exists() and not (PACKAGE / room / "urls.py").exists()
    ]
    assert missing == []


def test_templates_and_scripts_stand_under_the_name_of_their_room():
    # Sign-in pages replace those of the account library, so they stand under its names.
    borrowed = {"account", "allauth", "mfa", "usersessions"}
    stray = [
        path.relative_to(PACKAGE).as_posix()
        for room in rooms()
        for kind in ("templates", "static")
        for path in (PACKAGE / room / kind).glob("*")
        if path.name not in {room, "built"} and not (room == "org" and path.name in borrowed)
    ]
    assert stray == []
