"""The printed form, declared once: KPI监控表 with its twenty-three columns.

Units differ by row, so targets and values are plain numbers in the unit of their row; a rate
(attainment, year over year …) is a percentage.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Formula, Sheet
from opsloop.exchange.printed_forms import dressed

DIRECTION: Final = (
    ("higher", _("Higher is better")),
    ("lower", _("Lower is better")),
    ("band", _("Within a band")),
)
LIGHT: Final = (
    ("green", _("Green")),
    ("yellow", _("Yellow")),
    ("red", _("Red")),
    ("grey", _("Grey")),
    ("blue", _("Blue")),
)

KPI_MONITOR: Final = dressed(Sheet(
    key="kpi_monitor",
    title=_("KPI monitoring"),
    signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
    header=(Column("period", _("Month")),),
    columns=(
        Column("level", _("KPI level"), required=True, print_width=14),
        Column("name", _("KPI name"), required=True, frozen=True, print_width=15),
        Column("definition", _("Definition / formula"), type="long_text", print_width=17),
        Column("source", _("Data source"), required=True, print_width=13),
        Column("frequency", _("Collected how often"), required=True, print_width=11),
        Column("responsible", _("Department / owner"), type="person", required=True,
               print_width=14),
        Column("unit", _("Unit"), required=True, width=8, print_width=8),
        Column("direction", _("Direction"), type="choice", choices=DIRECTION, required=True,
               print_width=11),
        Column("target", _("Target"), type="number", print_width=11),
        Column("warning_value", _("Warning value"), type="number", print_width=11),
        Column("actual", _("Actual"), type="number", print_width=11),
        Column("attainment_rate", _("Attainment"), type="percent", computed=True, editable=False,
               print_width=11),
        Column("difference", _("Difference"), type="number", computed=True, editable=False,
               formula=Formula("difference", ("actual", "target")), print_width=11),
        Column("year_over_year", _("Year over year"), type="percent", computed=True,
               editable=False, formula=Formula("rate", ("actual", "prior_year")), print_width=10),
        Column("period_over_period", _("Period over period"), type="percent", computed=True,
               editable=False, formula=Formula("rate", ("actual", "prior_period")),
               print_width=10),
        Column("year_to_date", _("Year to date"), type="number", computed=True, editable=False,
               print_width=12),
        Column("year_attainment_rate", _("Attainment of the year"), type="percent", computed=True,
               editable=False, print_width=11),
        Column("light", _("Light"), type="choice", choices=LIGHT, computed=True, editable=False,
               print_width=8),
        Column("reason", _("Cause of the miss"), type="long_text", width=28, print_width=16),
        Column("countermeasure", _("Countermeasure"), type="long_text", width=28, print_width=16),
        Column("countermeasure_owner", _("Countermeasure owner"), type="person", print_width=11),
        Column("due_on", _("Planned completion"), type="date", print_width=13),
        Column("follow_up", _("Follow-up result"), type="long_text", width=24, print_width=12),
        Column("alias", _("Also called"), print_width=14),
        Column("strategic_goal", _("Strategic goal"), width=24, print_width=20),
        Column("target_high", _("Upper end of the target"), type="number", print_width=11),
        Column("warning_high", _("Upper warning value"), type="number", print_width=11),
        Column("prior_year", _("Same period last year"), type="number", print_width=11),
        Column("prior_period", _("Prior period"), type="number", print_width=11),
        Column("year_target", _("Target of the year"), type="number", print_width=11),
        Column("rule", _("Warning rule"), type="long_text", width=28, print_width=20),
    ),
))  # fmt: skip
