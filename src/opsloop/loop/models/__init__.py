"""The records of the closed loop."""

from opsloop.loop.models.deviation import (
    Breach,
    Deviation,
    DeviationQuerySet,
    Evidence,
    NoCountermeasure,
    Obligation,
    Transition,
)
from opsloop.loop.models.improvement import (
    Cause,
    Countermeasure,
    CountermeasureRevision,
    SupportPromise,
)
from opsloop.loop.models.outcome import Lesson, Reminder, Verification, VerificationPlan

__all__ = [
    "Breach", "Cause", "Countermeasure", "CountermeasureRevision", "Deviation",
    "DeviationQuerySet", "Evidence", "Lesson", "NoCountermeasure", "Obligation", "Reminder",
    "SupportPromise", "Transition", "Verification", "VerificationPlan",
]  # fmt: skip
