"""Long work as rows: the row is the queue entry, the progress bar and the result."""

from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class JobState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE: Final = (JobState.WAITING, JobState.RUNNING)


class Job(ScopedModel):
    """One piece of long work, seen by whoever asked for it and by who looks after the system.

    A worker holds it by a lease it keeps renewing.
    """

    scope_permission = Permission.SYSTEM_VIEW
    scope_people = ("requested_by",)

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=12, choices=JobState.choices, default=JobState.WAITING
    )
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    text = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    run_after = models.DateTimeField()
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(_("error"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("requested by"),
    )  # fmt: skip
    department = models.ForeignKey("org.Department", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("requested at"))
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "run_after"])]

    def __str__(self) -> str:
        return self.title

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def share(self) -> int | None:
        """Progress in whole percent; None while the amount of work is unknown."""
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def progress_text(self) -> str:
        """The handler's words in the reader's language (the row holds the message id)."""
        return gettext(self.text) if self.text else ""

    @property
    def link(self) -> str:
        """Where the result is seen: a path of this site, or empty."""
        path = str(self.result.get("link", ""))
        return path if path.startswith("/") and not path.startswith("//") else ""


class Lease(models.Model):
    """A named duty that only one worker does at a time."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=120)
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("lease")

    def __str__(self) -> str:
        return f"{self.name} · {self.holder}"
