"""What an hour of work costs, by department; from these the cost of each step is told (P-A19)."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel
from opsloop.processes.models.process import Process


class HourlyRate(ScopedModel):
    """The rate of one department or role as the log names it; others cost the process's own rate."""

    scope_permission = Permission.PROCESS_VIEW
    scope_department = "process__department"

    process = models.ForeignKey(Process, models.CASCADE, related_name="rates")
    party = models.CharField(_("department or role"), max_length=200)
    yuan = models.DecimalField(
        _("cost of an hour (yuan)"), max_digits=10, decimal_places=2,
        validators=[MinValueValidator(0)],
    )  # fmt: skip

    class Meta:
        verbose_name = _("hourly rate")
        ordering = ["party"]
        constraints = [
            models.UniqueConstraint(fields=["process", "party"], name="one_rate_a_party")
        ]

    def __str__(self) -> str:
        return self.party
