"""Deviations as lists: in scope, filtered, found, and as columns of the printed forms (L-15)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from opsloop.loop.models import (
    Breach,
    Countermeasure,
    Deviation,
    DeviationQuerySet,
    Verification,
)
from opsloop.loop.states import CLOSED, OPEN, CountermeasureStatus, Severity, State
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.ui.paging import Page, following, keyset_page


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means everything. `stage` is open, closed, overdue or recurred."""

    stage: str = ""
    state: str = ""
    severity: str = ""
    tool: str = ""
    department: int | None = None
    owner: int | None = None
    outcome: str = ""
    text: str = ""
    aged: str = ""


# Age bands in days: half-open, the last without end (L-12).
AGES: Final[dict[str, tuple[int, int | None]]] = {
    "0-7": (0, 8),
    "8-30": (8, 31),
    "31-90": (31, 91),
    "91+": (91, None),
}


# The columns a row of the list is made of: fifty rows of five joined objects would cost more to
# build than to read.
SHOWN: Final = (
    "pk", "dimension_label", "measured", "base", "severity", "state", "reopen_count", "period",
    "raised_at", "metric__name", "metric_version__unit", "department__name", "owner__name",
)  # fmt: skip


def deviations_visible_to(person: Person) -> DeviationQuerySet:
    """Every deviation in the person's reach or theirs by name, with what a row shows."""
    return Deviation.objects.visible_to(person).select_related(
        "metric", "metric_version__metric", "department", "owner"
    )


@dataclass(frozen=True)
class Listing:
    """A page of the list, each row with the attributes of `SHOWN`; the departments to narrow it to."""

    page: Page[Any]
    departments: QuerySet[Department]


def listing(
    person: Person, filters: Filters, *, today: date, after: str | None, size: int = 50
) -> Listing:
    """The newest deviations in the person's reach that satisfy the filters, beyond `after`."""
    parts = Deviation.objects.parts_visible_to(person, Permission.DEVIATION_VIEW)
    wanted = _Wanted(filters, today, after, size, SHOWN)
    return Listing(_newest(person, parts, wanted), _departments_with_rows(parts or [Q()]))


def newest(
    person: Person, filters: Filters, *, today: date, after: str | None, size: int,
    columns: tuple[str, ...],
) -> Page[Any]:  # fmt: skip
    """The same rows with other columns, `pk` and `raised_at` among them."""
    parts = Deviation.objects.parts_visible_to(person, Permission.DEVIATION_VIEW)
    return _newest(person, parts, _Wanted(filters, today, after, size, columns))


@dataclass(frozen=True)
class _Wanted:
    filters: Filters
    today: date
    after: str | None
    size: int
    columns: tuple[str, ...]


def _newest(person: Person, parts: list[Q], wanted: _Wanted) -> Page[Any]:
    """Each part of the reach gives its own newest, so a person who sees ten rows among a million
    waits no longer than one who sees them all.
    """
    asked = f"{Permission.DEVIATION_VIEW} of {person.pk}"
    rows = filtered(Deviation.objects.unscoped(asked), wanted.filters, today=wanted.today)
    if parts:
        found: set[int] = set()
        for part in parts:
            own = following(rows.filter(part), wanted.after, order="-raised_at")
            found.update(own.values_list("pk", flat=True)[: wanted.size + 1])
        rows = Deviation.objects.unscoped(asked).filter(pk__in=found)
    shown: Any = rows.values_list(*wanted.columns, named=True)
    return keyset_page(shown, wanted.after, order="-raised_at", size=wanted.size)


def _departments_with_rows(parts: Iterable[Q]) -> QuerySet[Department]:
    """Departments that hold a visible deviation: one row is enough to offer its department."""
    rows = Deviation.objects.unscoped("asked part by part").order_by()
    here = rows.filter(department=OuterRef("pk"))
    return Department.objects.filter(reduce(or_, (Q(Exists(here.filter(part))) for part in parts)))


def filtered(rows: DeviationQuerySet, filters: Filters, *, today: date) -> DeviationQuerySet:
    """The rows that satisfy every filter; an unknown value matches nothing."""
    if filters.stage == "open":
        rows = rows.open()
    elif filters.stage == "closed":
        rows = rows.filter(state__in=CLOSED)
    elif filters.stage == "overdue":
        rows = rows.overdue(today)
    elif filters.stage == "recurred":
        rows = rows.recurred()
    elif filters.stage:
        rows = rows.none()
    for column in ("state", "severity", "tool"):
        if value := getattr(filters, column):
            rows = rows.filter(**{column: value})
    if filters.department is not None:
        rows = rows.filter(department__path__contains=f"/{filters.department}/")
    if filters.owner is not None:
        rows = rows.filter(owner=filters.owner)
    if filters.outcome:
        rows = rows.filter(pk__in=latest_verdicts(filters.outcome))
    if filters.text:
        rows = rows.filter(matching(filters.text))
    if filters.aged:
        rows = aged(rows, filters.aged, today)
    return rows


def matching(text: str) -> Q:
    """Rows whose object, metric, or causes contain the text."""
    return (
        Q(dimension_label__icontains=text)
        | Q(metric__name__icontains=text)
        | Q(pk__in=Deviation.objects.unscoped("narrows rows already scoped")
            .filter(causes__text__icontains=text).values("pk"))
    )  # fmt: skip


def aged(rows: DeviationQuerySet, band: str, today: date) -> DeviationQuerySet:
    """Rows raised so many days ago; an unknown band matches nothing."""
    if band not in AGES:
        return rows.none()
    youngest, oldest = AGES[band]
    rows = rows.filter(raised_at__date__lte=today - timedelta(days=youngest))
    if oldest is not None:
        rows = rows.filter(raised_at__date__gt=today - timedelta(days=oldest))
    return rows


def latest_verdicts(outcome: str) -> QuerySet[Verification, Any]:
    """Deviations whose latest verdict has this outcome."""
    newest = Verification.objects.filter(deviation=OuterRef("deviation")).order_by("-id")
    return Verification.objects.filter(
        outcome=outcome, pk=Subquery(newest.values("pk")[:1])
    ).values("deviation")


def search(person: Person, text: str, limit: int = 8) -> list[Deviation]:
    """The newest deviations in scope that mention the text."""
    if not text.strip() or not person.may(Permission.DEVIATION_VIEW):
        return []
    return list(deviations_visible_to(person).filter(matching(text.strip()))[:limit])


@dataclass(frozen=True)
class LoopColumns:
    """What a row of a printed form reads from the loop, never typed twice (L-15)."""

    deviation_id: int
    state: str
    state_label: str
    severity: str
    cause: str
    countermeasure: str
    accountable_department: str
    owner: str
    due_on: date | None
    status: str
    outcome: str
    is_open: bool


def for_dimension(
    tool: str, dimensions: Iterable[str], *, person: Person | None = None, period: str = ""
) -> dict[str, LoopColumns]:
    """The loop's columns of each dimension that has a deviation: the open one, else the newest.

    Three queries however many dimensions. `person` narrows to what they see; leave it out only
    where the rows themselves were scoped already. `period` asks for those breached in it alone.
    """
    scoped = (
        Deviation.objects.unscoped("the form's rows are scoped by its tool")
        if person is None
        else Deviation.objects.visible_to(person)
    )
    if period:
        scoped = scoped.filter(pk__in=Breach.objects.filter(period=period).values("deviation"))
    lively = Countermeasure.objects.unscoped("of deviations already scoped").exclude(
        status=CountermeasureStatus.CANCELLED
    )
    rows = (
        scoped.filter(tool=tool, dimension__in=list(dimensions))
        .exclude(state__in=(State.DISMISSED, State.MERGED))
        .select_related("no_countermeasure")
        .prefetch_related(
            "causes",
            Prefetch(
                "countermeasures",
                lively.select_related("accountable_department", "owner").order_by("id"),
            ),
            Prefetch("verifications", Verification.objects.order_by("id")),
        )
        .order_by("id")
    )
    found: dict[str, Deviation] = {}
    for row in rows:
        held = found.get(row.dimension)
        if held is None or row.is_open or not held.is_open:
            found[row.dimension] = row
    return {dimension: _columns(row) for dimension, row in found.items()}


def _columns(row: Deviation) -> LoopColumns:
    countermeasures = [
        measure for measure in row.countermeasures.all() if measure.round in (None, row.round)
    ]
    roots = [cause.text for cause in row.causes.all() if cause.is_root]
    last = countermeasures[-1] if countermeasures else None
    verdicts = list(row.verifications.all())
    without = row.no_countermeasure
    return LoopColumns(
        deviation_id=row.pk,
        state=row.state,
        state_label=str(State(row.state).label),
        severity=str(Severity(row.severity).label),
        cause="\n".join(roots),
        countermeasure="\n".join(measure.what for measure in countermeasures)
        or (without.reason if without else ""),
        accountable_department=last.accountable_department.name if last else "",
        owner=last.owner.name if last else "",
        due_on=max((measure.due_on for measure in countermeasures), default=None),
        status=str(CountermeasureStatus(last.status).label) if last else "",
        outcome=verdicts[-1].outcome if verdicts else "",
        is_open=row.state in OPEN,
    )


def people_of(department: Department | None) -> "list[Person]":
    """Active people who sit in a department."""
    if department is None:
        return []
    members = Person.objects.filter(memberships__department=department, is_active=True)
    return list(members.distinct())
