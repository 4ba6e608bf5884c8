"""What is ordered and not yet invoiced, and what happens when it would exceed a budget (C-32)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.costs.models.month import CostPeriod
from opsloop.costs.models.scope import CompanyWideModel
from opsloop.costs.models.tree import CostCategory


class LimitAction(models.TextChoices):
    STOP = "stop", _("Stop")
    WARN = "warn", _("Warn")
    IGNORE = "ignore", _("Ignore")


class CommitmentLimit(CompanyWideModel):
    """What happens to a document that exceeds the budget, by its type and category.

    An empty type or category holds for every one. A document that is ignored commits nothing.
    """

    document_type = models.CharField(_("document type"), max_length=80, blank=True)
    category = models.ForeignKey(
        CostCategory, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("cost category"),
    )  # fmt: skip
    action = models.CharField(
        _("beyond the budget"), max_length=6, choices=LimitAction.choices, default=LimitAction.WARN
    )

    class Meta:
        verbose_name = _("limit of commitments")
        ordering = ["document_type", "category"]
        constraints = [
            models.UniqueConstraint(
                fields=["document_type", "category"], name="one_limit_a_type_and_category"
            ),
            models.UniqueConstraint(
                fields=["document_type"], condition=Q(category=None), name="one_limit_a_type"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_type} · {self.get_action_display()}"


class Commitment(models.Model):
    """A document a person entered: it commits the budget of its month until it is invoiced."""

    period = models.ForeignKey(CostPeriod, models.CASCADE, related_name="entered")
    category = models.CharField(_("cost category"), max_length=200)
    item = models.CharField(_("cost item"), max_length=200)
    department = models.CharField(_("department"), max_length=200, blank=True)
    document_type = models.CharField(_("document type"), max_length=80, blank=True)
    document = models.CharField(_("document number"), max_length=200)
    amount_fen = models.BigIntegerField()
    entered_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)

    class Meta:
        verbose_name = _("commitment")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="a_commitment_is_positive")
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.item}"
