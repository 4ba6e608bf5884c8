"""What each audit line says: the rooms' own words for their actions, gathered once."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@cache
def sentences() -> Mapping[str, Any]:
    """Action code → its (lazy) words, from `trail.py` of every room that writes lines."""
    found: dict[str, Any] = {}
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "trail"):
            found |= import_module(f"{config.name}.trail").SENTENCES
    return found


def sentence(action: str) -> str:
    """The words of an action; the code itself for one of an earlier release."""
    return str(sentences().get(action, action))
