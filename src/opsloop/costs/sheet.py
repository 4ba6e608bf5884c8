"""The printed form, declared once: 月度成本分析表 with its eleven columns.

The figures come from ledger and budget, the right-hand columns from the loop; people write the
reason and, in the full layout, whether it was controllable and whether it lasts.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from opsloop.costs.models import Controllable, Lasting
from opsloop.exchange.columns import Column, Formula, Sheet
from opsloop.exchange.printed_forms import dressed

COST_ANALYSIS: Final = dressed(Sheet(
    key="cost_analysis",
    title=_("Monthly cost analysis"),
    unit_note=_("Unit: yuan"),
    signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
    header=(
        Column("period", _("Month"), editable=False),
        Column("state", _("State"), computed=True, editable=False),
        Column("reviewer", _("Reviewer"), type="person", computed=True, editable=False),
    ),
    columns=(
        Column("category", _("Cost category"), required=True, editable=False, frozen=True,
               print_width=24),
        Column("item", _("Item name"), required=True, editable=False, frozen=True, width=20,
               print_width=28),
        Column("base", _("Budget amount (yuan)"), type="money", editable=False, totalled=True,
               print_width=24),
        Column("actual", _("Actual spending (yuan)"), type="money", editable=False, totalled=True,
               print_width=24),
        Column("variance", _("Variance (yuan)"), type="money", computed=True, editable=False,
               formula=Formula("difference", ("actual", "base")), totalled=True, print_width=22),
        Column("rate", _("Variance rate (%)"), type="percent", unit="%", computed=True,
               editable=False, formula=Formula("rate", ("actual", "base")), totalled=True,
               decimals=2, width=12, print_width=16),
        Column("reason", _("Cause analysis"), type="long_text", width=32, print_width=44,
               help=_("Percentages you state are checked against the recorded amounts.")),
        Column("countermeasure", _("Countermeasure"), type="long_text", computed=True,
               editable=False, width=28, print_width=44),
        Column("accountable_department", _("Accountable department"), type="department",
               computed=True, editable=False, print_width=22),
        Column("owner", _("Owner"), type="person", computed=True, editable=False, width=12,
               print_width=16),
        Column("due_on", _("Planned completion"), type="date", computed=True, editable=False,
               width=14, print_width=20),
        Column("base_price", _("Budget price"), type="money", decimals=4, computed=True,
               editable=False, print_width=20),
        Column("actual_price", _("Actual price"), type="money", decimals=4, computed=True,
               editable=False, print_width=20),
        Column("base_quantity", _("Budget quantity"), type="number", computed=True,
               editable=False, print_width=18),
        Column("actual_quantity", _("Actual quantity"), type="number", computed=True,
               editable=False, print_width=18),
        Column("controllable", _("Controllable"), type="choice",
               choices=tuple(Controllable.choices), width=14, print_width=18),
        Column("lasting", _("Lasting or timing"), type="choice", choices=tuple(Lasting.choices),
               width=14, print_width=18),
    ),
))  # fmt: skip
