"""What the records about a process share: who may see them, and how they enter the loop."""

from typing import ClassVar

from django.db import models

from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class ProcessRecord(ScopedModel):
    """Seen by whoever sees its process; records further away say where that stands."""

    scope_permission: ClassVar[Permission] = Permission.PROCESS_VIEW
    scope_department: ClassVar[str] = "process__department"

    class Meta:
        abstract = True


class BecomesCause(models.Model):
    """A finding that may be written into a deviation of the loop."""

    cause = models.ForeignKey("loop.Cause", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
