"""The loop's own limits; an install overrides one by a setting of the same name."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings

from opsloop.analysis.period import PeriodKind


def recurrence_window() -> timedelta:
    """How long after archiving the same breach counts as recurrence (L-08)."""
    return timedelta(days=int(getattr(settings, "LOOP_RECURRENCE_DAYS", 90)))


def four_eyes_amount() -> Decimal:
    """Money effect in yuan above which the verifier may not be an executor (L-07)."""
    return Decimal(str(getattr(settings, "LOOP_FOUR_EYES_YUAN", 100_000)))


# Periods before the raising one that make the baseline (V-06: never the trigger alone), and the
# follow-up proposed when nobody says otherwise (V-01).
BASELINE_PERIODS: Final[dict[PeriodKind, int]] = {
    "day": 28, "week": 8, "month": 3, "quarter": 2, "year": 1,
}  # fmt: skip
FOLLOW_UP_PERIODS: Final[dict[PeriodKind, int]] = {
    "day": 28, "week": 8, "month": 1, "quarter": 1, "year": 1,
}  # fmt: skip
