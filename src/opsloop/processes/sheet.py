"""The printed form, declared once: 现有流程梳理与优化表 with its title block and five columns."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Sheet

PROCESS_REVIEW: Final = Sheet(
    key="process_review",
    title=_("Process review and optimisation"),
    header=(
        Column("name", _("Process name"), required=True),
        Column("departments", _("Accountable departments"), type="department"),
        Column("start_event", _("Process start")),
        Column("end_event", _("Process end")),
        Column("recorded_on", _("Recorded on"), type="date"),
    ),
    columns=(
        Column("name", _("Process step"), required=True, print_width=55),
        Column("role", _("Role involved"), print_width=40),
        Column("inputs", _("Inputs"), type="long_text", print_width=60),
        Column("outputs", _("Outputs"), type="long_text", print_width=60),
        Column("hours", _("Duration (hours)"), type="hours", print_width=30),
    ),
)
