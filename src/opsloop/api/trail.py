"""The audit lines of this room in words. Programs get and lose their tokens."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "api.create_token": _("Token made"),
    "api.revoke_token": _("Token revoked"),
}
