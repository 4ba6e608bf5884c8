"""What a KPI form says against itself: metadata, directions, names, counts, plans, arithmetic."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis import breakdown
from opsloop.analysis.attainment import (
    Direction,
    Light,
    NoBand,
    attainment,
    light,
    warning_in_order,
)
from opsloop.analysis.worktime import Calendar
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.kpis.sheet import KPI_MONITOR
from opsloop.org.published import published_calendar
from opsloop.sheets.remarks import (
    day_of,
    day_off,
    heading,
    hidden_names,
    is_stated,
    listed,
    text_of,
)
from opsloop.ui import numbers

_METADATA: Final = ("definition", "source", "frequency", "responsible", "unit")
_MISS: Final = (Light.YELLOW, Light.RED)
_OVER: Final = Fraction(11, 10)
# A written rate is rounded, to whole percents at the coarsest.
_ROUNDING: Final = Decimal("0.005")


@dataclass(frozen=True)
class Plan:
    """The target of a year and its parts, in the unit of the KPI's row; parts by their period."""

    kpi: str
    target: Decimal
    parts: Mapping[str, Decimal]


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


def check(
    filled: FilledSheet, calendar: Calendar | None = None, plans: Sequence[Plan] = ()
) -> tuple[Remark, ...]:
    """Everything worth a second look in a filled form, row by row, then of the whole.

    `plans` are the breakdowns behind its targets; the title block's `period` says which part the
    targets of the form are.
    """
    days = calendar or published_calendar()
    period = str(filled.header.get("period") or "")
    return (
        *(remark for row in filled.rows for remark in _of_row(filled, row, days)),
        *_same_thing(filled.rows),
        *_library_sizes(filled.rows),
        *(remark for plan in plans for remark in breakdown_remarks(plan)),
        *(remark for plan in plans for row in filled.rows
          for remark in _other_target(row, plan, period)),
        *hidden_names(filled, ("responsible", "countermeasure_owner")),
    )  # fmt: skip


def breakdown_remarks(plan: Plan) -> Iterator[Remark]:
    """X-01: parts that do not add up, with the unit they may have been written in."""
    gap = breakdown.check(plan.target, list(plan.parts.values()))
    if gap is None:
        return
    shown = {
        "kpi": plan.kpi, "parent": _number(gap.parent), "total": _number(gap.total),
        "gap": _number(gap.gap), "larger": listed([list(plan.parts)[at] for at in gap.larger]),
    }  # fmt: skip
    text = _(
        "The parts of “%(kpi)s” add up to %(total)s, the year is %(parent)s: %(gap)s apart."
    ) % shown  # fmt: skip
    if gap.larger:
        text = _("%(text)s Larger than the whole year: %(larger)s.") % {**shown, "text": text}
    if gap.factor is not None and gap.gap_then is not None:
        text = _(
            "%(text)s Were the parts written in a unit %(factor)s times too large, %(rest)s"
            " (%(rate)s) would be missing. Nothing was changed."
        ) % {"text": text, "factor": _number(gap.factor), "rest": _number(gap.gap_then),
             "rate": numbers.percent(_decimal(gap.gap_then / gap.parent))}  # fmt: skip
    yield Remark("X-01", "bad", text, "", "target", shown["total"], shown["parent"])


def _number(value: Fraction | Decimal) -> str:
    exact = _decimal(value) if isinstance(value, Fraction) else value
    return f"{exact.normalize():,f}".replace("-", numbers.MINUS)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _other_target(row: SheetRow, plan: Plan, period: str) -> Iterator[Remark]:
    """X-02: two targets for one KPI and one period."""
    target, planned = row.values.get("target"), plan.parts.get(period)
    if text_of(row, "name") != plan.kpi or not isinstance(target, Decimal) or planned is None:
        return
    if target != planned:
        factor = breakdown.power_of_ten(planned, target)
        shown = {
            "kpi": plan.kpi, "period": period, "planned": _number(planned),
            "written": _number(target), "factor": _number(factor) if factor else "",
        }  # fmt: skip
        text = (
            _(
                "Two targets for “%(kpi)s” in %(period)s: %(written)s here, %(planned)s in the"
                " breakdown, %(factor)s times as much. Is the unit the same?"
            )
            if factor
            else _(
                "Two targets for “%(kpi)s” in %(period)s: %(written)s here, %(planned)s in the"
                " breakdown."
            )
        )
        yield Remark(
            "X-02", "bad", text % shown, row.id, "target", shown["planned"], shown["written"]
        )


def _of_row(filled: FilledSheet, row: SheetRow, calendar: Calendar) -> Iterator[Remark]:
    yield from _metadata(filled, row)
    yield from _direction(row)
    yield from _rule(row)
    yield from _figures(row)
    yield from day_off(calendar, day_of(row, "due_on"), code="X-32", row=row.id, column="due_on")


def _metadata(filled: FilledSheet, row: SheetRow) -> Iterator[Remark]:
    """X-04 and X-28: a KPI without source, frequency or unit cannot be collected."""
    missing = [key for key in _METADATA if not is_stated(row.values.get(key))]
    has_value = any(is_stated(row.values.get(key)) for key in ("target", "warning_value", "actual"))
    if "unit" in missing and has_value:
        yield Remark("X-28", "warn", _(
            "The row has values but no unit."
        ), row.id, "unit")  # fmt: skip
    if missing:
        yield Remark("X-04", "info" if missing == ["definition"] else "warn", _(
            "“%(kpi)s” lacks %(fields)s: it can be neither collected nor compared."
        ) % {"kpi": text_of(row, "name"),
             "fields": listed([heading(filled, key) for key in missing])},
            row.id, missing[0])  # fmt: skip


def direction_of(row: SheetRow) -> Direction | None:
    text = text_of(row, "direction")
    return Direction(text) if text in set(Direction) else None


def _direction(row: SheetRow) -> Iterator[Remark]:
    """X-05: which way is good decides what a warning value means."""
    direction, column = direction_of(row), KPI_MONITOR.column("direction")
    name = text_of(row, "name")
    seems_low = any(word in name for word in _words()["directions"]["lower"])
    if direction is None:
        usual = column.word("lower") if seems_low else ""
        yield Remark("X-05", "warn", _(
            "No direction: whether a warning value lies above or below the target cannot be told."
        ), row.id, "direction", usual)  # fmt: skip
        return
    if seems_low and direction is Direction.HIGHER:
        shown = {"kpi": name, "usual": column.word("lower"), "written": column.word(direction)}
        yield Remark("X-05", "warn", _(
            "“%(kpi)s” is usually “%(usual)s”, but “%(written)s” is written."
        ) % shown, row.id, "direction", shown["usual"], shown["written"])  # fmt: skip
    target, warning = row.values.get("target"), row.values.get("warning_value")
    if not isinstance(target, Decimal):
        return
    if not isinstance(warning, Decimal):
        yield Remark("K-07", "info", _(
            "A target without a warning value: every miss shows red."
        ), row.id, "warning_value")  # fmt: skip
    elif not warning_in_order(target, warning, direction, **_highs(row)):
        written = _number(warning)
        yield Remark("X-05", "warn", _(
            "With “%(direction)s” the warning value must lie on the bad side of the target"
            " (%(target)s), but is %(warning)s."
        ) % {"direction": column.word(direction), "target": _number(target), "warning": written},
            row.id, "warning_value", "", written)  # fmt: skip


def _highs(row: SheetRow) -> dict[str, Decimal | None]:
    found = {key: row.values.get(key) for key in ("target_high", "warning_high")}
    return {key: value if isinstance(value, Decimal) else None for key, value in found.items()}


def _days(text: str) -> int | None:
    known: Mapping[str, int] = _words()["frequencies"]
    found = [word for word in known if word in text]
    return known[max(found, key=len)] if found else None


def _rule(row: SheetRow) -> Iterator[Remark]:
    """X-04: a rule may not be finer than the data."""
    for key in ("rule", "reason", "countermeasure"):
        found = re.search(_words()["patterns"]["run"], text_of(row, key))
        if found is None:
            continue
        written, collected = text_of(row, "frequency"), _days(text_of(row, "frequency"))
        judged = _days(found["unit"])
        if collected is None or (judged is not None and judged < collected):
            shown = {"rule": found[0], "frequency": written or _("not stated")}
            yield Remark("X-04", "warn", _(
                "The rule judges “%(rule)s”, but the value is collected “%(frequency)s”: a rule"
                " cannot be finer than its data."
            ) % shown, row.id, key, shown["frequency"], shown["rule"])  # fmt: skip


def _figures(row: SheetRow) -> Iterator[Remark]:
    """K-12, K-13, K-33: what follows from target and actual beside what is written."""
    actual, target, direction = (
        row.values.get("actual"),
        row.values.get("target"),
        direction_of(row),
    )
    if not isinstance(actual, Decimal) or not isinstance(target, Decimal) or direction is None:
        return
    highs, warning = _highs(row), row.values.get("warning_value")
    try:
        rate = attainment(actual, target, direction, target_high=highs["target_high"])
    except NoBand:
        yield Remark("X-05", "warn", _("A band needs its upper end."), row.id, "target_high")
        return
    shows = light(
        actual, target, warning if isinstance(warning, Decimal) else None, direction, **highs
    )
    yield from _written_figures(row, rate, actual - target, shows)
    reason = text_of(row, "reason")
    if shows in _MISS and not (reason and text_of(row, "countermeasure_owner")):
        yield Remark("K-13", "warn", _(
            "The target is missed (%(light)s): a cause and an owner are required."
        ) % {"light": KPI_MONITOR.column("light").word(shows)},
            row.id, "countermeasure_owner" if reason else "reason")  # fmt: skip
    elif rate is not None and rate > _OVER and not reason:
        shown = numbers.percent(_decimal(rate))
        yield Remark("K-33", "info", _(
            "Attained by %(rate)s: more than 110 %% is explained like a miss."
        ) % {"rate": shown}, row.id, "reason", shown)  # fmt: skip


def _written_figures(
    row: SheetRow, rate: Fraction | None, difference: Decimal, shows: Light
) -> Iterator[Remark]:
    written: dict[str, Any] = {
        key: row.values.get(key) for key in ("attainment_rate", "difference", "light")
    }
    pairs: list[tuple[str, str, str]] = []
    stated = written["attainment_rate"]
    exact = None if rate is None else _decimal(rate)
    if isinstance(stated, Decimal) and exact is not None and abs(stated - exact) > _ROUNDING:
        pairs.append(("attainment_rate", numbers.percent(exact), numbers.percent(stated)))
    if isinstance(written["difference"], Decimal) and written["difference"] != difference:
        pairs.append(("difference", _number(difference), _number(written["difference"])))
    column = KPI_MONITOR.column("light")
    if written["light"] and written["light"] not in (shows, Light.BLUE):
        pairs.append(("light", column.word(shows), column.word(str(written["light"]))))
    for key, computed, text in pairs:
        yield Remark("K-12", "warn", _(
            "From target and actual follows %(computed)s, written is %(written)s."
        ) % {"computed": computed, "written": text}, row.id, key, computed, text)  # fmt: skip


def _same_thing(rows: Sequence[SheetRow]) -> Iterator[Remark]:
    """X-02 and X-06: one KPI twice, or one thing under two names or measured in two places."""
    names = [text_of(row, "name") for row in rows]
    for thing, places in breakdown.groups(names, _words()["synonyms"]).items():
        first = rows[places[0]]
        for place in places[1:]:
            row, name = rows[place], names[place]
            if name != names[places[0]]:
                yield Remark("X-06", "warn", _(
                    "“%(name)s” and “%(other)s” are one thing in most companies: give one"
                    " definition and one owner, or say in the definition how they differ."
                ) % {"name": name, "other": names[places[0]]},
                    row.id, "name", names[places[0]], name)  # fmt: skip
            elif text_of(row, "level") == text_of(first, "level"):
                mine, theirs = (one.values.get("target") for one in (row, first))
                yield Remark("X-02", "warn", _(
                    "“%(name)s” stands twice on one level: one KPI has one target a period."
                ) % {"name": name}, row.id, "target",
                    *(_number(t) if isinstance(t, Decimal) else "" for t in (theirs, mine)))  # fmt: skip
        form = _words()["elsewhere"].get(thing)
        if form:
            yield Remark("X-06", "info", _(
                "“%(name)s” is also measured case by case in “%(form)s”: both need one definition"
                " and one owner."
            ) % {"name": names[places[0]], "form": form},
                first.id, "definition", "", text_of(first, "responsible"))  # fmt: skip


def _library_sizes(rows: Sequence[SheetRow]) -> Iterator[Remark]:
    """X-03: five to eight indicators a level or department; a warning, no bar."""
    levels: dict[str, int] = {}
    for row in rows:
        levels[text_of(row, "level")] = levels.get(text_of(row, "level"), 0) + 1
    for level, count in levels.items():
        if level and breakdown.size_of(count) != "fit":
            yield Remark("X-03", "info", _(
                "%(level)s has %(count)s KPIs; few and precise means %(fewest)s to %(most)s."
            ) % {"level": level, "count": count, "fewest": breakdown.FEWEST,
                 "most": breakdown.MOST}, "", "level", str(count), level)  # fmt: skip
