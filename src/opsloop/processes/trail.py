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
    "processes.draft": _("To-be version drafted"),
    "processes.sign_deletion": _("Deletion without evidence signed"),
    "processes.submit": _("To-be version handed in"),
    "processes.approve": _("To-be version approved"),
    "processes.send_back": _("To-be version sent back"),
    "processes.publish": _("To-be version published"),
    "processes.decide_proposal": _("Improvement proposal decided"),
    "processes.to_cause": _("Written into the loop as a cause"),
    "processes.draw_sample": _("Document sample drawn"),
    "processes.note_finding": _("Result of a document noted"),
    "processes.open_voice": _("Short links made"),
    "processes.close_voice": _("Short link closed"),
    "processes.hear": _("Opinion noted"),
    "processes.start_pilot": _("Pilot started"),
    "processes.note_problem": _("Pilot problem noted"),
    "processes.note_reading": _("Satisfaction noted"),
    "processes.roll_out": _("Version rolled out"),
    "processes.accept_departure": _("Departure accepted"),
    "processes.revoke_acceptance": _("Acceptance of a departure revoked"),
    "processes.set_rates": _("Hourly rates set"),
    "processes.make_review": _("Quarterly review made"),
    "processes.close_review": _("Quarterly review closed"),
}
