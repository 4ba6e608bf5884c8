"""The loop in numbers (L-12): how much is open, how fast it moves, whether it works."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.power import expected_false_successes
from opsloop.loop.models import Countermeasure, Deviation, DeviationQuerySet, Verification
from opsloop.loop.queries.deviations import AGES
from opsloop.loop.states import (
    CountermeasureKind,
    CountermeasureStatus,
    Event,
    Outcome,
    Severity,
    State,
)
from opsloop.org.models import Person


@dataclass(frozen=True)
class Slice:
    """One bar: its label, how many, and the filters that list exactly these rows."""

    label: str | Promise
    count: int
    query: str


@dataclass(frozen=True)
class Span:
    """Times in days: median and P90 of n."""

    n: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Rate:
    """A share with its parts; None while there is nothing to divide by."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Dashboard:
    open: int
    overdue: Rate
    by_age: tuple[Slice, ...]
    by_severity: tuple[Slice, ...]
    by_department: tuple[Slice, ...]
    by_tool: tuple[Slice, ...]
    by_state: tuple[Slice, ...]
    to_confirm: Span
    to_close: Span
    effectiveness: Rate
    recurrence: Rate
    insufficient: Rate
    expected_false_successes: float


def dashboard(person: Person, *, today: date) -> Dashboard:
    """The numbers of everything this person sees."""
    rows = Deviation.objects.visible_to(person)
    still_open = rows.open()
    open_count = still_open.count()
    latest = _latest_verdicts(rows)
    judged = [row for row in latest if row.outcome != Outcome.INSUFFICIENT_DATA]
    lasting = _lasting(rows)
    waiting = [row for row in latest if row.deviation.state == State.PENDING_VERIFICATION]
    return Dashboard(
        open=open_count,
        overdue=Rate(rows.overdue(today).count(), open_count),
        by_age=tuple(_by_age(still_open, today)),
        by_severity=tuple(
            Slice(Severity(key).label, count, f"stage=open&severity={key}")
            for key, count in _ordered(_counted(still_open, "severity"), list(Severity))
        ),
        by_department=tuple(
            Slice(name, count, f"stage=open&department={pk}")
            for pk, name, count in still_open.order_by()
            .values_list("department", "department__name")
            .annotate(count=Count("pk"))
            .order_by("-count", "department__path")
        ),
        by_tool=tuple(
            Slice(tool_label(key), count, f"stage=open&tool={key}")
            for key, count in sorted(_counted(still_open, "tool").items())
        ),
        by_state=tuple(
            Slice(State(key).label, count, f"stage=open&state={key}")
            for key, count in _ordered(_counted(still_open, "state"), list(State))
        ),
        to_confirm=_span(rows, Event.CONFIRM),
        to_close=_close_span(rows),
        effectiveness=Rate(len(lasting), len(judged)),
        recurrence=Rate(rows.recurred().count(), rows.settled_once().count()),
        insufficient=Rate(
            sum(row.outcome == Outcome.INSUFFICIENT_DATA for row in waiting), len(waiting)
        ),
        expected_false_successes=expected_false_successes(len(judged)),
    )


TOOLS = {
    "processes": _("Processes"), "projects": _("Projects"), "costs": _("Costs"),
    "quality": _("Service quality"), "kpis": _("Key indicators"),
}  # fmt: skip


def tools() -> "list[tuple[str, str | Promise]]":
    """Every tool with its name."""
    return list(TOOLS.items())


def tool_label(tool: str) -> "str | Promise":
    """The tool's name; a tool this list does not know is shown by its key."""
    return TOOLS.get(tool, tool)


def _counted(rows: DeviationQuerySet, column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(count=Count("pk")))


def _ordered(counts: dict[str, int], order: list[str]) -> list[tuple[str, int]]:
    return [(key, counts[key]) for key in order if key in counts]


def _by_age(rows: DeviationQuerySet, today: date) -> list[Slice]:
    ages = [(today - raised).days for raised in rows.values_list("raised_at__date", flat=True)]
    return [
        Slice(
            gettext("%s days or more") % low if high is None else gettext("%s days") % f"{low}–{high - 1}",
            sum(low <= age and (high is None or age < high) for age in ages),
            f"stage=open&aged={band.replace('+', '%2B')}",
        )
        for band, (low, high) in AGES.items()
    ]  # fmt: skip


def quantile(values: list[float], share: float) -> float | None:
    """The value below which `share` of the values lie, interpolated (Hyndman & Fan type 7)."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _as_span(spans: list[timedelta]) -> Span:
    days = [span.total_seconds() / 86_400 for span in spans]
    return Span(len(days), median(days) if days else None, quantile(days, 0.9))


def _span(rows: DeviationQuerySet, event: Event) -> Span:
    pairs = rows.filter(transitions__event=event).values_list("raised_at", "transitions__at")
    return _as_span([at - raised for raised, at in pairs])


def _close_span(rows: DeviationQuerySet) -> Span:
    pairs = rows.filter(state=State.ARCHIVED, closed_at__isnull=False)
    return _as_span([row.closed_at - row.raised_at for row in pairs if row.closed_at])


def _latest_verdicts(rows: DeviationQuerySet) -> list[Verification]:
    """The last verdict of every round of every deviation in scope."""
    found: dict[tuple[int, int], Verification] = {}
    seen = Verification.objects.filter(deviation__in=rows.values("pk"))
    for row in seen.select_related("deviation").order_by("id"):
        found[row.deviation_id, row.round] = row
    return list(found.values())


def _lasting(rows: DeviationQuerySet) -> list[tuple[int, int]]:
    """Rounds judged effective whose countermeasures have not recurred since (L-08)."""
    effective = {
        (row.deviation_id, row.round)
        for row in _latest_verdicts(rows)
        if row.outcome == Outcome.EFFECTIVE
    }
    recurred = Countermeasure.objects.unscoped("of deviations already scoped").filter(
        deviation__in=rows.values("pk"), recurred_at__isnull=False,
        status=CountermeasureStatus.DONE,
    )  # fmt: skip
    back = set(recurred.exclude(kind=CountermeasureKind.CORRECTION)
               .values_list("deviation_id", "round"))  # fmt: skip
    return sorted(effective - back)
