"""The audit lines of this room in words. How people and other systems are told."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "notify.choose": _("Notices chosen"),
    "notify.create_webhook": _("Receiver of events set up"),
    "notify.change_webhook": _("Receiver of events changed"),
    "notify.renew_webhook": _("Secret of a receiver renewed"),
    "notify.remove_webhook": _("Receiver of events removed"),
    "notify.test_webhook": _("Test event sent"),
}
