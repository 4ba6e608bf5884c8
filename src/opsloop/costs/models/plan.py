"""Annual budgets with their revisions, and shared costs with their ratios."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.distribution import split
from opsloop.costs.models.scope import CompanyWideModel, shown
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class BudgetState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_FORCE = "in_force", _("In force")
    REVISED = "revised", _("Revised")


class AnnualBudget(ScopedModel):
    """The budget of one year in one data set; a change is a revision, the old one is kept."""

    scope_permission = Permission.COST_VIEW
    scope_department = "dataset__department"

    dataset = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, related_name="+", verbose_name=_("budget")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    revision = models.PositiveSmallIntegerField(_("revision"), default=0)
    revision_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="revisions", verbose_name=_("revision of")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=BudgetState.choices, default=BudgetState.DRAFT
    )
    reason = models.TextField(_("reason of the revision"), blank=True)
    batch = models.ForeignKey("datasets.ImportBatch", models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(_("approved at"), null=True)

    class Meta:
        verbose_name = _("annual budget")
        ordering = ["-year", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "year", "revision"], name="one_revision_number"
            ),
            models.UniqueConstraint(
                fields=["dataset", "year"], condition=Q(state="in_force"),
                name="one_annual_budget_in_force",
            ),
            models.UniqueConstraint(
                fields=["dataset", "year"], condition=Q(state="draft"),
                name="one_annual_budget_in_draft",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.year} R{self.revision}"


class Distribution(models.TextChoices):
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    HALF_YEARLY = "half_yearly", _("Every half-year")
    EDITED = "edited", _("As edited")


class AnnualLine(models.Model):
    """One line of an annual budget; `months` are twelve whole 分 that sum to `amount_fen`."""

    budget = models.ForeignKey(AnnualBudget, models.CASCADE, related_name="lines")
    category = models.CharField(_("cost category"), max_length=200)
    item = models.CharField(_("cost item"), max_length=200)
    department = models.CharField(_("department"), max_length=200, blank=True)
    project = models.CharField(_("project"), max_length=200, blank=True)
    amount_fen = models.BigIntegerField()
    # Thousandths of the item's unit over the year, spread over the months as the amount is.
    quantity_milli = models.BigIntegerField(null=True)
    distribution = models.CharField(
        _("distributed"), max_length=12,
        choices=Distribution.choices, default=Distribution.MONTHLY,
    )  # fmt: skip
    months = models.JSONField(default=list)

    class Meta:
        verbose_name = _("line of an annual budget")
        ordering = ["category", "item", "department", "project"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "category", "item", "department", "project"],
                name="one_annual_line",
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget} · {self.item}"

    @property
    def quantities(self) -> list[int] | None:
        """Thousandths a month, spread as the money is, so that the planned price stays the same."""
        if self.quantity_milli is None:
            return None
        weights = [abs(fen) for fen in self.months]
        return split(self.quantity_milli, weights if any(weights) else [1] * len(weights))

    @property
    def quantity(self) -> Decimal | None:
        """Of the year, in the item's own unit."""
        return None if self.quantity_milli is None else Decimal(self.quantity_milli).scaleb(-3)

    @property
    def quantity_text(self) -> str:
        return "" if self.quantity is None else shown(self.quantity)


class CostShare(CompanyWideModel):
    """A part of a shared cost centre borne by a department: `weight` over the sum of weights."""

    shared = models.CharField(_("shared cost centre"), max_length=200)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    weight = models.DecimalField(_("ratio"), max_digits=12, decimal_places=4)

    class Meta:
        verbose_name = _("share of a cost centre")
        ordering = ["shared", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["shared", "department"], name="one_share_each"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="a_share_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.shared} > {self.department}"

    @property
    def weight_text(self) -> str:
        return shown(self.weight)
