"""What the demo company's people did about their deviations, told by the product's own actions."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from opsloop.analysis.period import Period
from opsloop.demo.company import department, person
from opsloop.demo.records import months_before
from opsloop.loop import actions
from opsloop.loop.models import Cause, Countermeasure, Deviation
from opsloop.loop.states import CountermeasureKind, State

Chapter = Mapping[str, Any]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Each deviation's story: causes, countermeasure, ending; months count from the oldest."""
    path = Path(__file__).with_name("story.json")
    return tuple(json.loads(path.read_text(encoding="utf-8")))


def deviation_of(chapter: Chapter) -> Deviation | None:
    """The open deviation a chapter is about."""
    found = Deviation.objects.unscoped("the demo tells every department's story").filter(
        tool=chapter["tool"], dimension_label__contains=chapter["about"]
    )
    if "metric" in chapter:
        found = found.filter(metric__source=chapter["metric"])
    return found.order_by("id").first()


def begin(month: int, *, today: date, now: datetime) -> None:
    """The chapters whose deviation was raised by the figures of `month`."""
    for chapter in chapters():
        deviation = deviation_of(chapter) if chapter["month"] == month else None
        if deviation is not None and deviation.state == State.PENDING_CONFIRMATION:
            analyse(deviation, chapter, now=now + timedelta(hours=2))
            act(deviation, chapter, today=today, now=now + timedelta(hours=5))


def analyse(deviation: Deviation, chapter: Chapter, *, now: datetime) -> None:
    """The owner confirms and answers "why?" down to the root."""
    owner = person(chapter["owner"])
    if deviation.owner_id != owner.pk:
        actions.assign(deviation, owner=owner, by=person("yunying"), now=now)
    actions.confirm(deviation, by=owner, now=now)
    above: Cause | None = None
    for row in chapter["causes"]:
        above = actions.add_cause(
            deviation, text=row["text"], category=row["category"], parent=above,
            controllable=row.get("controllable", "yes"), evidence_level=row["evidence_level"],
            evidence=row["evidence"], by=owner, now=now,
        )  # fmt: skip
        if row.get("root"):
            actions.mark_root(above, by=owner, now=now)
    actions.settle_causes(deviation, by=owner, now=now)


def act(deviation: Deviation, chapter: Chapter, *, today: date, now: datetime) -> None:
    """Propose, and approve what was approved; or leave it, when nothing can be done."""
    if "uncontrollable" in chapter:
        leave(deviation, chapter["uncontrollable"], by_owner=chapter["owner"], now=now)
        return
    spec = chapter["countermeasure"]
    done = months_before(today)[spec["done_month"]]
    proposed = actions.propose_countermeasure(
        deviation, terms=terms(deviation, spec, done, now.date()),
        by=person(chapter["owner"]), now=now,
    )  # fmt: skip
    approver = person(spec["approver"])
    actions.approve_countermeasure(proposed, by=approver, now=now + timedelta(hours=1))
    actions.start_countermeasure(proposed, by=person(spec["owner"]), now=now + timedelta(hours=2))


def terms(
    deviation: Deviation, spec: Mapping[str, Any], done: Period, today: date
) -> actions.Terms:
    """What the countermeasure promises, in the metric's unit, due on the last day of `done`."""
    target = (
        Decimal(spec["expected_to"])
        if "expected_to" in spec
        else (deviation.measured * Decimal(spec["expected_share"])).quantize(Decimal("0.1"))
    )
    root = deviation.causes.get(is_root=True)
    return actions.Terms(
        what=spec["what"], kind=CountermeasureKind(spec["kind"]),
        accountable_department=department(spec["department"]), owner=person(spec["owner"]),
        start_on=today, promised_on=done.end - timedelta(days=4), cause=root,
        expected_from=deviation.measured, expected_to=target,
        expected_by=done.shift(spec["follow_up"]).key,
        verification_method=spec["verification_method"], follow_up_periods=spec["follow_up"],
    )  # fmt: skip


def leave(deviation: Deviation, spec: Mapping[str, Any], *, by_owner: str, now: datetime) -> None:
    """无措施: a reason, an approver, then the archive."""
    actions.mark_uncontrollable(deviation, reason=spec["reason"], by=person(by_owner), now=now)
    actions.approve_uncontrollable(
        deviation, by=person(spec["approver"]), now=now + timedelta(hours=1)
    )
    actions.archive_without_countermeasure(
        deviation, by=person(spec["archiver"]), now=now + timedelta(hours=2)
    )


def finish(month: int, *, today: date) -> None:
    """Countermeasures done in `month` report back a few days before its end."""
    period = months_before(today)[month]
    for chapter, countermeasure in _approved():
        if chapter["countermeasure"]["done_month"] == month:
            moment = datetime.combine(period.end - timedelta(days=5), datetime.min.time())
            owner = person(chapter["countermeasure"]["owner"])
            actions.finish_countermeasure(
                countermeasure, by=owner, now=moment.astimezone() + timedelta(hours=10)
            )


def _approved() -> Iterator[tuple[Chapter, Countermeasure]]:
    for chapter in chapters():
        deviation = deviation_of(chapter) if "countermeasure" in chapter else None
        found = (
            deviation.countermeasures.filter(status="in_progress").first() if deviation else None
        )
        if found is not None:
            yield chapter, found


def conclude(*, now: datetime) -> None:
    """New figures have come in: verdicts are computed, and accepted where the story says so."""
    actions.evaluate_due(now=now)
    for chapter in chapters():
        deviation = deviation_of(chapter) if chapter.get("ending") == "accept" else None
        if deviation is None or deviation.state != State.PENDING_VERIFICATION:
            continue
        verdict = deviation.verifications.order_by("-id").first()
        if verdict is not None and verdict.outcome != "insufficient_data":
            settle_obligations(deviation, chapter, now=now)
            actions.accept_verdict(verdict, by=person(chapter["verifier"]), now=now)


def settle_obligations(deviation: Deviation, chapter: Chapter, *, now: datetime) -> None:
    """What the severity demands before closing, evidenced by the owner."""
    for obligation in deviation.obligations.all():
        if not obligation.is_met:
            actions.evidence_obligation(
                obligation, evidence=chapter["obligation"], by=person(chapter["owner"]), now=now
            )
