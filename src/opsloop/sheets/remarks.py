"""What any form may say against itself: days nobody works, facts nobody states, hidden names.

A room's `remarks.check(filled)` words the rules of its own form and takes these along.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis.worktime import Calendar, add_workdays, is_provisional, is_workday
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.exchange.printed_forms import printed_forms
from opsloop.exchange.values import is_empty

# A position with the name left out: *经理, 财务部*专员.
_MASK: Final = re.compile(r"[*\uff0a]\s*\w")
_LONGEST_EMPTY: Final = 12


def text_of(row: SheetRow, key: str) -> str:
    """The text of a cell, "" when it says nothing (空, 无, - …) or holds no text."""
    value = row.values.get(key)
    if not isinstance(value, str):
        return ""
    return "" if not value or _is_nothing(value) else value.strip()


@lru_cache(maxsize=8192)
def _is_nothing(text: str) -> bool:
    """Every word for nothing is short, and columns repeat theirs: a form has thousands of texts."""
    return len(text) <= _LONGEST_EMPTY and is_empty(text)


def day_of(row: SheetRow, key: str) -> date | None:
    value = row.values.get(key)
    return value if isinstance(value, date) else None


def is_stated(value: Any) -> bool:
    """Whether a cell says anything at all."""
    return value is not None and not (isinstance(value, str) and _is_nothing(value))


def heading(filled: FilledSheet, key: str) -> str:
    """What the form calls a field, also one that this copy of it does not have."""
    sheet = filled.sheet
    for column in (*sheet.columns, *sheet.header):
        if column.key == key:
            return str(column.label)
    form = printed_forms()[sheet.key]
    return {**form.full, **form.header_full}[key].printed


def listed(names: Sequence[str]) -> str:
    return _(", ").join(names)


def day_off(
    calendar: Calendar, day: date | None, *, code: str, row: str = "", column: str = "",
    is_past: bool = False,
) -> Iterator[Remark]:  # fmt: skip
    """A day nobody works, with the workdays around it; it stays as written unless somebody moves it.

    What `is_past` cannot be moved, only looked at again. Of a year whose arrangement is not
    published nothing is claimed but the day of the week.
    """
    if day is None or is_workday(calendar, day):
        return
    around = {
        "day": day.isoformat(),
        "kind": _kind_of_day(day),
        "before": add_workdays(calendar, day, -1).isoformat(),
        "after": add_workdays(calendar, day, 1).isoformat(),
        "year": str(day.year),
    }
    if is_provisional(calendar, day):
        text = _(
            "%(day)s is a %(kind)s. The holidays of %(year)s are not published yet, so whether it"
            " becomes a workday is open."
        )
        yield Remark(code, "info", text % around, row, column, "", around["day"])
        return
    if is_past:
        text = _("%(day)s is no workday (%(kind)s): check the date.")
        yield Remark(code, "info", text % around, row, column, "", around["day"])
        return
    text = _(
        "%(day)s is no workday (%(kind)s). Move it earlier to %(before)s, later to %(after)s,"
        " or keep it; it stays as written."
    )
    computed = f"{around['before']} / {around['after']}"
    yield Remark(code, "warn", text % around, row, column, computed, around["day"])


def _kind_of_day(day: date) -> str:
    if day.weekday() == 5:
        return _("Saturday")
    return _("Sunday") if day.weekday() == 6 else _("Holiday")


def is_kept(filled: FilledSheet) -> bool:
    """Whether the rows are records of a tool, which holds more than the form shows."""
    return any(row.version for row in filled.rows)


def unstated(filled: FilledSheet, keys: Sequence[str], header: Sequence[str] = ()) -> list[str]:
    """What the form calls the fields that it states nowhere: `keys` of rows, `header` of the title.

    Of a form that a tool keeps only the fields it declares: the others stand elsewhere.
    """
    sheet = filled.sheet
    declared = {column.key for column in (*sheet.columns, *sheet.header)}
    asked = [key for key in (*header, *keys) if key in declared or not is_kept(filled)]
    stated = {key for key in header if is_stated(filled.header.get(key))}
    stated |= {key for row in filled.rows for key in keys if is_stated(row.values.get(key))}
    return [heading(filled, key) for key in asked if key not in stated]


def hidden_names(
    filled: FilledSheet, keys: Sequence[str], header: Sequence[str] = ()
) -> Iterator[Remark]:
    """Names of which the form shows only the position (X-33); the row is kept as it is."""
    cells = [("", key, filled.header.get(key)) for key in header]
    cells += [(row.id, key, row.values.get(key)) for row in filled.rows for key in keys]
    for row, key, value in cells:
        if isinstance(value, str) and _MASK.search(value):
            yield Remark("X-33", "info", _(
                "“%(name)s” leaves the name out: it is kept as a position and is no person yet."
            ) % {"name": value}, row, key, "", value)  # fmt: skip
