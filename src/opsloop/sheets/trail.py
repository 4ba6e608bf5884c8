"""The audit lines of this room in words; the cells of a form are written by its tool."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "sheets.comment": _("Cell commented"),
    "sheets.resolve": _("Comment resolved"),
    "sheets.save_view": _("View saved"),
    "sheets.delete_view": _("View deleted"),
    "sheets.snapshot": _("Snapshot taken"),
    "sheets.receive": _("Form file received"),
    "sheets.apply": _("Form file applied"),
}
