"""The one place that reads the clock; rules and actions are handed the time.

Tests and journeys that live through several months set `OPSLOOP_NOW` (ISO 8601): from then on the
clock shows that instant. It is honoured only in demo mode, so a real site cannot be back-dated.
"""

import os
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The current instant, aware, in UTC."""
    pinned = os.environ.get("OPSLOOP_NOW", "") if settings.DEMO else ""
    if pinned:
        moment = datetime.fromisoformat(pinned)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    return timezone.now()


def today() -> date:
    """Today's date in the organisation's zone."""
    return timezone.localdate(now())
