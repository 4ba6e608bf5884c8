"""A person's day on one page: whatever waits for them, across all tools, by urgency (L-14)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from itertools import product
from operator import or_
from typing import Any, Final

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsloop.loop.guards import needs_four_eyes
from opsloop.loop.models import (
    Countermeasure,
    Deviation,
    DeviationQuerySet,
    NoCountermeasure,
    Obligation,
    SupportPromise,
    Verification,
)
from opsloop.loop.models.deviation import places
from opsloop.loop.states import LIVE, OPEN, CountermeasureStatus, Outcome, State
from opsloop.loop.wording import in_unit
from opsloop.metrics.models import seen_with
from opsloop.org.models import Person
from opsloop.org.permissions import Permission

LIMIT: Final = 100
KINDS: Final[dict[str, Promise]] = {
    "countermeasure": _("Countermeasures to do"),
    "support": _("Supports promised"),
    "cause": _("Causes to write"),
    "plan": _("Countermeasures to propose"),
    "confirm": _("Deviations to confirm"),
    "verdict": _("Verdicts to accept"),
    "approval": _("Approvals"),
    "obligation": _("Obligations to evidence"),
    "data": _("Data to collect"),
}
URGENCIES: Final[dict[str, Promise]] = {
    "overdue": _("Overdue"),
    "today": _("Today"),
    "waiting": _("Waiting for you"),
    "week": _("This week"),
    "later": _("Later"),
}


@dataclass(frozen=True)
class Item:
    """One thing to do: what, on which deviation, by when, and where the click leads.

    What a tool asks for outside a deviation has no severity and the number 0.
    """

    kind: str
    text: str
    context: str
    severity: str
    due_on: date | None
    url: str
    deviation_id: int
    figure: str = ""

    @property
    def kind_label(self) -> Promise:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Group:
    """The items of one urgency, soonest first."""

    urgency: str
    label: Promise
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Desk:
    groups: tuple[Group, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def tally(self) -> list[tuple[Promise, int]]:
        """Kinds that have something to do, in the order of the page."""
        return [(label, self.counts[kind]) for kind, label in KINDS.items() if self.counts[kind]]


def desk(person: Person, *, today: date) -> Desk:
    """Everything that waits for this person; at most 100 of a kind."""
    items = [*_own(person), *_of_office(person), *_of_tools(person)]
    items.sort(key=lambda item: (item.due_on or date.max, item.deviation_id))
    week_ends = today + timedelta(days=7 - today.isoweekday())
    buckets: dict[str, list[Item]] = {urgency: [] for urgency in URGENCIES}
    for item in items:
        buckets[_urgency(item.due_on, today, week_ends)].append(item)
    groups = tuple(
        Group(urgency, URGENCIES[urgency], tuple(found))
        for urgency, found in buckets.items()
        if found
    )
    counts = {kind: sum(item.kind == kind for item in items) for kind in KINDS}
    return Desk(groups, counts)


def _urgency(due_on: date | None, today: date, week_ends: date) -> str:
    if due_on is None:
        return "waiting"
    if due_on > week_ends:
        return "later"
    if due_on < today:
        return "overdue"
    return "today" if due_on == today else "week"


def _item(
    kind: str, deviation: Deviation, text: str, due_on: date | None = None, anchor: str = ""
) -> Item:
    url = reverse("loop:detail", args=[deviation.pk])
    return Item(
        kind, text, str(deviation), deviation.severity, due_on,
        f"{url}#{anchor}" if anchor else url, deviation.pk, _figure(deviation),
    )  # fmt: skip


def _figure(deviation: Deviation) -> str:
    """How far off it is: the measured value against its base."""
    figures = {
        "measured": in_unit(deviation.measured, deviation.unit),
        "kind": deviation.get_base_kind_display(),
        "base": in_unit(deviation.base, deviation.unit),
    }
    return gettext("%(measured)s, %(kind)s %(base)s") % figures


_ROW = ("deviation__metric", "deviation__metric_version__metric", "deviation__department")


def _own(person: Person) -> Iterator[Item]:
    """What names this person."""
    mine = Countermeasure.objects.unscoped("who carries it out sees it").filter(
        owner=person, status__in=LIVE, deviation__state__in=OPEN
    )
    for row in mine.select_related(*_ROW).order_by("due_on")[:LIMIT]:
        yield _item(
            "countermeasure", row.deviation, row.what, row.due_on, f"countermeasure-{row.pk}"
        )
    promised = SupportPromise.objects.filter(
        person=person, given_at__isnull=True,
        countermeasure__status__in=(CountermeasureStatus.PROPOSED, *LIVE),
        countermeasure__deviation__state__in=OPEN,
    )  # fmt: skip
    related = [f"countermeasure__{name}" for name in _ROW]
    for support in promised.select_related("countermeasure", *related).order_by("due_on")[:LIMIT]:
        measure = support.countermeasure
        yield _item(
            "support", measure.deviation, support.what, support.due_on,
            f"countermeasure-{measure.pk}",
        )  # fmt: skip
    owned = owned_by(person)
    for deviation in owned.filter(state=State.CAUSE_ANALYSIS)[:LIMIT]:
        yield _item("cause", deviation, gettext("Find the root cause"), anchor="causes")
    for deviation in owned.filter(state=State.COUNTERMEASURE_PLANNING).exclude(
        pk__in=_with_proposals()
    )[:LIMIT]:
        text = gettext("Propose a countermeasure")
        yield _item("plan", deviation, text, anchor="countermeasures")
    waiting = Obligation.objects.filter(
        deviation__owner=person, evidenced_at__isnull=True, waived_at__isnull=True,
        deviation__state__in=OPEN,
    )  # fmt: skip
    for obligation in waiting.select_related(*_ROW)[:LIMIT]:
        yield _item(
            "obligation", obligation.deviation, str(obligation), obligation.due_on, "obligations"
        )
    for deviation in _stage(owned, _with_latest(Outcome.INSUFFICIENT_DATA)):
        text = gettext("Import the records of the result window")
        yield _item("data", deviation, text, deviation.data_on, "verification")


def _of_tools(person: Person) -> Iterator[Item]:
    """What waits outside the loop: each tool on the list says its own."""
    for path in settings.DESK_SOURCES:
        yield from import_string(path)(person)


def _of_office(person: Person) -> Iterator[Item]:
    """What waits for whoever holds this person's role in the department."""
    waiting = (State.RAISED, State.PENDING_CONFIRMATION)
    to_confirm = [
        *owned_by(person).filter(state=State.PENDING_CONFIRMATION)[:LIMIT],
        *_oldest(person, Permission.DEVIATION_CONFIRM, waiting),
    ]
    for deviation in sorted({row.pk: row for row in to_confirm}.values(), key=_number)[:LIMIT]:
        is_new = deviation.state == State.RAISED
        text = gettext("Name an owner") if is_new else gettext("Confirm it, or dismiss it")
        yield _item("confirm", deviation, text)
    yield from _approvals(person)
    accepting = _rows(_within(person, Permission.VERDICT_ACCEPT))
    decided = [Outcome.EFFECTIVE, Outcome.PARTLY_EFFECTIVE, Outcome.INEFFECTIVE, Outcome.WORSENED]
    for deviation in _stage(accepting, _with_latest(*decided)):
        if not (needs_four_eyes(deviation) and _executed(deviation, person)):
            label = Outcome(deviation.latest_outcome).label
            text = gettext("Accept the verdict: %(outcome)s") % {"outcome": label}
            yield _item("verdict", deviation, text, anchor="verification")


def _approvals(person: Person) -> Iterator[Item]:
    departments = person.departments_within(Permission.COUNTERMEASURE_APPROVE).values("pk")
    proposed = Countermeasure.objects.visible_to(person).filter(
        Q(deviation__department__in=departments) | Q(accountable_department__in=departments),
        status=CountermeasureStatus.PROPOSED, deviation__state__in=OPEN,
    )  # fmt: skip
    for row in proposed.select_related(*_ROW)[:LIMIT]:
        yield _item("approval", row.deviation, row.what, anchor=f"countermeasure-{row.pk}")
    asked = NoCountermeasure.objects.filter(
        approved_at__isnull=True, deviation__department__in=departments,
        deviation__state__in=(State.CAUSE_ANALYSIS, State.COUNTERMEASURE_PLANNING),
    ).exclude(asked_by=person)  # fmt: skip
    for request in asked.select_related(*_ROW)[:LIMIT]:
        yield _item("approval", request.deviation, request.reason, anchor="causes")


def _rows(rows: DeviationQuerySet) -> DeviationQuerySet:
    return rows.select_related("metric", "metric_version__metric", "department").order_by("id")


def owned_by(person: Person) -> DeviationQuerySet:
    """The deviations a person answers for."""
    return _rows(Deviation.objects.unscoped("an owner sees what is theirs").filter(owner=person))


def _readable(person: Person) -> DeviationQuerySet:
    """Deviations of numbers the person may see; the caller says in which departments."""
    readable = seen_with(person, "view_permission", "department")
    return Deviation.objects.unscoped("departments are named by the caller").filter(readable)


def _within(person: Person, permission: Permission) -> DeviationQuerySet:
    where = places(person, permission)
    rows = _readable(person)
    return rows.filter(reduce(or_, where)) if where else rows.none()


def _oldest(person: Person, permission: Permission, states: Iterable[State]) -> Iterable[Deviation]:
    """The oldest rows of these states where the permission is held, each found by an index."""
    oldest: set[int] = set()
    for place, state in product(places(person, permission), states):
        rows = _readable(person).filter(place, state=state).order_by("id")
        oldest.update(rows.values_list("pk", flat=True)[:LIMIT])
    return _rows(Deviation.objects.unscoped("found above").filter(pk__in=sorted(oldest)[:LIMIT]))


def _number(deviation: Deviation) -> int:
    return deviation.pk


def _with_proposals() -> Any:
    proposals = Countermeasure.objects.unscoped("narrows rows already scoped")
    return proposals.filter(status=CountermeasureStatus.PROPOSED).values("deviation")


def _with_latest(*outcomes: Outcome) -> Q:
    return Q(latest_outcome__in=outcomes)


def _stage(rows: DeviationQuerySet, wanted: Q) -> Any:
    """Deviations waiting for their verdict, with the latest one of the round beside them."""
    latest = Verification.objects.filter(
        deviation=OuterRef("pk"), round=OuterRef("round")
    ).order_by("-id")  # fmt: skip
    return (
        rows.filter(state=State.PENDING_VERIFICATION)
        .annotate(
            latest_outcome=Subquery(latest.values("outcome")[:1]),
            data_on=Subquery(latest.values("available_on")[:1]),
        )
        .filter(wanted)[:LIMIT]
    )


def _executed(deviation: Deviation, person: Person) -> bool:
    """Only asked for grave ones, which are few."""
    from opsloop.loop.guards import executors

    return person.pk in executors(deviation)
