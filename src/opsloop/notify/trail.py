"""The audit lines of this room in words. How people want to be told."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "notify.choose": _("Notices chosen"),
}
