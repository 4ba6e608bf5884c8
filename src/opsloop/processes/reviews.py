"""The quarterly review makes itself (P-N15): what a quarter's cases say, and what drifted."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from opsloop.analysis.case_filter import Between, CaseFilter
from opsloop.analysis.period import Period
from opsloop.processes import studies
from opsloop.processes.actions import make_review
from opsloop.processes.models import Process, QuarterlyReview

_EPOCH: Final = date(1970, 1, 1)


def create_due(*, now: datetime) -> int:
    """Make the review of the quarter just ended for every process with cases in it; idempotent."""
    today = timezone.localdate(now)
    period = Period.containing("quarter", today).previous()
    count = 0
    known = Process.objects.unscoped("the product reviews every process").exclude(dataset=None)
    for process in known.select_related("department", "dataset", "owner"):
        held = process.reviews.all()
        if any(review.period == period.key for review in held):
            continue
        figures = figures_of(process, period)
        if figures is not None:
            make_review(
                process=process, period=period, figures=figures, base=_base(held, period),
                by=None, now=now,
            )  # fmt: skip
            count += 1
    return count


def figures_of(process: Process, period: Period) -> dict[str, Any] | None:
    """Cycle time, returns and the main variant of the cases submitted in a quarter."""
    days = (period.start, period.end - timedelta(days=1))
    first, last = ((day - _EPOCH).days for day in days)
    log = studies.narrowed(process, CaseFilter(started=(Between(first, last),)))
    if log is None or not log.cases:
        return None
    return {
        "cases": log.cases, "median": log.case_hours.median, "p90": log.case_hours.p90,
        "return_rate": log.returns.case_rate,
        "main_variant": log.variants[0].share if log.variants else None,
    }  # fmt: skip


def _base(held: Any, period: Period) -> QuarterlyReview | None:
    """The latest review before: what the quarter is compared with."""
    earlier = [review for review in held if review.period < period.key]
    return max(earlier, key=lambda review: review.period, default=None)
