"""The help of each room: its Markdown beside the code, shown beside the form."""

from functools import lru_cache
from importlib.resources import files
from typing import Final

from django.utils.translation import get_language
from markdown_it import MarkdownIt

# Rooms whose help is offered; an explicit list, checked against the tree by a test.
ROOMS: Final = (
    "processes",
    "costs",
    "sheets",
    "loop",
    "metrics",
    "datasets",
    "org",
    "audit",
    "jobs",
    "notify",
    "api",
)


def source(room: str, language: str) -> str | None:
    file = files("opsloop").joinpath(room, f"help.{language}.md")
    return file.read_text(encoding="utf-8") if file.is_file() else None


@lru_cache(maxsize=64)
def rendered(room: str, language: str) -> str | None:
    text = source(room, language)
    # No HTML passes through: help is text, whoever edits it.
    return (
        None
        if text is None
        else MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    )


def help_text(room: str) -> str | None:
    """A room's help as HTML in the current language; None where there is none."""
    if room not in ROOMS:
        return None
    language = "en" if get_language() == "en" else "zh-hans"
    return rendered(room, language)
