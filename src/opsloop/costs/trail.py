"""The audit lines of this room in words. The months of cost, their forms and how they are set up."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "costs.define": _("Cost month set up"),
    "costs.review": _("Cost month reviewed"),
    "costs.collect": _("Cost month returned to collection"),
    "costs.lock": _("Cost month locked"),
    "costs.restate": _("Locked cost month restated"),
    "costs.note": _("Note on a cost line written"),
    "costs.item": _("Cost item changed"),
    "costs.category": _("Cost category changed"),
    "costs.seed": _("Usual cost categories added"),
    "costs.settings": _("Rules of the cost analysis changed"),
    "costs.compare_with": _("Comparison of a cost month chosen"),
    "costs.duty": _("Collection duty set"),
    "costs.duty_end": _("Collection duty ended"),
    "costs.task": _("Collection task made"),
    "costs.task_done": _("Collection task done"),
    "costs.share": _("Sharing of indirect costs changed"),
    "costs.driver": _("Cost driver changed"),
    "costs.driver_value": _("Value of a cost driver entered"),
    "costs.activity": _("Activity changed"),
    "costs.activity_value": _("Activity volume entered"),
    "costs.commit": _("Commitment entered"),
    "costs.commit_cancel": _("Commitment cancelled"),
    "costs.limit": _("Limit of commitments set"),
    "costs.budget_draft": _("Budget drafted"),
    "costs.budget_line": _("Budget line changed"),
    "costs.budget_approve": _("Budget approved"),
}
