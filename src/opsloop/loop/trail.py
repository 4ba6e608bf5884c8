"""The audit lines of this room in words. What happens to a deviation on its way around the loop."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from opsloop.loop.states import Event

SENTENCES: Final[Mapping[str, Any]] = {
    # Every move of the loop leaves a line in the words of the move.
    **{f"loop.{event}": event.label for event in Event},
    "loop.append": _("A further breach noted"),
    "loop.grade": _("Severity changed"),
    "loop.name_owner": _("Owner of a deviation named"),
    "loop.restate": _("Deviation restated by new records"),
    "loop.add_cause": _("Cause added"),
    "loop.edit_cause": _("Cause changed"),
    "loop.mark_root": _("Root cause marked"),
    "loop.mark_uncontrollable": _("Deviation called uncontrollable"),
    "loop.link_recurrence": _("Linked as a recurrence"),
    "loop.propose_countermeasure": _("Countermeasure proposed"),
    "loop.edit_countermeasure": _("Countermeasure changed"),
    "loop.approve_countermeasure": _("Countermeasure approved"),
    "loop.start_countermeasure": _("Countermeasure started"),
    "loop.finish_countermeasure": _("Countermeasure finished"),
    "loop.cancel_countermeasure": _("Countermeasure cancelled"),
    "loop.refit_due_day": _("Due day moved with the calendar"),
    "loop.fix_plan": _("Verification plan fixed"),
    "loop.ask_support": _("Support asked for"),
    "loop.promise_support": _("Support promised"),
    "loop.give_support": _("Promised support given"),
    "loop.demand": _("Obligation demanded"),
    "loop.evidence_obligation": _("Obligation evidenced"),
    "loop.waive_obligation": _("Obligation waived"),
    "loop.evaluate": _("Effect evaluated"),
    "loop.accept_verdict": _("Verdict accepted"),
    "loop.learn": _("Lesson kept"),
    "loop.remind": _("Reminder sent"),
}
