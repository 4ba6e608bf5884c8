"""Drawing documents, noting what was found in them, and hearing the front line."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.core.cache import cache
from django.db import transaction

from opsloop.analysis.sampling import draw, sample_size
from opsloop.audit.actions import record
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require
from opsloop.processes import windows
from opsloop.processes.models import (
    DocumentResult,
    Opinion,
    OpinionSource,
    Pain,
    Process,
    SampledDocument,
    SamplingPlan,
    Step,
    VoiceLink,
)

_TOKEN_BYTES: Final = 6
# One sender may speak this often in an hour; one link hears this much in an hour.
SENDER_LIMIT: Final = 5
LINK_LIMIT: Final = 120
_HOUR: Final = timedelta(hours=1)


class NothingToDraw(Exception):
    """The log has no document in the window."""


class TooManyOpinions(Exception):
    """The link, or this sender, said enough for an hour."""


@transaction.atomic
def draw_sample(
    *, process: Process, question: str, first_on: date, last_on: date, margin: Decimal, seed: int,
    by: Person, now: datetime,
) -> SamplingPlan:  # fmt: skip
    """Draw the documents submitted from `first_on` to `last_on` (included) for ± `margin`.

    The seed is stored: whoever draws again gets the same numbers. Raises NotPermitted, NothingToDraw.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    documents = windows.documents(process, first_on, last_on)
    if not documents:
        raise NothingToDraw
    n = sample_size(len(documents), margin=float(margin))
    plan = SamplingPlan.objects.create(
        process=process, question=question, first_on=first_on, last_on=last_on,
        population=len(documents), margin=margin, seed=seed, drawn_by=by, drawn_at=now,
    )  # fmt: skip
    SampledDocument.objects.bulk_create(
        SampledDocument(plan=plan, case_no=number, number=name)
        for number, name in draw(documents, n, seed=seed)
    )
    record(
        by=by, now=now, action="processes.draw_sample", subject=plan,
        changes={"n": [None, n]}, department=process.department,
    )  # fmt: skip
    return plan


@transaction.atomic
def note_finding(
    *,
    document: SampledDocument,
    finding: DocumentResult | str,
    note: str,
    by: Person,
    now: datetime,
) -> SampledDocument:
    """Write down what was found in a document. Raises NotPermitted."""
    department = document.plan.process.department
    require(by, Permission.PROCESS_EDIT, department)
    before = document.finding
    document.finding, document.note = DocumentResult(finding), note.strip()
    document.found_by, document.found_at = by, now
    document.save()
    record(
        by=by, now=now, action="processes.note_finding", subject=document,
        changes={"finding": [before, document.finding]}, comment=document.note,
        department=department,
    )  # fmt: skip
    return document


@transaction.atomic
def open_voice(*, steps: Sequence[Step], by: Person, now: datetime) -> list[VoiceLink]:
    """A short link for each step; a step that has one keeps it. Raises NotPermitted."""
    links = []
    for step in steps:
        require(by, Permission.PROCESS_EDIT, step.version.process.department)
        link, is_new = VoiceLink.objects.unscoped("the step handed in").get_or_create(
            step=step,
            defaults={
                "token": secrets.token_urlsafe(_TOKEN_BYTES), "made_by": by, "made_at": now,
            },
        )  # fmt: skip
        if not is_new and not link.is_open:
            link.is_open = True
            link.save(update_fields=["is_open"])
        links.append(link)
    if links:
        record(
            by=by, now=now, action="processes.open_voice", subject=links[0].step.version,
            changes={"links": [None, len(links)]},
            department=links[0].step.version.process.department,
        )  # fmt: skip
    return links


@transaction.atomic
def close_voice(*, link: VoiceLink, by: Person, now: datetime) -> None:
    """The link hears nobody any more; what was said stays. Raises NotPermitted."""
    department = link.step.version.process.department
    require(by, Permission.PROCESS_EDIT, department)
    link.is_open = False
    link.save(update_fields=["is_open"])
    record(by=by, now=now, action="processes.close_voice", subject=link, department=department)


@transaction.atomic
def speak(
    *, link: VoiceLink, pain: Pain | str, text: str, person: Person | None, sender: str,
    by: Person | None, now: datetime,
) -> Opinion:  # fmt: skip
    """Hear an opinion by the link. `sender` only counts how often somebody speaks: it is not kept.

    Without `person` nothing tells who it was, not even the audit line. Raises TooManyOpinions.
    """
    lately = link.step.opinions.filter(source=OpinionSource.LINK, said_at__gt=now - _HOUR)
    if lately.count() >= LINK_LIMIT:
        raise TooManyOpinions
    _count(f"voice:{link.pk}:{sender}", SENDER_LIMIT)
    opinion = Opinion.objects.create(
        step=link.step, source=OpinionSource.LINK, pain=Pain(pain), text=text.strip(),
        person=person, said_at=now,
    )  # fmt: skip
    _heard(opinion, by if person is not None else None, now)
    return opinion


@transaction.atomic
def note_opinion(
    *, step: Step, source: OpinionSource | str, pain: Pain | str, text: str,
    person: Person | None, by: Person, now: datetime,
) -> Opinion:  # fmt: skip
    """Write down an interview or a line of workshop minutes (P4, P30). Raises NotPermitted."""
    require(by, Permission.PROCESS_EDIT, step.version.process.department)
    opinion = Opinion.objects.create(
        step=step, source=OpinionSource(source), pain=Pain(pain), text=text.strip(), person=person,
        said_at=now,
    )  # fmt: skip
    _heard(opinion, by, now)
    return opinion


def _heard(opinion: Opinion, by: Person | None, now: datetime) -> None:
    record(
        by=by, now=now, action="processes.hear", subject=opinion,
        department=opinion.step.version.process.department,
    )  # fmt: skip


def _count(key: str, limit: int) -> None:
    """Each web process counts for itself: nothing about a sender is written down."""
    cache.add(key, 0, _HOUR.total_seconds())
    if cache.incr(key) > limit:
        raise TooManyOpinions
