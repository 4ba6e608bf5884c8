"""The company's one rule for what deserves a reason."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.fen import to_fen
from opsloop.analysis.price_quantity import Closing
from opsloop.analysis.variance import Materiality
from opsloop.costs.models.month import CLOSINGS


class CostSettings(models.Model):
    """The company's one rule for what deserves a reason (one row)."""

    percent = models.DecimalField(
        _("threshold (%)"), max_digits=8, decimal_places=4, default=Decimal(10),
        help_text=_("A variance beyond this rate is marked; exactly this rate is not."),
    )  # fmt: skip
    floor_amount = models.DecimalField(
        _("and at least (yuan)"), max_digits=16, decimal_places=2, default=Decimal(0)
    )
    hard_amount = models.DecimalField(
        _("or at least (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    ytd_percent = models.DecimalField(
        _("threshold of the year to date (%)"), max_digits=8, decimal_places=4,
        null=True, blank=True,
        help_text=_("Marks a line whose sum since January is beyond this rate; empty: no rule."),
    )  # fmt: skip
    ytd_floor_amount = models.DecimalField(
        _("and at least (yuan, since January)"), max_digits=16, decimal_places=2, default=Decimal(0)
    )
    points = models.DecimalField(
        _("threshold of percentages (points)"), max_digits=6, decimal_places=2, default=Decimal(2),
        help_text=_("A cost ratio is marked beyond this difference in percentage points."),
    )  # fmt: skip
    collect_workdays = models.PositiveSmallIntegerField(
        _("working days to deliver a month"), default=5
    )
    closing = models.CharField(
        _("joint effect of price and quantity"), max_length=12,
        choices=CLOSINGS, default=Closing.SHOWN,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("cost settings")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_cost_settings"),
            models.CheckConstraint(condition=Q(percent__gte=0), name="threshold_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"±{self.percent.normalize():f} %"

    @classmethod
    def current(cls) -> Self:
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def materiality(self) -> Materiality:
        hard = None if self.hard_amount is None else to_fen(self.hard_amount)
        return Materiality(self.percent, to_fen(self.floor_amount), hard)

    @property
    def ytd(self) -> Materiality | None:
        """The rule for the sums since January, if there is one."""
        if self.ytd_percent is None:
            return None
        return Materiality(self.ytd_percent, to_fen(self.ytd_floor_amount))
