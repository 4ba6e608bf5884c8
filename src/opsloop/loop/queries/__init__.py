"""Every read of the loop, in the scope of the person who reads."""

from opsloop.loop.queries.dashboard import (
    Dashboard,
    Rate,
    Slice,
    Span,
    dashboard,
    tool_label,
    tools,
)
from opsloop.loop.queries.desk import Desk, Item, desk
from opsloop.loop.queries.detail import Detail, Doing, Next, detail
from opsloop.loop.queries.deviations import (
    AGES,
    Filters,
    LoopColumns,
    deviations_visible_to,
    filtered,
    for_dimension,
    listing,
    newest,
    people_of,
    search,
)
from opsloop.loop.queries.lessons import (
    Suggestion,
    lessons_matching,
    lessons_visible_to,
    same_cause_elsewhere,
    similar,
)

__all__ = [
    "AGES", "Dashboard", "Desk", "Detail", "Doing", "Filters", "Item", "LoopColumns", "Next",
    "Rate", "Slice", "Span", "Suggestion", "dashboard", "desk", "detail", "deviations_visible_to",
    "filtered", "for_dimension", "lessons_matching", "lessons_visible_to", "listing", "newest", "people_of", "same_cause_elsewhere",
    "search", "similar", "tool_label", "tools",
]  # fmt: skip
