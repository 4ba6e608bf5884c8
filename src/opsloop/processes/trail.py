"""The audit lines of this room in words. Processes and the steps of their forms."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "processes.define": _("Process defined"),
    "processes.change": _("Process changed"),
    "processes.add_step": _("Step added"),
    "processes.change_step": _("Step changed"),
    "processes.remove_step": _("Step removed"),
    "processes.move_step": _("Step moved"),
    "processes.arrange_steps": _("Steps put in order"),
    "processes.take_form": _("Form filled from the records"),
}
