"""What the form says against itself: shown, explained, never silently corrected."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from opsloop.analysis.worktime import Calendar
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.org.published import published_calendar
from opsloop.processes.models import HoursBasis, Process, Step
from opsloop.processes.named_lists import split_documents, split_names
from opsloop.processes.sheet import PROCESS_REVIEW
from opsloop.sheets.remarks import day_of, day_off, is_kept, listed, text_of, unstated
from opsloop.ui import numbers

# What the method asks of each step and the printed form has no column for (S4).
_ASKED: Final = (
    "form_or_system", "return_rate", "reentry_count", "symptom", "ecrs", "root_cause",
    "countermeasure", "verification",
)  # fmt: skip


def check(filled: FilledSheet, calendar: Calendar | None = None) -> tuple[Remark, ...]:
    """Everything worth a second look in a filled form, also in one that is only being imported.

    The title block may carry `stated_hours` (a total stated elsewhere) and `hours_basis`.
    """
    days = calendar or published_calendar()
    if not filled.rows:
        return ()
    return (
        *_total(filled), *_basis(filled), *_owners(filled), *_ends(filled), *_unused(filled),
        *_asked(filled),
        *(remark for row in filled.rows
          for remark in day_off(days, day_of(row, "due_on"), code="X-32", row=row.id,
                                column="due_on")),
    )  # fmt: skip


def remarks(process: Process, steps: Sequence[Step]) -> list[Remark]:
    """Those of the form on the process's own page, which shows elsewhere what S4 asks for."""
    basis = HoursBasis(process.hours_basis).label
    header = {
        "start_event": process.start_event, "end_event": process.end_event,
        "stated_hours": process.stated_hours, "hours_basis": basis,
    }  # fmt: skip
    rows = tuple(
        SheetRow(str(step.pk), {"name": step.name, "inputs": step.inputs, "outputs": step.outputs,
                                "hours": step.hours})
        for step in steps
    )  # fmt: skip
    found = check(FilledSheet(PROCESS_REVIEW, header, rows))
    return [replace(remark, row="") for remark in found if remark.code != "S4"]


def total_hours(steps: Sequence[Step]) -> Decimal | None:
    """Σ of the durations stated, from minutes; None when none is."""
    minutes = [step.minutes for step in steps if step.minutes is not None]
    return Decimal(sum(minutes)) / 60 if minutes else None


def _total(filled: FilledSheet) -> Iterator[Remark]:
    """S1 and X-29: the total is Σ of the steps, whatever a report or a KPI states."""
    hours = [row.values.get("hours") for row in filled.rows]
    known = [value for value in hours if isinstance(value, Decimal)]
    if not known:
        return
    total, stated = sum(known, start=Decimal(0)), filled.header.get("stated_hours")
    shown = {"total": numbers.hours(total), "stated": numbers.hours(stated)}
    if not isinstance(stated, Decimal):
        yield Remark("S1", "info", _(
            "The steps add up to %(total)s; the total is always computed here. Enter what reports"
            " or KPIs state, and the two are compared."
        ) % shown, "", "hours", shown["total"])  # fmt: skip
    elif stated != total:
        yield Remark("S1", "warn", _(
            "The steps add up to %(total)s, but %(stated)s is stated elsewhere: one of the two is"
            " out of date."
        ) % shown, "", "hours", shown["total"], shown["stated"])  # fmt: skip
    if len(known) < len(hours):
        yield Remark(
            "S1", "warn", _("Some steps have no duration: the total is too low."), "", "hours"
        )


def _basis(filled: FilledSheet) -> Iterator[Remark]:
    """S2: which hours, and hours of what."""
    basis = filled.header.get("hours_basis")
    if basis:
        text = _(
            "Durations count %(basis)s from one step's end to the next one's; the printed column"
            " does not tell work from waiting."
        ) % {"basis": basis}
    else:
        text = _(
            "The printed column says neither whether hours are natural or working time, nor what"
            " of them is work and what is waiting."
        )
    yield Remark("S2", "info", text, "", "hours")


def _owners(filled: FilledSheet) -> Iterator[Remark]:
    """S5: one department answers, the others help; the records of the tool know which."""
    written = str(filled.header.get("departments") or "")
    names = split_names(written)
    if len(names) > 1 and not is_kept(filled):
        yield Remark("S5", "warn", _(
            "%(count)s departments answer for this process. One must: “%(first)s” is taken as"
            " accountable, the others as co-owners."
        ) % {"count": len(names), "first": names[0]}, "", "departments", names[0], written)  # fmt: skip


def _ends(filled: FilledSheet) -> Iterator[Remark]:
    """End to end (S3): the declared start and end must be met by the first and last step."""
    first, last = filled.rows[0], filled.rows[-1]
    end, start = (str(filled.header.get(key) or "") for key in ("end_event", "start_event"))
    name = text_of(last, "name")
    if end and not _related(end, name, text_of(last, "outputs")):
        yield Remark("S3", "warn", _(
            "The process is declared to end with “%(event)s”, but its last step is “%(step)s”:"
            " the steps between are missing."
        ) % {"event": end, "step": name}, last.id, "name", name, end)  # fmt: skip
    name = text_of(first, "name")
    if start and not _related(start, name, text_of(first, "inputs")):
        yield Remark("S3", "warn", _(
            "The process is declared to start with “%(event)s”, but its first step is “%(step)s”."
        ) % {"event": start, "step": name}, first.id, "name", name, start)  # fmt: skip


def _related(event: str, *texts: str) -> bool:
    """Whether two texts share a word: two signs in a row, which is what a Chinese word has."""
    pairs = {event[at : at + 2] for at in range(len(event) - 1)}
    return any(text[at : at + 2] in pairs for text in texts for at in range(len(text) - 1))


def _unused(filled: FilledSheet) -> Iterator[Remark]:
    """Outputs that no later step takes in (X-30)."""
    inputs = [split_documents(text_of(row, "inputs")) for row in filled.rows]
    for place, row in enumerate(filled.rows[:-1]):
        later = [name for names in inputs[place + 1 :] for name in names]
        unused = [
            name for name in split_documents(text_of(row, "outputs"))
            if not any(name in taken or taken in name for taken in later)
        ]  # fmt: skip
        for name in unused if later else ():
            yield Remark("X-30", "warn", _(
                "“%(output)s” of the step “%(step)s” is used by no later step."
            ) % {"output": name, "step": text_of(row, "name")}, row.id, "outputs", "", name)  # fmt: skip


def _asked(filled: FilledSheet) -> Iterator[Remark]:
    """S4: the printed form is only the describing half of the method."""
    missing = unstated(filled, _ASKED)
    if missing:
        yield Remark("S4", "info", _(
            "The method also asks for what this form does not state: %(fields)s."
        ) % {"fields": listed(missing)})  # fmt: skip
