"""Months, what people wrote about a line, and what later postings changed."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.analysis.price_quantity import Closing
from opsloop.costs.models.scope import CostPeriodQuerySet, month_key
from opsloop.costs.models.tree import BaseKind, Controllable
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel

CLOSINGS: Final = (
    (Closing.SHOWN, _("Shown on its own")),
    (Closing.TO_PRICE, _("Counted as price")),
    (Closing.TO_QUANTITY, _("Counted as quantity")),
    (Closing.HALF, _("Half to each")),
    (Closing.LMDI, _("Logarithmic mean")),
)


class PeriodState(models.TextChoices):
    COLLECTING = "collecting", _("Collecting")
    REVIEWED = "reviewed", _("Reviewed")
    LOCKED = "locked", _("Locked")


class CostPeriod(ScopedModel):
    """One month of one ledger against one budget.

    While collecting, the figures follow the data sets. From the review on, `ledger_batches` and
    `budget_batches` pin what was reviewed, so that the same report comes out at any later time.
    """

    scope_permission = Permission.COST_VIEW
    scope_department = "ledger__department"

    period_no = models.PositiveIntegerField(_("month"))  # yyyymm
    ledger = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, related_name="+", verbose_name=_("ledger")
    )
    budget = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("budget"),
    )  # fmt: skip
    forecast = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("forecast"),
    )  # fmt: skip
    commitments = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("commitments"),
    )  # fmt: skip
    base_kind = models.CharField(
        _("compared with"), max_length=12, choices=BaseKind.choices, default=BaseKind.BUDGET
    )
    # The rules in force when the month was reviewed; empty while it is collected.
    rules = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=12, choices=PeriodState.choices, default=PeriodState.COLLECTING
    )
    ledger_batches = models.JSONField(default=list)
    budget_batches = models.JSONField(default=list)
    forecast_batches = models.JSONField(default=list)
    defined_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    defined_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("reviewer")
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    locked_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    locked_at = models.DateTimeField(_("locked at"), null=True)

    objects = CostPeriodQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("cost month")
        ordering = ["-period_no"]
        constraints = [
            models.UniqueConstraint(fields=["period_no", "ledger"], name="one_month_a_ledger"),
            models.CheckConstraint(
                condition=Q(period_no__gte=190_001, period_no__lte=299_912), name="a_real_month"
            ),
            models.CheckConstraint(
                condition=Q(state=PeriodState.COLLECTING) | Q(reviewed_by__isnull=False),
                name="a_review_has_its_reviewer",
            ),
            models.CheckConstraint(
                condition=~Q(state=PeriodState.LOCKED) | Q(locked_at__isnull=False),
                name="a_lock_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The month as `2024-06`."""
        return month_key(self.period_no)

    @property
    def period(self) -> Period:
        return Period.parse(self.key)

    @property
    def is_pinned(self) -> bool:
        return self.state != PeriodState.COLLECTING


class LineBase(models.Model):
    """Lines of an item compared with something else than the month's own base (X-27).

    Kept per month: what an item is usually compared with may change later.
    """

    period = models.ForeignKey(CostPeriod, models.CASCADE, related_name="bases")
    category = models.CharField(max_length=200, blank=True)
    item = models.CharField(max_length=200, blank=True)
    kind = models.CharField(_("compared with"), max_length=12, choices=BaseKind.choices)

    class Meta:
        verbose_name = _("base of a line")
        constraints = [
            models.UniqueConstraint(fields=["period", "category", "item"], name="one_base_a_line")
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.get_kind_display()}"


class Lasting(models.TextChoices):
    PERMANENT = "permanent", _("Permanent")
    TIMING = "timing", _("Timing only")


class LineNote(models.Model):
    """What a person wrote about one line of the form; the figures stay where they are computed.

    The key is the ledger's own names, because a line exists as soon as it is posted.
    """

    period = models.ForeignKey(CostPeriod, models.CASCADE, related_name="notes")
    category = models.CharField(max_length=200, blank=True)
    item = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    reason = models.TextField(_("cause analysis"), blank=True)
    controllable = models.CharField(
        _("controllable"), max_length=10, choices=Controllable.choices, blank=True
    )
    lasting = models.CharField(
        _("lasting or timing"), max_length=10, choices=Lasting.choices, blank=True
    )
    written_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("note on a cost line")
        constraints = [
            models.UniqueConstraint(
                fields=["period", "category", "item", "department"], name="one_note_a_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} · {self.item}"

    @property
    def line(self) -> tuple[str, str, str]:
        return self.category, self.item, self.department


class Restatement(models.Model):
    """Later postings of a locked month: the totals before and after, and both sets of batches."""

    period = models.ForeignKey(CostPeriod, models.PROTECT, related_name="restatements")
    actual_before = models.DecimalField(_("actual before"), max_digits=20, decimal_places=2)
    actual_after = models.DecimalField(_("actual after"), max_digits=20, decimal_places=2)
    base_before = models.DecimalField(_("budget before"), max_digits=20, decimal_places=2)
    base_after = models.DecimalField(_("budget after"), max_digits=20, decimal_places=2)
    ledger_batches_before = models.JSONField(default=list)
    budget_batches_before = models.JSONField(default=list)
    comment = models.TextField(_("comment"), blank=True)
    restated_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    restated_at = models.DateTimeField(_("restated at"))

    class Meta:
        verbose_name = _("restatement")
        ordering = ["-restated_at", "-id"]

    def __str__(self) -> str:
        return f"{self.period} · {self.restated_at:%Y-%m-%d}"
