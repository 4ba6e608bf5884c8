"""The audit lines of this room in words. Long work that people asked for."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "jobs.enqueue": _("Background work ordered"),
    "jobs.cancel": _("Background work cancelled"),
    "jobs.retry": _("Background work tried again"),
}
