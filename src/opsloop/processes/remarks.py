"""What the form says against itself: shown, explained, never silently corrected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from opsloop.processes.models import HoursBasis, Process, Step
from opsloop.processes.paste import split_documents
from opsloop.ui import numbers

Tone = Literal["warn", "info"]


@dataclass(frozen=True)
class Remark:
    """`code` is the stable name of the rule (contradictions S1 …, X-30)."""

    code: str
    tone: Tone
    text: str


def total_hours(steps: Sequence[Step]) -> Decimal | None:
    """Σ of the durations stated, from minutes; None when none is."""
    minutes = [step.minutes for step in steps if step.minutes is not None]
    return Decimal(sum(minutes)) / 60 if minutes else None


def remarks(process: Process, steps: Sequence[Step]) -> list[Remark]:
    """Everything worth a second look in the form."""
    if not steps:
        return []
    return [*_total(process, steps), *_ends(process, steps), *_unused(steps)]


def _total(process: Process, steps: Sequence[Step]) -> Iterator[Remark]:
    total = total_hours(steps)
    if total is None:
        return
    shown = {"total": numbers.hours(total), "stated": numbers.hours(process.stated_hours)}
    if process.stated_hours is None:
        yield Remark("S1", "info", _(
            "The steps add up to %(total)s; the total is always computed here. Enter what reports"
            " or KPIs state, and the two are compared."
        ) % shown)  # fmt: skip
    elif process.stated_hours != total:
        yield Remark("S1", "warn", _(
            "The steps add up to %(total)s, but %(stated)s is stated elsewhere: one of the two is"
            " out of date."
        ) % shown)  # fmt: skip
    if any(step.minutes is None for step in steps):
        yield Remark("S1", "warn", _("Some steps have no duration: the total is too low."))
    basis = HoursBasis(process.hours_basis).label
    yield Remark("S2", "info", _(
        "Durations count %(basis)s from one step's end to the next one's; the printed column does"
        " not tell work from waiting."
    ) % {"basis": basis})  # fmt: skip


def _ends(process: Process, steps: Sequence[Step]) -> Iterator[Remark]:
    """End to end (S3): the declared start and end must be met by the first and last step."""
    first, last = steps[0], steps[-1]
    if process.end_event and not _related(process.end_event, last.name, last.outputs):
        yield Remark("S3", "warn", _(
            "The process is declared to end with “%(event)s”, but its last step is “%(step)s”:"
            " the steps between are missing."
        ) % {"event": process.end_event, "step": last.name})  # fmt: skip
    if process.start_event and not _related(process.start_event, first.name, first.inputs):
        yield Remark("S3", "warn", _(
            "The process is declared to start with “%(event)s”, but its first step is “%(step)s”."
        ) % {"event": process.start_event, "step": first.name})  # fmt: skip


def _related(event: str, *texts: str) -> bool:
    """Whether two texts share a word: two signs in a row, which is what a Chinese word has."""
    pairs = {event[at : at + 2] for at in range(len(event) - 1)}
    return any(text[at : at + 2] in pairs for text in texts for at in range(len(text) - 1))


def _unused(steps: Sequence[Step]) -> Iterator[Remark]:
    """Outputs that no later step takes in (X-30)."""
    for place, step in enumerate(steps[:-1]):
        later = [name for other in steps[place + 1 :] for name in split_documents(other.inputs)]
        unused = [
            name for name in split_documents(step.outputs)
            if not any(name in taken or taken in name for taken in later)
        ]  # fmt: skip
        for name in unused if later else ():
            yield Remark("X-30", "warn", _(
                "“%(output)s” of the step “%(step)s” is used by no later step."
            ) % {"output": name, "step": step.name})  # fmt: skip
