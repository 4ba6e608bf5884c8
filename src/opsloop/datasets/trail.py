"""The audit lines of this room in words. Data sets and the files that came into them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "datasets.create": _("Data set created"),
    "datasets.describe": _("Data set described"),
    "datasets.receive": _("File received"),
    "datasets.check": _("File checked"),
    "datasets.change_reading": _("Reading of a file changed"),
    "datasets.refuse": _("File refused"),
    "datasets.commit": _("Import put in force"),
    "datasets.discard": _("Import discarded"),
    "datasets.retire": _("Import taken back"),
}
