"""Deviations over HTTP: the same reads, moves and scopes as the pages."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema

from opsloop.loop import actions, queries
from opsloop.loop.models import Deviation
from opsloop.loop.queries import Detail, Filters
from opsloop.loop.states import Severity, State
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.ui.paging import Page
from opsloop.ui.rest import (
    MATCHED,
    After,
    Limit,
    Paged,
    Text,
    page_of,
    require_match,
    show_tag,
    shown_page,
    tag,
)

router = Router(tags=["loop"])
ACCESS: Final[dict[str, Permission]] = {
    "deviations": Permission.DEVIATION_VIEW,
    "deviation": Permission.DEVIATION_VIEW,
    "deviation_moves": Permission.DEVIATION_WORK,
    "lessons": Permission.LESSON_VIEW,
}


class DeviationOut(Schema):
    id: int
    tool: str
    metric: int
    metric_version: int
    dimension: str
    dimension_label: str
    department: str
    period: str
    measured: Decimal
    base: Decimal
    base_kind: str
    exceedance: Decimal
    unit: str
    severity: str
    state: str
    owner: str | None
    round: int
    reopen_count: int
    raised_at: datetime
    closed_at: datetime | None


class DeviationsPage(Paged):
    items: list[DeviationOut]


class CauseOut(Schema):
    id: int
    parent_id: int | None
    text: str
    category: str
    controllable: str
    evidence_level: str
    evidence: str
    is_root: bool


class CountermeasureOut(Schema):
    id: int
    what: str
    kind: str
    status: str
    accountable_department: str
    owner: str
    start_on: date
    due_on: date
    expected_from: Decimal | None
    expected_to: Decimal | None
    expected_by: str
    revision: int


class VerdictOut(Schema):
    id: int
    outcome: str
    reason: str
    before: float | None
    after: float | None
    effect: float | None
    low: float | None
    high: float | None
    n_before: int
    n_after: int
    needed_n: int | None
    available_on: date | None
    accepted_at: datetime | None


class TransitionOut(Schema):
    event: str
    source: str
    target: str
    actor: str | None
    at: datetime
    comment: str


class DeviationDetail(DeviationOut):
    causes: list[CauseOut]
    countermeasures: list[CountermeasureOut]
    verdict: VerdictOut | None
    transitions: list[TransitionOut]


class MoveIn(Schema):
    """One move. A reason is needed to dismiss, reconsider and reopen."""

    event: Literal[
        "confirm", "dismiss", "settle", "reconsider", "archive_without", "accept", "reopen"
    ]
    comment: Text = ""


class LessonOut(Schema):
    id: int
    title: str
    symptom: str
    cause: str
    countermeasure: str
    outcome: str | None
    deviation: int
    learned_at: datetime


class LessonsPage(Paged):
    items: list[LessonOut]


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in without a person.
    assert isinstance(request.user, Person)
    return request.user


# What the API calls it → where it stands.
COLUMNS: Final[dict[str, str]] = {
    "id": "pk", "tool": "tool", "metric": "metric_id", "metric_version": "metric_version__number",
    "dimension": "dimension", "dimension_label": "dimension_label",
    "department": "department__name", "period": "period", "measured": "measured", "base": "base",
    "base_kind": "base_kind", "exceedance": "exceedance", "unit": "metric_version__unit",
    "severity": "severity", "state": "state", "owner": "owner__name", "round": "round",
    "reopen_count": "reopen_count", "raised_at": "raised_at", "closed_at": "closed_at",
}  # fmt: skip


def _shown(request: HttpRequest, pk: int) -> Detail:
    try:
        return queries.detail(_person(request), pk, today=clock.today())
    except ObjectDoesNotExist as error:
        raise Http404 from error


def _followed(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = None if row is None else getattr(row, part)
    return row


def _full(shown: Detail) -> dict[str, Any]:
    return {name: _followed(shown.deviation, path) for name, path in COLUMNS.items()} | {
        "causes": list(shown.deviation.causes.all()),
        "countermeasures": [
            {name: getattr(work.row, name) for name in CountermeasureOut.model_fields}
            | {"accountable_department": work.row.accountable_department.name,
               "owner": work.row.owner.name}
            for work in shown.work
        ],
        "verdict": shown.verdict,
        "transitions": [
            {"event": one.event, "source": one.source, "target": one.target, "at": one.at,
             "comment": one.comment, "actor": one.actor.name if one.actor else None}
            for one in shown.timeline
        ],
    }  # fmt: skip


@router.get(
    "/deviations", response=DeviationsPage, url_name="deviations", summary="List deviations"
)
def list_deviations(
    request: HttpRequest,
    *,
    stage: Literal["", "open", "closed", "overdue", "recurred"] = "",
    state: State | None = None,
    severity: Severity | None = None,
    tool: Text = "",
    q: Text = "",
    after: After = "",
    limit: Limit = 50,
) -> Any:
    """Newest first, narrowed by every filter given."""
    filters = Filters(
        stage=stage, state=state or "", severity=severity or "", tool=tool, text=q.strip()
    )
    columns = tuple(COLUMNS.values())

    def ask() -> Page[Any]:
        return queries.newest(
            _person(request), filters, today=clock.today(), after=after or None, size=limit,
            columns=columns,
        )  # fmt: skip

    return shown_page(ask, lambda row: dict(zip(COLUMNS, row, strict=True)))


@router.get(
    "/deviations/{int:pk}", response=DeviationDetail, url_name="deviation",
    summary="One deviation with its causes, countermeasures, verdict and history",
)  # fmt: skip
def read_deviation(request: HttpRequest, response: HttpResponse, pk: int) -> Any:
    """Its version is the entity tag."""
    shown = _shown(request, pk)
    show_tag(response, tag(shown.deviation.version))
    return _full(shown)


Run = Callable[[Deviation, Person, datetime, str], object]


def _accept(found: Deviation, by: Person, now: datetime, comment: str) -> object:
    verdict = found.verifications.filter(round=found.round).order_by("-id").first()
    if verdict is None:
        raise Http404
    return actions.accept_verdict(
        verdict, by=by, now=now, comment=comment, expected_version=found.version
    )


def _moving(action: Callable[..., object]) -> Run:
    return lambda found, by, now, comment: action(
        found, by=by, now=now, comment=comment, expected_version=found.version
    )


MOVES: Final[dict[str, Run]] = {
    "confirm": _moving(actions.confirm),
    "dismiss": _moving(actions.dismiss),
    "settle": _moving(actions.settle_causes),
    "reconsider": _moving(actions.reconsider_causes),
    "archive_without": _moving(actions.archive_without_countermeasure),
    "reopen": _moving(actions.reopen),
    "accept": _accept,
}


@router.post(
    "/deviations/{int:pk}/moves", response=DeviationDetail, url_name="deviation_moves",
    summary="Move a deviation along the loop", openapi_extra=MATCHED,
)  # fmt: skip
def make_move(request: HttpRequest, response: HttpResponse, pk: int, given: MoveIn) -> Any:
    """Needs `If-Match` with the entity tag of the deviation."""
    shown = _shown(request, pk)
    found = shown.deviation
    require_match(request, tag(found.version), DeviationDetail, lambda: _full(shown))
    MOVES[given.event](found, _person(request), clock.now(), given.comment)
    moved = _shown(request, pk)
    show_tag(response, tag(moved.deviation.version))
    return _full(moved)


@router.get("/lessons", response=LessonsPage, url_name="lessons", summary="Search the lessons")
def list_lessons(request: HttpRequest, q: Text = "", after: After = "", limit: Limit = 50) -> Any:
    rows = queries.lessons_matching(queries.lessons_visible_to(_person(request)), q)
    return page_of(
        rows,
        lambda row: {
            "id": row.pk, "title": row.title, "symptom": row.symptom, "cause": row.cause,
            "countermeasure": row.countermeasure, "deviation": row.deviation_id,
            "outcome": row.verification.outcome if row.verification else None,
            "learned_at": row.learned_at,
        },
        after=after, limit=limit, order="-learned_at",
    )  # fmt: skip
