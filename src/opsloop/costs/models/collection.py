"""Who delivers costs to which ledger, and the task of every month that follows from it (C-01)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from opsloop.costs.models.scope import month_key
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class CollectionDuty(ScopedModel):
    """A department that delivers its costs of every month to a ledger."""

    scope_permission = Permission.COST_VIEW

    ledger = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, related_name="+", verbose_name=_("ledger")
    )
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    person = models.ForeignKey(
        "org.Person", models.PROTECT, related_name="+", verbose_name=_("delivered by")
    )
    source = models.CharField(
        _("comes from"), max_length=80, blank=True,
        help_text=_("Finance system, purchasing ledger, payroll report, expense claims …"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("duty to deliver costs")
        ordering = ["ledger", "department"]
        constraints = [
            models.UniqueConstraint(fields=["ledger", "department"], name="one_duty_a_department")
        ]

    def __str__(self) -> str:
        return f"{self.department} > {self.ledger}"


class TaskState(models.TextChoices):
    OPEN = "open", _("To deliver")
    DELIVERED = "delivered", _("Delivered")
    NOTHING = "nothing", _("No costs reported")


class CollectionTask(ScopedModel):
    """One department's costs of one month (yyyymm), to be delivered by a working day."""

    scope_permission = Permission.COST_VIEW
    scope_department = "duty__department"
    scope_people = ("duty__person",)

    duty = models.ForeignKey(CollectionDuty, models.CASCADE, related_name="tasks")
    period_no = models.PositiveIntegerField(_("month"))
    due_on = models.DateField(_("due"))
    state = models.CharField(
        _("state"), max_length=10, choices=TaskState.choices, default=TaskState.OPEN
    )
    lines = models.PositiveIntegerField(_("postings"), default=0)
    created_at = models.DateTimeField()
    done_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("collection task")
        ordering = ["-period_no", "due_on", "duty"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "period_no"], name="one_task_a_month"),
            models.CheckConstraint(
                condition=models.Q(state="open") | models.Q(done_at__isnull=False),
                name="a_done_task_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty.department} {self.key}"

    @property
    def key(self) -> str:
        """The month as `2024-06`."""
        return month_key(self.period_no)
