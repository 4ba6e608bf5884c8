"""How the demo company improved its purchasing: heard, sampled, decided, designed, tried, reviewed.

Every line of `processes.json` goes through the room's own actions, as people would have done it in
the month after the figures came in.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from opsloop.analysis.period import Period
from opsloop.demo.company import department, person
from opsloop.demo.records import company, months_before, pilot_starts_on
from opsloop.loop import actions as loop
from opsloop.loop.models import Cause, Deviation
from opsloop.loop.states import CountermeasureKind, State
from opsloop.processes import actions, queries
from opsloop.processes.reviews import create_due

Told = Mapping[str, Any]
_BY: Final = "yunying"
_APPROVER: Final = "zongjingli"


@cache
def told() -> dict[str, Told]:
    """What is told of each process, by its key in the company file."""
    path = Path(__file__).with_name("processes.json")
    found: dict[str, Told] = json.loads(path.read_text(encoding="utf-8"))
    return found


def processes() -> Iterator[tuple[Told, Any]]:
    """(what is told, the process) of every process the story is about."""
    known = {process.name: process for process in queries.processes(person(_BY))}
    for key, story in told().items():
        yield story, known[company()["processes"][key]["name"]]


def describe(now: datetime) -> None:
    """What the log cannot say: forms, fields typed by hand, who answers, what interviews claim."""
    by = person(_BY)
    for story, process in processes():
        for source in ("interview", "observed", "typed"):
            for name, cells in story.get(source, {}).items():
                step = process.as_is.steps.get(name=name)
                actions.change_step(step=step, source=source, by=by, now=now, **_cells(cells))


def title_of(key: str) -> dict[str, Any]:
    """Further fields of a process's title block."""
    title = dict(told()[key]["title"])
    exact = {name: Decimal(title[name]) for name in ("hourly_rate", "complaint_rate")}
    return title | exact


_EXACT: Final = ("return_rate", "limit_hours", "from_amount")


def _cells(cells: Told) -> dict[str, Any]:
    return {name: Decimal(value) if name in _EXACT else value for name, value in cells.items()}


def begin(index: int, *, today: date, now: datetime) -> None:
    """What people do as soon as the log of month `index` has come in."""
    months = months_before(today)
    for story, process in processes():
        if index == 1 and "sample" in story:
            look_at_documents(story["sample"], process, months[:2], now)
            decide(story["decisions"], process, now)
        for number, design in enumerate(story.get("designs", ())):
            if design["month"] == index:
                draw_up(design, process, now)
                start_pilots(story, process, number, months[index + 1], now)


def carry_on(index: int, *, today: date, now: datetime) -> None:
    """What they do when the month has been closed and its verdicts are out."""
    create_due(now=now)
    months = months_before(today)
    for story, process in processes():
        if index == 0:
            listen(story, process, months[1], now)
        if index + 1 < len(months):
            note_pilots(story, process, index + 1, months[index + 1])
        if "second_round" in story:
            think_again(story, process, now)
        close_reviews(story, process, Period.containing("quarter", today).previous(), now)


def _at(month: Period, day: int, hour: int = 10) -> datetime:
    moment = datetime(month.start.year, month.start.month, 1) + timedelta(days=day - 1, hours=hour)
    return timezone.make_aware(moment)


def listen(story: Told, process: Any, month: Period, now: datetime) -> None:
    """Short links for every step, interviews, a workshop; most speak without a name."""
    by = person(_BY)
    steps = {step.name: step for step in process.as_is.steps.all()}
    links = {link.step_id: link for link in _links(list(steps.values()), now)}
    for number, said in enumerate(story["voices"]):
        who = person(said["person"]) if "person" in said else None
        common: dict[str, Any] = {
            "pain": said["pain"], "text": said["text"], "person": who,
            "now": _at(month, said["day"]),
        }  # fmt: skip
        step = steps[said["step"]]
        if said["source"] == "link":
            actions.speak(link=links[step.pk], sender=f"demo-{number}", by=who, **common)
        else:
            actions.note_opinion(step=step, source=said["source"], by=by, **common)


def _links(steps: list[Any], now: datetime) -> list[Any]:
    return actions.open_voice(steps=steps, by=person(_BY), now=now)


def look_at_documents(sample: Told, process: Any, window: list[Period], now: datetime) -> None:
    """A sample of the first months' documents; the looking is not finished yet."""
    by = person(_BY)
    plan = actions.draw_sample(
        process=process, question=sample["question"], first_on=window[0].start,
        last_on=window[-1].end - timedelta(days=1), margin=Decimal(sample["margin"]), seed=20240601,
        by=by, now=now,
    )  # fmt: skip
    documents = list(plan.documents.select_related("plan__process__department"))
    faults = sample["faults"]
    for number, document in enumerate(documents[: round(len(documents) * sample["share"])]):
        finding, note = "fine", ""
        if number % 7 == 3:
            finding, note = "faulty", faults[number // 7 % len(faults)]
        elif number == 11:
            finding, note = "missing", ""
        moment = now + timedelta(days=number // 12, minutes=20 * (number % 12))
        actions.note_finding(document=document, finding=finding, note=note, by=by, now=moment)


def decide(decisions: list[Told], process: Any, now: datetime) -> None:
    """Candidates the log shows, accepted or rejected with a reason."""
    lines = {
        (line.candidate.letter, line.candidate.kind, tuple(line.candidate.steps)): line
        for line in queries.worksheet(process).lines
    }
    for one in decisions:
        line = lines.get((one["letter"], one["trigger"], tuple(one["steps"])))
        if line is not None:
            found = line.candidate
            actions.decide_proposal(
                process=process, letter=found.letter, trigger=found.kind, steps=found.steps,
                values=found.values, n=found.n, text=line.text, accepted=one["accepted"],
                reason=one["reason"], by=person(_BY), now=now,
            )  # fmt: skip


def draw_up(design: Told, process: Any, now: datetime) -> None:
    """A to-be version: drafted and handed in by one, approved by another."""
    by = person(_BY)
    version = actions.copy_as_is(process=process, by=by, now=now)
    for name in design["removed"]:
        actions.remove_step(step=version.steps.get(name=name), by=by, now=now)
    for name, cells in design["changed"].items():
        step = version.steps.get(name=name)
        actions.change_step(step=step, by=by, now=now, **_cells(cells))
    handed_in = actions.submit(version=version, by=by, now=now + timedelta(hours=1))
    actions.decide(
        version=handed_in, approve=True, comment=design["comment"], by=person(_APPROVER),
        now=now + timedelta(hours=3),
    )  # fmt: skip


def start_pilots(story: Told, process: Any, design: int, month: Period, now: datetime) -> None:
    """Try a version in one unit; the first pilot carries out the running countermeasure."""
    versions = list(reversed(queries.designs(process)))
    for row in story["pilots"]:
        if row["design"] != design:
            continue
        running = queries.countermeasures_of(process, person(_BY))
        rate = row.get("target_return_rate")
        pilot = actions.start_pilot(
            process=process, version=versions[design], unit=row["unit"], controls=row["controls"],
            start_on=pilot_starts_on(month), target_hours=Decimal(row["target_hours"]),
            target_return_rate=Decimal(rate) if rate else None,
            countermeasure=next(
                (one for one in running if row.get("joins_countermeasure")
                 and story["slow_step"] in one.deviation.dimension_label), None,
            ),
            by=person(_BY), now=now + timedelta(hours=4),
        )  # fmt: skip
        for one in row["readings"]:
            if one["moment"] == "before":
                note_survey(pilot, one, month.previous(), now + timedelta(hours=5))


def note_survey(pilot: Any, survey: Told, month: Period, now: datetime) -> None:
    """How many of those asked in a month were satisfied."""
    actions.note_reading(
        pilot=pilot, moment=survey["moment"], asked=survey["asked"], satisfied=survey["satisfied"],
        asked_on=_at(month, survey["day"]).date(), source=survey["source"], by=person(_BY), now=now,
    )  # fmt: skip


def note_pilots(story: Told, process: Any, number: int, month: Period) -> None:
    """Problems and surveys of a month, while a pilot runs."""
    by = person(_BY)
    pilots = {pilot.unit: pilot for pilot in queries.pilots(process)}
    for row in story.get("pilots", ()):
        pilot = pilots.get(row["unit"])
        if pilot is None:
            continue
        for one in row["readings"]:
            if one["moment"] == "after" and one["month"] == number:
                note_survey(pilot, one, month, _at(month, one["day"], 15))
        for one in row["problems"]:
            if one["month"] == number:
                actions.note_problem(
                    pilot=pilot, kind=one["kind"], text=one["text"],
                    adjustment=one["adjustment"], by=by, now=_at(month, one["day"]),
                )  # fmt: skip


def think_again(story: Told, process: Any, now: datetime) -> None:
    """The slow step's deviation came back: the fishbone gets its other bones, and a new plan."""
    by = person(_BY)
    for deviation in queries.deviations_of(process, by):
        came_back = deviation.reopen_count and deviation.state == State.CAUSE_ANALYSIS
        if came_back and story["slow_step"] in deviation.dimension_label:
            root = write_causes(story, process, deviation, now)
            loop.settle_causes(deviation, by=by, now=now + timedelta(hours=2))
            plan_again(story["second_round"], deviation, root, now + timedelta(hours=3))


def write_causes(story: Told, process: Any, deviation: Deviation, now: datetime) -> Cause:
    """Bones from the fishbone session, from accepted proposals and from the front line."""
    said: dict[str, Any] = {"by": person(_BY), "now": now}
    for bone in story["fishbone"]:
        symptom = _write(deviation, bone, None, bone["category"], said)
        below = _write(deviation, bone["below"], symptom, bone["category"], said)
        if bone["below"].get("root"):
            loop.mark_root(below, **said)
    category = story["second_round"]["category"]
    top: Cause | None = None
    for proposal in process.proposals.filter(accepted=True):
        if story["slow_step"] not in proposal.steps:
            continue
        top = actions.proposal_to_cause(
            proposal=proposal, deviation=deviation, category=category, parent=None, **said
        )
    spoken = process.as_is.steps.get(name=story["slow_step"]).opinions.filter(source="workshop")
    for opinion in spoken:
        actions.opinion_to_cause(
            opinion=opinion, deviation=deviation, category=category, parent=top, **said
        )
    root = deviation.causes.filter(is_root=True).order_by("id").first()
    assert root is not None
    return root


def _write(
    deviation: Deviation, row: Told, parent: Cause | None, category: str, said: dict[str, Any]
) -> Cause:
    return loop.add_cause(
        deviation, text=row["text"], category=category, parent=parent,
        evidence_level=row["evidence_level"], evidence=row["evidence"], **said,
    )  # fmt: skip


def plan_again(spec: Told, deviation: Deviation, root: Cause, now: datetime) -> None:
    """The second countermeasure: proposed, approved, begun; its effect is still to be seen."""
    due = now.date() + timedelta(days=spec["days"])
    target = (deviation.measured * Decimal(spec["expected_share"])).quantize(Decimal("0.1"))
    terms = loop.Terms(
        what=spec["what"], kind=CountermeasureKind.CORRECTIVE,
        accountable_department=department(spec["department"]), owner=person(spec["owner"]),
        start_on=now.date(), promised_on=due, cause=root, expected_from=deviation.measured,
        expected_to=target,
        expected_by=Period.containing("month", due).shift(spec["follow_up"]).key,
        verification_method=spec["verification_method"], follow_up_periods=spec["follow_up"],
    )  # fmt: skip
    proposed = loop.propose_countermeasure(deviation, terms=terms, by=person(_BY), now=now)
    loop.approve_countermeasure(proposed, by=person(spec["approver"]), now=now + timedelta(hours=1))
    loop.start_countermeasure(proposed, by=person(spec["owner"]), now=now + timedelta(hours=2))


def close_reviews(story: Told, process: Any, newest: Period, now: datetime) -> None:
    """Every review but the newest has its conclusion; that one is due."""
    for review in process.reviews.all():
        if review.state == "due" and review.period < newest.key:
            actions.close_review(
                review=review, conclusion=story["conclusion"], by=person(_BY),
                now=now + timedelta(hours=6),
            )  # fmt: skip
