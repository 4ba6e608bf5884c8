"""Departures from the step table that the process owner lives with, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel
from opsloop.processes.models.process import Process


class AcceptedDeparture(ScopedModel):
    """One kind of departure at one step, accepted until revoked; both stay on record (P-A8).

    Steps and departments stand by their names in the log: numbers change with the next import.
    """

    scope_permission = Permission.PROCESS_VIEW
    scope_department = "process__department"

    process = models.ForeignKey(Process, models.CASCADE, related_name="accepted_departures")
    kind = models.CharField(_("kind of departure"), max_length=12)
    step = models.CharField(_("step in the log"), max_length=200)
    # The second step of a double decision, or the department nobody foresaw.
    other = models.CharField(max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    accepted_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(_("accepted at"))
    revoked_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        verbose_name = _("accepted departure")
        ordering = ["-accepted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["process", "kind", "step", "other"], condition=Q(revoked_at=None),
                name="one_acceptance_a_departure",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind}: {self.step}"
