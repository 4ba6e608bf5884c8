"""Metrics and their values over HTTP: the same reads, writes and scopes as the pages."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from opsloop.analysis.period import BadPeriod, Period
from opsloop.metrics import actions, queries
from opsloop.metrics.models import Metric, MetricPoint, MetricVersion, PointState
from opsloop.metrics.rules import Comparison
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.ui.rest import (
    MATCHED,
    After,
    Limit,
    Paged,
    Text,
    page_of,
    require_match,
    show_tag,
    tag,
)

router = Router(tags=["metrics"])
ACCESS: Final[dict[str, Permission]] = dict.fromkeys(
    ("metrics", "metric", "metric_versions", "metric_points", "metric_point", "metric_point_state"),
    Permission.METRIC_VIEW,
)
Amount = Annotated[Decimal, Field(max_digits=24, decimal_places=6, allow_inf_nan=False)]
PeriodKey = Annotated[str, Query(max_length=10, description="2024, 2024-Q2, 2024-06, 2024-W23 …")]


class VersionOut(Schema):
    number: int
    definition: dict[str, Any]
    unit: str
    better: str
    additivity: str
    period_kind: str
    calendar_basis: str
    target: Decimal | None
    band_low: Decimal | None
    band_high: Decimal | None
    comparison: str
    limits: dict[str, str]
    consecutive: int
    reason: str
    made_at: datetime


class MetricOut(Schema):
    id: int
    name: str
    tool: str
    source: str
    department: str | None
    owner: str | None
    version: int


class MetricDetail(MetricOut):
    current: VersionOut


class MetricsPage(Paged):
    items: list[MetricOut]


class VersionsOut(Schema):
    items: list[VersionOut]


class VersionIn(Schema):
    """What changes; a field left out stays as it is. `limits` maps dimension keys to thresholds."""

    definition: dict[Text, Text | int | bool | None] | None = None
    target: Amount | None = None
    band_low: Amount | None = None
    band_high: Amount | None = None
    comparison: Comparison | Literal[""] | None = None
    limits: dict[Text, Amount] | None = None
    consecutive: Annotated[int, Field(ge=1, le=99)] | None = None
    calendar_basis: Literal["natural", "working"] | None = None
    reason: Text


class PointOut(Schema):
    id: int
    metric: int
    version: int
    dimension: str
    dimension_label: str
    department: str
    period: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    state: str
    as_of: datetime
    revision: int
    is_current: bool
    batch_ids: list[int]


class PointsPage(Paged):
    items: list[PointOut]


class StateIn(Schema):
    state: PointState


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in without a person.
    assert isinstance(request.user, Person)
    return request.user


def _metric(request: HttpRequest, pk: int) -> Metric:
    found = queries.metrics_visible_to(_person(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _metric_out(metric: Metric) -> dict[str, Any]:
    return {
        "id": metric.pk, "name": metric.name, "tool": metric.tool, "source": metric.source,
        "department": metric.department.name if metric.department else None,
        "owner": metric.owner.name if metric.owner else None,
        "version": metric.version_number,  # type: ignore[attr-defined]  # annotated by the query
    }  # fmt: skip


def _point_out(point: MetricPoint) -> dict[str, Any]:
    return {
        "id": point.pk, "metric": point.version.metric_id, "version": point.version.number,
        "dimension": point.dimension, "dimension_label": point.dimension_label,
        "department": point.department.name, "period": point.period_key, "value": point.value,
        "numerator": point.numerator, "denominator": point.denominator, "n": point.n,
        "state": point.state, "as_of": point.as_of, "revision": point.revision,
        "is_current": point.is_current, "batch_ids": point.batch_ids,
    }  # fmt: skip


@router.get("/metrics", response=MetricsPage, url_name="metrics", summary="List metrics")
def list_metrics(
    request: HttpRequest, tool: Text = "", q: Text = "", after: After = "", limit: Limit = 50
) -> Any:
    rows = queries.metrics_visible_to(_person(request), tool=tool, text=q)
    return page_of(rows, _metric_out, after=after, limit=limit, order="id")


@router.get("/metrics/{int:pk}", response=MetricDetail, url_name="metric", summary="One metric")
def read_metric(request: HttpRequest, response: HttpResponse, pk: int) -> Any:
    """The metric with the version in force, whose number is the entity tag."""
    metric = _metric(request, pk)
    current = metric.current
    show_tag(response, tag(current.number))
    return {**_metric_out(metric), "current": current}


@router.get(
    "/metrics/{int:pk}/versions", response=VersionsOut, url_name="metric_versions",
    summary="Every version of a metric, newest first",
)  # fmt: skip
def list_versions(request: HttpRequest, pk: int) -> Any:
    return {"items": list(_metric(request, pk).versions.order_by("-number"))}


@router.post(
    "/metrics/{int:pk}/versions", response={201: VersionOut}, url_name="metric_versions",
    summary="Put a new version into force", openapi_extra=MATCHED,
)  # fmt: skip
def revise(request: HttpRequest, response: HttpResponse, pk: int, given: VersionIn) -> Any:
    """Needs `If-Match` with the entity tag of the metric. Earlier values keep their version."""
    metric = _metric(request, pk)
    require_match(
        request, tag(metric.current.number), MetricDetail,
        lambda: {**_metric_out(metric), "current": metric.current},
    )  # fmt: skip
    changes = given.dict(exclude_unset=True)
    reason = changes.pop("reason")
    # A field cleared on purpose is empty, where the model has no null.
    blanks: dict[str, Any] = {"definition": {}, "limits": {}, "comparison": ""}
    for name in ("definition", "limits", "comparison", "consecutive", "calendar_basis"):
        if name in changes and changes[name] is None:
            changes[name] = blanks.get(name, getattr(metric.current, name))
    version = actions.revise(
        metric=metric, changes=changes, reason=reason, expected=metric.current.number,
        by=_person(request), now=clock.now(),
    )  # fmt: skip
    show_tag(response, tag(version.number))
    return Status(201, version)


@router.get(
    "/metrics/{int:pk}/points", response=PointsPage, url_name="metric_points",
    summary="Values of a metric, oldest first",
)  # fmt: skip
def list_points(
    request: HttpRequest,
    pk: int,
    *,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    dimension: Text | None = None,
    first: PeriodKey = "",
    last: PeriodKey = "",
    after: After = "",
    limit: Limit = 50,
) -> Any:
    """Current values of the version in force, or of `version`, between two periods."""
    metric = _metric(request, pk)
    try:
        bounds = [Period.parse(key) if key else None for key in (first, last)]
    except BadPeriod as error:
        raise Http404 from error
    rows = queries.points(
        _person(request), _version(metric, version), dimension=dimension,
        first=bounds[0], last=bounds[1],
    )  # fmt: skip
    return page_of(rows, _point_out, after=after, limit=limit, order="period_start")


def _version(metric: Metric, number: int | None) -> MetricVersion:
    if number is None:
        return metric.current
    found = metric.versions.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _point(request: HttpRequest, pk: int) -> MetricPoint:
    found = MetricPoint.objects.visible_to(_person(request)).filter(pk=pk)
    point = found.select_related("version__metric", "department").first()
    if point is None:
        raise Http404
    return point


def _point_tag(point: MetricPoint) -> str:
    return tag(point.revision, point.state, int(point.is_current))


@router.get("/points/{int:pk}", response=PointOut, url_name="metric_point", summary="One value")
def read_point(request: HttpRequest, response: HttpResponse, pk: int) -> Any:
    """`batch_ids` name the import batches the value was made of."""
    point = _point(request, pk)
    show_tag(response, _point_tag(point))
    return _point_out(point)


@router.put(
    "/points/{int:pk}/state", response=PointOut, url_name="metric_point_state",
    summary="Review, lock or open a value", openapi_extra=MATCHED,
)  # fmt: skip
def set_state(request: HttpRequest, response: HttpResponse, pk: int, given: StateIn) -> Any:
    """Needs `If-Match` with the entity tag of the value."""
    point = _point(request, pk)
    require_match(request, _point_tag(point), PointOut, lambda: _point_out(point))
    actions.set_state(points=[point], state=given.state, by=_person(request), now=clock.now())
    show_tag(response, _point_tag(point))
    return _point_out(point)
