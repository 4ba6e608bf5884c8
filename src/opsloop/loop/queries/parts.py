"""One deviation and what hangs on it: reads of fixed shape, each written once.

Nobody's scope is asked here: `detail` asks it before any of these.
"""

from typing import Final

from django.db.models import IntegerField

from opsloop.loop.models import (
    Breach,
    Cause,
    Countermeasure,
    Deviation,
    NoCountermeasure,
    Obligation,
    Transition,
    Verification,
    VerificationPlan,
)
from opsloop.org.prepared import Prepared, Slot

_ASKED: Final = "its deviation was found in scope"
_OWN: Final = Slot("deviation")
_ROUND: Final = Slot("round", IntegerField())

ITSELF: Final = Prepared(
    lambda: (
        Deviation.objects.unscoped(_ASKED)
        .filter(pk=_OWN)
        .select_related("metric", "metric_version__metric", "department", "owner")
    )
)
CAUSES: Final = Prepared(lambda: Cause.objects.filter(deviation=_OWN))
PLAN: Final = Prepared(
    lambda: (
        VerificationPlan.objects.filter(deviation=_OWN, round=_ROUND)
        .select_related("metric_version__metric")
        .order_by("-id")[:1]
    )
)
VERDICT: Final = Prepared(
    lambda: (
        Verification.objects.filter(deviation=_OWN, round=_ROUND)
        .select_related("plan", "accepted_by")
        .order_by("-id")[:1]
    )
)
FORMER_VERDICTS: Final = Prepared(
    lambda: (
        Verification.objects.filter(deviation=_OWN, accepted_at__isnull=False, round__lt=_ROUND)
        .select_related("accepted_by")
        .order_by("-id")
    )
)
COUNTERMEASURES: Final = Prepared(
    lambda: (
        Countermeasure.objects.unscoped(_ASKED)
        .filter(deviation=_OWN)
        .select_related("owner", "accountable_department", "cause", "approved_by")
    )
)
NO_COUNTERMEASURE: Final = Prepared(
    lambda: NoCountermeasure.objects.filter(deviation=_OWN, round=_ROUND).select_related(
        "asked_by", "approved_by"
    )[:1]
)
BREACHES: Final = Prepared(lambda: Breach.objects.filter(deviation=_OWN))
OBLIGATIONS: Final = Prepared(
    lambda: Obligation.objects.filter(deviation=_OWN).select_related("evidenced_by", "waived_by")
)
TIMELINE: Final = Prepared(
    lambda: Transition.objects.filter(deviation=_OWN).select_related("actor").order_by("-id")
)
