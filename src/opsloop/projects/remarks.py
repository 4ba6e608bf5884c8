"""What a task form says against itself: dates, states, owners, fields the method asks for."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis.dates_in_text import dates_in_text
from opsloop.analysis.stated_quantity import quantities
from opsloop.analysis.worktime import Calendar, workdays_between
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.org.published import published_calendar
from opsloop.projects.sheet import TASK_TRACKING
from opsloop.sheets.remarks import (
    day_of,
    day_off,
    hidden_names,
    is_stated,
    listed,
    text_of,
    unstated,
)  # fmt: skip
from opsloop.ui import numbers

# What the steps of the method require and the printed form has no column for (S8).
_ASKED: Final = (
    "owner", "deliverable", "support", "predecessors", "buffer", "planned_start", "response_hours",
)  # fmt: skip
_DATES: Final = ("planned_start", "due_on", "actual_finish")
_TEXTS: Final = ("name", "deliverable", "support", "risk")
_HOURS_A_DAY: Final = 24


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


def check(
    filled: FilledSheet,
    calendar: Calendar | None = None,
    departments: Mapping[str, str] | None = None,
) -> tuple[Remark, ...]:
    """Everything worth a second look in a filled form: title block, rows, the whole.

    `departments` maps the words by which texts speak of a department to its name.
    """
    days = calendar or published_calendar()
    known = _words()["departments"] if departments is None else departments
    deliverables = any(is_stated(row.values.get("deliverable")) for row in filled.rows)
    return (
        *day_off(days, _day(filled.header.get("started_on")), code="X-32", column="started_on"),
        *day_off(days, _day(filled.header.get("goal_deadline_on")), code="X-32",
                 column="goal_deadline_on"),
        *(remark for row in filled.rows
          for remark in _of_row(row, days, known, deliverables=deliverables)),
        *_slack(filled, days),
        *_states(filled),
        *hidden_names(filled, ("owner",), ("lead",)),
        *_asked(filled),
    )  # fmt: skip


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _of_row(
    row: SheetRow, calendar: Calendar, known: Mapping[str, str], *, deliverables: bool
) -> Iterator[Remark]:
    for key in _DATES:
        yield from day_off(calendar, day_of(row, key), code="X-32", row=row.id, column=key)
    yield from _owners(row)
    yield from _dates_in_texts(row)
    yield from _health(row)
    yield from _absent_department(row, known)
    yield from _response(row)
    if (
        deliverables
        and text_of(row, "status").startswith("done")
        and not text_of(row, "deliverable")
    ):
        yield Remark("T-N4", "warn", _(
            "The task is marked done, but no deliverable is named."
        ), row.id, "deliverable", "", _status(row))  # fmt: skip


def _parts(text: str) -> list[str]:
    found = re.split(_words()["patterns"]["separators"], text)
    return [part.strip() for part in found if part.strip()]


def _owners(row: SheetRow) -> Iterator[Remark]:
    """S5: exactly one department leads a task."""
    written = text_of(row, "accountable_department")
    names = _parts(written)
    if len(names) > 1:
        yield Remark("S5", "warn", _(
            "%(count)s departments lead this task. One must: “%(first)s” leads, the others support."
        ) % {"count": len(names), "first": names[0]},
            row.id, "accountable_department", names[0], written)  # fmt: skip
    elif not names:
        yield Remark("T10", "warn", _("No department leads this task."), row.id,
                     "accountable_department")  # fmt: skip


def _dates_in_texts(row: SheetRow) -> Iterator[Remark]:
    """S6: a date in the words of a task against its milestone."""
    due = day_of(row, "due_on")
    if due is None:
        return
    for key in _TEXTS:
        for found in dates_in_text(text_of(row, key), near=due):
            if found.day != due and (found.is_deadline or found.day > due):
                yield Remark("S6", "warn", _(
                    "The text says “%(text)s”, the milestone is %(due)s: one of the two is wrong."
                ) % {"text": found.text, "due": due.isoformat()},
                    row.id, key, found.day.isoformat(), due.isoformat())  # fmt: skip


def _status(row: SheetRow) -> str:
    return TASK_TRACKING.column("status").word(text_of(row, "status"))


def _health(row: SheetRow) -> Iterator[Remark]:
    """S7: “in progress” says how far a task is, its risk how well it goes."""
    status, risk = text_of(row, "status"), text_of(row, "risk")
    column = TASK_TRACKING.column("status")
    if status and status not in dict(column.choices):
        yield Remark("X-31", "warn", _(
            "“%(state)s” is no state of a task; known are %(states)s."
        ) % {"state": status, "states": listed([str(label) for _v, label in column.choices])},
            row.id, "status", "", status)  # fmt: skip
    if status != "in_progress":
        return
    health = next(
        (key for key in ("blocked", "late") if any(word in risk for word in _words()[key])), ""
    )
    if health:
        shown = {
            "state": column.word(status), "risk": risk, "health": column.word(f"{status}/{health}"),
        }  # fmt: skip
        yield Remark("S7", "warn", _(
            "“%(state)s” says how far the task is; “%(risk)s” says that it goes badly. By the facts"
            " it is “%(health)s”."
        ) % shown, row.id, "status", shown["health"], shown["state"])  # fmt: skip


def _absent_department(row: SheetRow, known: Mapping[str, str]) -> Iterator[Remark]:
    """X-31: a department whose help is needed but who does not take part."""
    involved = text_of(row, "accountable_department") + text_of(row, "supporting_departments")
    risk = text_of(row, "risk")
    for word, name in known.items():
        if word in risk and word not in involved and name not in involved:
            written = text_of(row, "supporting_departments")
            yield Remark("X-31", "warn", _(
                "The risk speaks of “%(word)s”, but %(department)s neither leads nor supports this"
                " task."
            ) % {"word": word, "department": name},
                row.id, "supporting_departments", name, written)  # fmt: skip


def _response(row: SheetRow) -> Iterator[Remark]:
    """S11: an answer within 24 hours and a promise of three workdays are not the same limit."""
    limit = row.values.get("response_hours")
    if not isinstance(limit, Decimal):
        return
    for found in quantities(text_of(row, "support")):
        if found.kind == "workday" and found.value * _HOURS_A_DAY > limit:
            shown = {"limit": numbers.hours(limit), "promise": found.text}
            yield Remark("S11", "warn", _(
                "The support is promised “%(promise)s”, the response limit is %(limit)s: say"
                " whether the limit counts natural or working hours, and which of the two holds."
            ) % shown, row.id, "response_hours", shown["limit"], shown["promise"])  # fmt: skip


def _slack(filled: FilledSheet, calendar: Calendar) -> Iterator[Remark]:
    """S10: the float is measured to the goal, not to the last milestone."""
    goal = _day(filled.header.get("goal_deadline_on"))
    days = [day for row in filled.rows if (day := day_of(row, "due_on")) is not None]
    if goal is None or not days:
        return
    last = max(days)
    shown = {"goal": goal.isoformat(), "last": last.isoformat()}
    if last > goal:
        yield Remark("S10", "warn", _(
            "The last milestone, %(last)s, lies after the goal's deadline %(goal)s."
        ) % shown, "", "goal_deadline_on", shown["last"], shown["goal"])  # fmt: skip
        return
    workdays = workdays_between(calendar, last + timedelta(days=1), goal)
    yield Remark("S10", "info", _(
        "From the last milestone, %(last)s, to the goal's deadline %(goal)s there are %(count)s"
        " workdays of slack."
    ) % {**shown, "count": workdays}, "", "goal_deadline_on", str(workdays), "")  # fmt: skip


def _states(filled: FilledSheet) -> Iterator[Remark]:
    """X-31: states the form writes and the method does not list."""
    allowed = _words()["listed_states"]
    written = [word for row in filled.rows if (word := _status(row).partition("(")[0])]
    known = {
        word for word, _value in filled.sheet.column("status").words
        if word in written and word not in allowed
    }  # fmt: skip
    for word in sorted(known):
        yield Remark("X-31", "info", _(
            "“%(state)s” is not among the states the method lists (%(states)s). Progress and health"
            " are kept apart here, so both fit."
        ) % {"state": word, "states": listed(allowed)}, "", "status", "", word)  # fmt: skip


def _asked(filled: FilledSheet) -> Iterator[Remark]:
    """S8: what the steps of the method require and the form does not hold."""
    missing = unstated(filled, _ASKED, ("goal", "goal_deadline_on")) if filled.rows else []
    if missing:
        yield Remark("S8", "info", _(
            "The method also asks for what this form does not state: %(fields)s."
        ) % {"fields": listed(missing)})  # fmt: skip
