"""The printed form, declared once: the monthly cost analysis table with its eleven columns."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Sheet

COST_ANALYSIS: Final = Sheet(
    key="cost_analysis",
    title=_("Monthly cost analysis"),
    header=(
        Column("period", _("Month"), editable=False),
        Column("state", _("State"), computed=True, editable=False),
        Column("reviewer", _("Reviewer"), type="person", computed=True, editable=False),
    ),
    columns=(
        Column("category", _("Cost category"), required=True, editable=False, print_width=24),
        Column("item", _("Item name"), required=True, editable=False, print_width=28),
        Column("base", _("Budget amount (yuan)"), type="money", editable=False, print_width=24),
        Column("actual", _("Actual spending (yuan)"), type="money", editable=False, print_width=24),
        Column("variance", _("Variance (yuan)"), type="money", computed=True, print_width=22),
        Column("rate", _("Variance rate (%)"), type="percent", computed=True, print_width=16),
        Column("reason", _("Cause analysis"), type="long_text", print_width=44),
        Column("countermeasure", _("Countermeasure"), type="long_text", computed=True,
               print_width=44),
        Column("accountable_department", _("Accountable department"), type="department",
               computed=True, print_width=22),
        Column("owner", _("Owner"), type="person", computed=True, print_width=16),
        Column("due_on", _("Planned completion"), type="date", computed=True, print_width=20),
    ),
)  # fmt: skip
