"""What an inspection form says against itself: grades, duties, time limits, rechecks, dates."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.analysis import sampling, severity
from opsloop.analysis.dates_in_text import dates_in_text
from opsloop.analysis.severity import Limit, Severity
from opsloop.analysis.worktime import Calendar
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.org.published import published_calendar
from opsloop.quality.sheet import SERVICE_INSPECTION
from opsloop.quality.standards import Reading, Standard, library, read
from opsloop.sheets.remarks import (
    day_of,
    day_off,
    hidden_names,
    is_stated,
    listed,
    text_of,
    unstated,
)
from opsloop.ui import numbers

# What closing a case needs and the printed form has no column for.
_ASKED: Final = (
    "ticket", "standard", "measured", "inspector", "actual_finish", "recheck_by", "rechecked_on",
    "recheck_count",
)  # fmt: skip
_CLOSED: Final = ("done", "archived")
_HOUR: Final = 3600
_WHOLE: Final = 100
_FEW_FAILURES: Final = 0.10
_DUTIES: Final = {
    "accountability": gettext_lazy("Accountability"),
    "deduction": gettext_lazy("Performance deduction"),
    "training": gettext_lazy("Training"),
    "apology": gettext_lazy("Apology to the customer"),
    "visit": gettext_lazy("Apology in person"),
    "loss": gettext_lazy("Loss of the customer"),
    "approval": gettext_lazy("Approval by management"),
}


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


def check(
    filled: FilledSheet,
    calendar: Calendar | None = None,
    standards: Sequence[Standard] | None = None,
) -> tuple[Remark, ...]:
    """Everything worth a second look in a filled form, row by row, then of the whole."""
    days = calendar or published_calendar()
    known = library() if standards is None else standards
    readings = {row.id: reading_of(row, known) for row in filled.rows}
    return (
        *(remark for row in filled.rows for remark in _of_row(row, days, readings[row.id], known)),
        *hidden_names(filled, ("responsible",)),
        *_coverage(filled, [found for found in readings.values() if found], known),
        *_asked(filled),
    )


def reading_of(row: SheetRow, standards: Sequence[Standard]) -> Reading | None:
    """The measured value of a row beside its limit: from their columns, else from the words."""
    limit, measured = row.values.get("limit"), row.values.get("measured")
    if isinstance(limit, Decimal) and isinstance(measured, Decimal) and limit > 0:
        unit = text_of(row, "unit")
        at_most = text_of(row, "comparator") != "at_least"
        # A rate that allows no failure has no share of failures to exceed.
        is_rate = unit == "%" and limit < _WHOLE
        rate = Limit.RATE_AT_LEAST if is_rate else Limit.AT_LEAST
        kind = Limit.AT_MOST if at_most else rate
        own = Standard(
            "", text_of(row, "standard"), (), (), kind, Fraction(limit), "second", 1, unit
        )
        return Reading(own, Fraction(measured), "exactly", f"{measured} {unit}")
    return read(
        text_of(row, "touchpoint"), text_of(row, "problem"), standards,
        question_class=text_of(row, "question_class"),
    )  # fmt: skip


def computed_severity(reading: Reading) -> Severity | None:
    """The grade by exceedance; None where the value is only bounded and the grade stays open."""
    found = severity.grade(reading.exceeded)
    return None if reading.is_open and found is not Severity.MAJOR else found


def _of_row(
    row: SheetRow, calendar: Calendar, reading: Reading | None, standards: Sequence[Standard]
) -> Iterator[Remark]:
    written = _written(row)
    if reading is not None:
        yield from _grade(row, written, reading)
        yield from _intake(row, reading, standards)
    yield from _duties(row, written)
    yield from _impact(row, written)
    yield from _time_limit(row, written, calendar)
    yield from _recheck(row)
    yield from _dates(row, calendar)
    yield from _ticket(row)


def _written(row: SheetRow) -> Severity | None:
    text = text_of(row, "severity")
    return Severity(text) if text in set(Severity) else None


def _word(grade: Severity) -> str:
    return SERVICE_INSPECTION.column("computed_severity").word(grade)


def _grade(row: SheetRow, written: Severity | None, reading: Reading) -> Iterator[Remark]:
    """X-08, X-09, X-10: the grade the measured value gives beside the one written."""
    computed, standard = computed_severity(reading), reading.standard
    shown = {
        "value": reading.shown(reading.value), "limit": reading.shown(standard.limit),
        "rate": numbers.percent(_decimal(reading.exceeded)), "text": reading.text,
        "computed": _word(computed) if computed else "",
        "written": _word(written) if written else "",
    }  # fmt: skip
    if severity.is_on_bound(reading.exceeded) and not reading.is_open:
        yield Remark("X-09", "info", _(
            "%(value)s misses %(limit)s by exactly %(rate)s, where two bands meet. “Within” and “or"
            " more” include their bound, so it is “%(computed)s”."
        ) % shown, row.id, "severity", shown["computed"], shown["written"])  # fmt: skip
    if computed is None:
        needed = reading.needed(written) if written else ""
        if needed:
            yield Remark("X-10", "warn", _(
                "“%(text)s” is no measured value: against a limit of %(limit)s “%(written)s” needs"
                " %(needed)s. Enter what was measured."
            ) % {**shown, "needed": needed}, row.id, "severity", needed, reading.text)  # fmt: skip
    elif written is not None and computed.rank > written.rank:
        yield Remark("X-08", "warn", _(
            "%(value)s misses a limit of %(limit)s by %(rate)s: “%(computed)s” by the rule, but"
            " “%(written)s” is written."
        ) % shown, row.id, "severity", shown["computed"], shown["written"])  # fmt: skip
    elif written is not None and computed.rank < written.rank and not text_of(row, "impact"):
        yield Remark("X-08", "info", _(
            "%(value)s against a limit of %(limit)s is “%(computed)s” by the rule; “%(written)s”"
            " needs an effect on customers, and none is recorded."
        ) % shown, row.id, "severity", shown["computed"], shown["written"])  # fmt: skip


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _intake(row: SheetRow, reading: Reading, standards: Sequence[Standard]) -> Iterator[Remark]:
    """X-16: hours of which clock, and for which kind of question."""
    standard = reading.standard
    if standard.reading != "second" or standard.size < _HOUR:
        return
    limits = {
        one.question_class: one.limit for one in standards
        if one.question_class and set(one.touchpoints) & set(standard.touchpoints)
    }  # fmt: skip
    if not text_of(row, "time_basis"):
        yield Remark("X-16", "warn", _(
            "%(limit)s of natural or of working time? The standard does not say, and the two end on"
            " different days."
        ) % {"limit": reading.shown(standard.limit)},
            row.id, "time_basis", "", reading.shown(standard.limit))  # fmt: skip
    if len(limits) > 1 and not text_of(row, "question_class"):
        both = " / ".join(reading.shown(limit) for limit in sorted(limits.values()))
        yield Remark("X-16", "warn", _(
            "Simple or complex? It decides which limit holds (%(limits)s), and is settled at intake."
        ) % {"limits": both}, row.id, "question_class", both, "")  # fmt: skip


def _missing_duties(row: SheetRow, grade: Severity) -> list[str]:
    said = " ".join(text_of(row, key) for key in ("rectification", "recheck_result", "impact"))
    return [
        duty for duty in severity.DUTIES[grade]
        if not is_stated(row.values.get(duty))
        and not any(word in said for word in _words()["duties"][duty])
    ]  # fmt: skip


def _duties(row: SheetRow, written: Severity | None) -> Iterator[Remark]:
    """X-11: what a major problem demands before it is closed, and how it may be closed."""
    status = text_of(row, "status")
    missing = _missing_duties(row, written) if written is Severity.MAJOR else []
    if missing:
        names = listed([str(_DUTIES[duty]) for duty in missing])
        text = (
            _("“%(grade)s” demands what is not recorded (%(duties)s), yet it is marked done.")
            if status in _CLOSED
            else _("“%(grade)s” demands what is not recorded yet: %(duties)s.")
        )
        shown = {"grade": _word(Severity.MAJOR), "duties": names}
        state = SERVICE_INSPECTION.column("status").word(status)
        yield Remark("X-11", "warn", text % shown, row.id, "rectification", names, state)
    result, words = text_of(row, "recheck_result"), _words()["recheck"]
    confirmed = any(word in result for word in words["confirmations"])
    if status in _CLOSED and confirmed and not any(word in result for word in words["checks"]):
        yield Remark("X-11", "warn", _(
            "Closed on the customer's word (“%(result)s”), not by a recheck of the same person."
        ) % {"result": result}, row.id, "recheck_result", "", result)  # fmt: skip


def _impact(row: SheetRow, written: Severity | None) -> Iterator[Remark]:
    """X-12: critical rests on an effect on customers, not on an exceedance."""
    if written is not Severity.CRITICAL:
        return
    missing = _missing_duties(row, written)
    word = _word(written)
    if missing:
        names = listed([str(_DUTIES[duty]) for duty in missing])
        yield Remark("X-12", "warn", _(
            "“%(grade)s” is reached only by harm to customers and demands what is not recorded:"
            " %(duties)s."
        ) % {"grade": word, "duties": names}, row.id, "severity", names, word)  # fmt: skip
    if text_of(row, "method") == "satisfaction_survey" and not text_of(row, "impact"):
        yield Remark("X-12", "warn", _(
            "A comment in a survey is the only basis: record what harm the customer suffered."
        ), row.id, "method")  # fmt: skip
    responsible = text_of(row, "responsible")
    if any(title in responsible for title in _words()["people"]["managers"]):
        yield Remark("X-12", "info", _(
            "“%(name)s” leads the department: name also who served the customer."
        ) % {"name": responsible}, row.id, "responsible", "", responsible)  # fmt: skip


def _time_limit(row: SheetRow, written: Severity | None, calendar: Calendar) -> Iterator[Remark]:
    """X-13: “3日内” ends on two different days."""
    inspected, due = day_of(row, "inspected_on"), day_of(row, "due_on")
    limit = severity.due(written, inspected, calendar) if written and inspected else None
    if limit is None or due is None or due <= limit.natural:
        return
    shown = {
        "grade": _word(written) if written else "", "due": due.isoformat(),
        "natural": limit.natural.isoformat(), "working": limit.working.isoformat(),
        "days": severity.DUE_DAYS[written] if written else 0,
    }  # fmt: skip
    text = (
        _(
            "“%(grade)s” is due within %(days)s days: of natural days by %(natural)s, of workdays by"
            " %(working)s. %(due)s keeps only the second; state which days count."
        )
        if due <= limit.working
        else _(
            "“%(grade)s” is due within %(days)s days, by %(working)s at the latest (workdays);"
            " %(due)s is later."
        )
    )
    both = f"{shown['natural']} / {shown['working']}"
    yield Remark("X-13", "warn", text % shown, row.id, "due_on", both, due.isoformat())


def _recheck(row: SheetRow) -> Iterator[Remark]:
    """X-13: when a recheck was made, and what so small a sample lets one claim."""
    result, due = text_of(row, "recheck_result"), day_of(row, "due_on")
    if text_of(row, "status") not in _CLOSED or not any(
        word in result for word in _words()["recheck"]["checks"]
    ):
        return
    days = [found.day for found in dates_in_text(result, near=due)] if due else []
    if due is not None and due in days:
        yield Remark("X-13", "info", _(
            "Rechecked on the very day the correction was due: it could not show that it lasts."
        ), row.id, "recheck_result", "", due.isoformat())  # fmt: skip
    stated = row.values.get("recheck_count")
    found = re.search(_words()["patterns"]["count"], result)
    count = int(stated) if isinstance(stated, Decimal) else int(found[1]) if found else 1
    needed = sampling.needed_without_failure(_FEW_FAILURES)
    if 0 < count < needed:
        shown = {
            "count": str(count), "rate": numbers.percent(sampling.claimed_rate(0, count)),
            "needed": str(needed), "few": numbers.percent(_FEW_FAILURES),
        }  # fmt: skip
        yield Remark("X-13", "info", _(
            "%(count)s recheck without a failure supports only a failure rate below %(rate)s;"
            " %(needed)s are needed for below %(few)s."
        ) % shown, row.id, "recheck_result", f"< {shown['rate']}", f"n = {count}")  # fmt: skip


def _dates(row: SheetRow, calendar: Calendar) -> Iterator[Remark]:
    """X-17: days nobody works; what happened already can only be checked."""
    for key, is_past in (("inspected_on", True), ("due_on", False), ("rechecked_on", True)):
        yield from day_off(
            calendar, day_of(row, key), code="X-17", row=row.id, column=key, is_past=is_past
        )
    near = day_of(row, "due_on") or day_of(row, "inspected_on")
    result = text_of(row, "recheck_result")
    for found in dates_in_text(result, near=near) if near else ():
        yield from day_off(
            calendar, found.day, code="X-17", row=row.id, column="recheck_result", is_past=True
        )


def _ticket(row: SheetRow) -> Iterator[Remark]:
    """X-33: numbers that lost their digits."""
    found = re.search(_words()["patterns"]["ticket"], text_of(row, "problem"))
    if found and not text_of(row, "ticket"):
        yield Remark("X-33", "info", _(
            "%(text)s is hardly a whole ticket number: enter it, so that its times can be read."
        ) % {"text": found[0]}, row.id, "problem", "", found[0])  # fmt: skip


def _coverage(
    filled: FilledSheet, readings: Sequence[Reading], standards: Sequence[Standard]
) -> Iterator[Remark]:
    """X-15: standards nobody inspects."""
    seen = {reading.standard.key for reading in readings}
    left = [standard.name for standard in standards if standard.key not in seen]
    if left and filled.rows:
        yield Remark("X-15", "info", _(
            "Standards without an inspection in this form: %(standards)s."
        ) % {"standards": listed(left)}, "", "touchpoint",
            f"{len(standards) - len(left)} / {len(standards)}")  # fmt: skip


def _asked(filled: FilledSheet) -> Iterator[Remark]:
    """X-14: four stages, ten columns."""
    missing = unstated(filled, _ASKED) if filled.rows else []
    if missing:
        yield Remark("X-14", "info", _(
            "The method also asks for what this form does not state: %(fields)s."
        ) % {"fields": listed(missing)})  # fmt: skip
