"""The records that describe facts: data sets, import batches, remembered column mappings."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.jobs.models import Job
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class Kind(models.TextChoices):
    EVENT_LOG = "event_log", _("Event log")
    LEDGER = "ledger", _("Ledger")
    BUDGET = "budget", _("Budget")


class CalendarKind(models.TextChoices):
    WORKING_TIME = "working_time", _("Working time")
    CLOCK_TIME = "clock_time", _("Natural time")


class Dataset(ScopedModel):
    """A named, growing collection of facts of one kind: what several import batches add up to."""

    scope_permission = Permission.DATASET_VIEW

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    # Instants in the facts are naive; this zone says what they mean.
    timezone = models.CharField(_("time zone"), max_length=60)
    calendar_kind = models.CharField(
        _("durations count"), max_length=20,
        choices=CalendarKind.choices, default=CalendarKind.WORKING_TIME,
    )  # fmt: skip
    source = models.CharField(_("source system"), max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("data set")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], name="one_data_set_a_name_in_a_department"
            )
        ]

    def __str__(self) -> str:
        return self.name


class BatchState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Waiting for confirmation")
    COMMITTED = "committed", _("In force")
    RETIRED = "retired", _("Retired")
    FAILED = "failed", _("Refused")
    DISCARDED = "discarded", _("Discarded")


# Only before it is in force may a batch be changed or thrown away.
OPEN_STATES: Final = (BatchState.UPLOADED, BatchState.CHECKED)


class Door(models.TextChoices):
    BROWSER = "browser", _("Browser")
    PASTE = "paste", _("Paste")
    COMMAND = "command", _("Command line")
    API = "api", _("HTTP API")
    FOLDER = "folder", _("Watched folder")


class ImportBatch(ScopedModel):
    """One file (or pasted text) on its way into a data set.

    Its folder below UPLOADS_ROOT holds `source.*` as received, `rows.parquet` (the table as text,
    with source row numbers) and `problems.parquet`. The facts themselves are in the fact store.
    """

    scope_permission = Permission.DATASET_VIEW
    scope_department = "dataset__department"

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="batches")
    state = models.CharField(
        _("state"), max_length=12, choices=BatchState.choices, default=BatchState.UPLOADED
    )
    door = models.CharField(_("received by"), max_length=12, choices=Door.choices)
    file_name = models.CharField(_("file"), max_length=255)
    folder = models.CharField(max_length=32, unique=True)
    source_name = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField(_("size"))
    digest = models.CharField(max_length=64, db_index=True)
    idempotency_key = models.CharField(max_length=120, blank=True)
    # How the file is read: None while the guess of the check is to be used.
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    header_rows = models.JSONField(null=True)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    # What the check found: labels, samples, first rows, problem groups, coverage.
    findings = models.JSONField(default=dict)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    bad_rows = models.PositiveBigIntegerField(_("bad rows"), default=0)
    fact_rows = models.PositiveBigIntegerField(default=0)
    fact_digest = models.CharField(max_length=64, blank=True, db_index=True)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_params = models.JSONField(default=dict)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_by",
        verbose_name=_("replaces"),
    )  # fmt: skip
    is_correction = models.BooleanField(default=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    received_at = models.DateTimeField()
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    committed_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import batch")
        ordering = ["-id"]
        indexes = [models.Index(fields=["dataset", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "idempotency_key"], condition=~Q(idempotency_key=""),
                name="one_batch_an_idempotency_key",
            ),
            models.CheckConstraint(
                condition=~Q(state=BatchState.COMMITTED) | ~Q(fact_digest=""),
                name="facts_stand_behind_a_batch_in_force",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.dataset} · {self.file_name}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def busy(self) -> bool:
        """A job is checking or committing this batch now."""
        return self.is_open and self.job is not None and self.job.active

    @property
    def place(self) -> Path:
        """The folder of its files; random, outside the web root."""
        return Path(settings.UPLOADS_ROOT) / self.folder

    @property
    def good_rows(self) -> int:
        return self.rows - self.bad_rows

    @property
    def unresolved_rows(self) -> int:
        """Rows left out of the facts that nobody has corrected yet."""
        return self.bad_rows if self.state == BatchState.COMMITTED else 0


class ColumnMapping(ScopedModel):
    """How a header was understood last time, remembered per data set and header signature."""

    scope_permission = Permission.DATASET_VIEW
    scope_department = "dataset__department"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="mappings")
    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("column mapping")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "signature"], name="one_mapping_a_header")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} · {self.signature[:8]}"
