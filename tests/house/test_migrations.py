"""The tables are those of the models."""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.house.tree import PACKAGE, name


@pytest.mark.django_db
def test_no_migration_is_missing():
    told = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=told)
    except SystemExit:
        pytest.fail(told.getvalue())


def test_every_migration_has_a_name_that_says_what_it_does():
    files = PACKAGE.glob("*/migrations/[0-9]*.py")
    assert [name(path) for path in files if re.search(r"_auto_|_\d{8}", path.stem)] == []


def test_foreign_keys_point_down_only():
    """The same order as the layers, for tables: a tool may point to the loop, never the loop to a tool."""
    order = [
        "org",
        "audit",
        "jobs",
        "notify",
        "datasets",
        "sheets",
        "metrics",
        "loop",
        "processes",
        "costs",
        "demo",
        "web",
    ]
    same_layer = {
        "datasets": {"notify"},
        "sheets": {"datasets", "notify"},
        "costs": {"processes"},
    }
    up = []
    for model in apps.get_models():
        room = model._meta.app_label
        if room not in order:
            continue
        for field in model._meta.get_fields():
            target = (
                field.related_model
                if field.many_to_one or (field.one_to_one and not field.auto_created)
                else None
            )
            if target is None or isinstance(target, str):
                continue
            other = target._meta.app_label
            if (
                other in order
                and other != room
                and (order.index(other) > order.index(room) or other in same_layer.get(room, set()))
            ):
                up.append(f"{model.__name__}.{field.name} → {other}")
    assert up == []
