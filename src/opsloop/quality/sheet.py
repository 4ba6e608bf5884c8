"""The printed form, declared once: 服务质量检查与改进表 with its ten columns.

The full layout adds what a grade needs to be computed and a case to be closed (X-14): standard,
measured value and unit, inspector, actual finish, the duties of the grade, the recheck.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.printed_forms import dressed

METHOD: Final = (
    ("mystery_shopper", _("Mystery shopper")),
    ("spot_check", _("Spot check")),
    ("system_monitoring", _("System monitoring")),
    ("satisfaction_survey", _("Satisfaction survey")),
)
SEVERITY: Final = (
    ("minor", _("Minor")),
    ("moderate", _("Moderate")),
    ("major", _("Major")),
    ("critical", _("Critical")),
)
COMPUTED_SEVERITY: Final = (("none", _("Meets the standard")), *SEVERITY)
STATUS: Final = (
    ("open", _("To be rectified")),
    ("in_progress", _("In progress")),
    ("done", _("Done")),
    ("archived", _("Archived")),
)
COMPARATOR: Final = (("at_most", _("at most")), ("at_least", _("at least")))
TIME_BASIS: Final = (("natural", _("Natural time")), ("working", _("Working time")))
QUESTION_CLASS: Final = (("simple", _("Simple")), ("complex", _("Complex")))

SERVICE_INSPECTION: Final = dressed(Sheet(
    key="service_inspection",
    title=_("Service quality inspection and improvement"),
    signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
    header=(
        Column("period", _("Month")),
        Column("department", _("Inspecting department"), type="department"),
    ),
    columns=(
        Column("inspected_on", _("Inspected on"), type="date", required=True, frozen=True,
               print_width=22),
        Column("touchpoint", _("Touchpoint"), required=True, print_width=25),
        Column("method", _("Inspection method"), type="choice", choices=METHOD, required=True,
               print_width=27),
        Column("problem", _("Problem found"), type="long_text", required=True, width=34,
               print_width=51),
        Column("severity", _("Severity"), type="choice", choices=SEVERITY, required=True,
               print_width=16),
        Column("responsible", _("Owner / department"), type="person", required=True,
               print_width=24),
        Column("rectification", _("Rectification"), type="long_text", width=34, print_width=44),
        Column("due_on", _("Planned completion"), type="date", print_width=22),
        Column("status", _("Rectification state"), type="choice", choices=STATUS, print_width=17),
        Column("recheck_result", _("Recheck result"), type="long_text", width=24, print_width=29),
        Column("ticket", _("Ticket no."), print_width=22),
        Column("standard", _("Service standard"), width=24, print_width=30),
        Column("comparator", _("Limit is"), type="choice", choices=COMPARATOR, print_width=14),
        Column("limit", _("Limit"), type="number", print_width=14),
        Column("measured", _("Measured value"), type="number", print_width=14),
        Column("unit", _("Unit"), print_width=12),
        Column("time_basis", _("Time counts as"), type="choice", choices=TIME_BASIS,
               print_width=18),
        Column("question_class", _("Kind of question"), type="choice", choices=QUESTION_CLASS,
               print_width=14),
        Column("exceedance", _("Exceedance of the standard"), type="percent", computed=True,
               editable=False, print_width=16),
        Column("computed_severity", _("Computed severity"), type="choice",
               choices=COMPUTED_SEVERITY, computed=True, editable=False, print_width=16),
        Column("impact", _("Effect on customers"), type="long_text", width=24, print_width=30),
        Column("inspector", _("Inspector"), type="person", print_width=18),
        Column("owner", _("Responsible person"), type="person", print_width=18),
        Column("department", _("Department of the person"), type="department", print_width=20),
        Column("actual_finish", _("Actual finish"), type="date", print_width=22),
        Column("accountability", _("Accountability"), print_width=20),
        Column("deduction", _("Performance deduction"), print_width=20),
        Column("training", _("Training"), print_width=20),
        Column("apology", _("Apology to the customer"), print_width=20),
        Column("recheck_by", _("Rechecked by"), type="person", print_width=18),
        Column("rechecked_on", _("Rechecked on"), type="date", print_width=22),
        Column("recheck_count", _("Recheck samples"), type="number", decimals=0, print_width=16),
    ),
))  # fmt: skip
