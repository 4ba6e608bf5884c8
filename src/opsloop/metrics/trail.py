"""The audit lines of this room in words. Metrics, their versions and values."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "metrics.define": _("Metric defined"),
    "metrics.revise": _("New version of a metric"),
    "metrics.measure": _("Metric measured"),
    "metrics.set_state": _("State of a metric value changed"),
}
