"""The printed form, declared once: 跨部门协作任务追踪表 with its title block and six columns.

The full layout adds what the method's steps require (S8): owner, deliverable, quantified support,
predecessors, planned start, workdays, buffer and health.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Formula, Sheet
from opsloop.exchange.printed_forms import dressed

# One printed word for two axes (S7): how far a task is, and how well it goes.
STATUS: Final = (
    ("not_started", _("Not started")),
    ("not_started/late", _("Not started (late)")),
    ("not_started/blocked", _("Not started (blocked)")),
    ("in_progress", _("In progress")),
    ("in_progress/at_risk", _("In progress (at risk)")),
    ("in_progress/late", _("In progress (late)")),
    ("in_progress/blocked", _("In progress (blocked)")),
    ("done", _("Done")),
    ("done/late", _("Done (late)")),
    ("cancelled", _("Cancelled")),
)
HEALTH: Final = (
    ("on_track", _("On track")),
    ("at_risk", _("At risk")),
    ("late", _("Late")),
    ("blocked", _("Blocked")),
)

TASK_TRACKING: Final = dressed(Sheet(
    key="task_tracking",
    title=_("Cross-department task tracking"),
    signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
    is_tree=True,
    header=(
        Column("name", _("Project name"), required=True),
        Column("lead", _("Project lead"), type="person", required=True),
        Column("started_on", _("Started on"), type="date"),
        Column("goal", _("Overall goal"), type="long_text",
               help=_("What stands at the end, with a number and a period.")),
        Column("goal_deadline_on", _("Goal deadline"), type="date",
               help=_("Not the last milestone: the slack between the two protects the goal.")),
    ),
    columns=(
        Column("name", _("Subtask"), required=True, frozen=True, width=24, print_width=62),
        Column("accountable_department", _("Lead department"), type="department",
               required=True, print_width=34, help=_("Exactly one.")),
        Column("supporting_departments", _("Supporting departments"), type="department",
               print_width=41),
        Column("due_on", _("Milestone"), type="date", required=True, print_width=34),
        Column("status", _("Current state"), type="choice", choices=STATUS, print_width=38),
        Column("risk", _("Risk point"), type="long_text", width=30, print_width=68),
        Column("owner", _("Owner"), type="person", required=True, print_width=24,
               help=_("One person, of the accountable department.")),
        Column("deliverable", _("Deliverable"), type="long_text", width=30, print_width=50,
               help=_("What is handed over, and how one sees that it is complete.")),
        Column("support", _("Support given"), type="long_text", width=30, print_width=50,
               help=_("What each supporting department gives, in how many workdays.")),
        Column("response_hours", _("Response limit"), type="hours", unit=_("hours"),
               print_width=18),
        Column("predecessors", _("Predecessors"), width=20, print_width=34),
        Column("planned_start", _("Planned start"), type="date", print_width=26),
        Column("duration", _("Duration in workdays"), type="number", unit=_("workdays"),
               computed=True, editable=False, formula=Formula("working_days", ("planned_start", "due_on")),
               decimals=0, print_width=18),
        Column("buffer", _("Buffer"), type="number", unit=_("workdays"), decimals=0,
               print_width=16,
               help=_("Workdays kept free behind the milestone; one or two protect the next task.")),
        Column("actual_finish", _("Actual finish"), type="date", print_width=26),
        Column("health", _("Health"), type="choice", choices=HEALTH, computed=True, editable=False,
               print_width=20),
    ),
))  # fmt: skip
