"""The printed form, declared once: 现有流程梳理与优化表 with its title block and five columns.

The full layout adds what the method asks for beside it (S4): the form or system in use, the step's
name in the log and its limit, who answers, is asked and is told, what may be left out or returned;
and what the log measures and the interview said, with the difference (P-N1).
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.printed_forms import dressed

PROCESS_REVIEW: Final = dressed(Sheet(
    key="process_review",
    title=_("Process review and optimisation"),
    numbering=True,
    signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
    header=(
        Column("name", _("Process name"), required=True),
        Column("departments", _("Accountable departments"), type="department", required=True,
               help=_("The accountable department first, then the co-owners.")),
        Column("start_event", _("Process start")),
        Column("end_event", _("Process end")),
        Column("recorded_on", _("Recorded on"), type="date"),
    ),
    columns=(
        Column("name", _("Process step"), required=True, frozen=True, width=22, print_width=55),
        Column("role", _("Role involved"), print_width=40),
        Column("inputs", _("Inputs"), type="long_text", width=26, print_width=60),
        Column("outputs", _("Outputs"), type="long_text", width=26, print_width=60),
        Column("hours", _("Duration (hours)"), type="hours", totalled=True, width=14,
               print_width=30, help=_("“30 min”, “1.5 h” or “2 days” are understood.")),
        Column("form_or_system", _("form or system"), width=18, print_width=34),
        Column("return_rate", _("return rate"), type="percent", width=12, print_width=20,
               help=_("What people say; what the log measures stands beside it.")),
        Column("measured_role", _("who does it in the log"), computed=True, editable=False,
               width=20, print_width=34),
        Column("interview_hours", _("interview (hours)"), type="hours", computed=True,
               editable=False, width=12, print_width=20),
        Column("measured_hours", _("measured median (hours)"), type="hours", computed=True,
               editable=False, width=14, print_width=22),
        Column("hours_apart", _("measured − said (hours)"), type="hours", computed=True,
               editable=False, width=14, print_width=22),
        Column("interview_returns", _("interview: return rate"), type="percent", computed=True,
               editable=False, width=12, print_width=20),
        Column("measured_returns", _("measured return rate"), type="percent", computed=True,
               editable=False, width=12, print_width=20),
        Column("returns_apart", _("measured − said (return rate)"), type="percent", computed=True,
               editable=False, width=14, print_width=22),
        Column("activity", _("step in the log"), width=18, print_width=34,
               help=_("Only where the log names the step differently.")),
        Column("limit_hours", _("limit (hours)"), type="hours", width=12, print_width=22,
               help=_("A month whose median is beyond it raises a deviation.")),
        Column("accountable", _("answers for it (A)"), width=14, print_width=28),
        Column("consulted", _("is asked (C)"), width=14, print_width=28),
        Column("informed", _("is told (I)"), width=14, print_width=28),
        Column("is_optional", _("may be left out"), type="boolean", width=12, print_width=18),
        Column("parallel_group", _("parallel group"), width=12, print_width=18),
        Column("may_return_to", _("may return to"), width=16, print_width=28),
        Column("from_amount", _("due from amount (yuan)"), type="money", width=16,
               print_width=22),
        Column("hand_fields", _("fields typed by hand"), type="long_text", width=20,
               print_width=34),
    ),
))  # fmt: skip
