"""Processes, the version of their step table, and the steps with where each cell comes from."""

from decimal import Decimal
from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class HoursBasis(models.TextChoices):
    """What an hour of the form means; metrics use the same words (S2)."""

    NATURAL = "natural", _("Natural time")
    WORKING = "working", _("Working time")


class Process(ScopedModel):
    """A business process: the title block of its form, and the log that measures it."""

    scope_permission = Permission.PROCESS_VIEW
    scope_people = ("owner",)

    name = models.CharField(_("process name"), max_length=80)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("accountable department")
    )
    co_departments = models.ManyToManyField(
        "org.Department", related_name="+", blank=True, verbose_name=_("co-owner departments")
    )
    owner = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("process owner"),
    )  # fmt: skip
    start_event = models.CharField(_("process start"), max_length=120, blank=True)
    end_event = models.CharField(_("process end"), max_length=120, blank=True)
    recorded_on = models.DateField(_("recorded on"), null=True, blank=True)
    hours_basis = models.CharField(
        _("hours count"), max_length=10, choices=HoursBasis.choices, default=HoursBasis.NATURAL
    )
    # What a report or a KPI says the whole takes; compared with the sum of the steps.
    stated_hours = models.DecimalField(
        _("total stated elsewhere (hours)"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    dataset = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("event log"),
    )  # fmt: skip
    # Names of the log's own steps, one a line: a case with neither is truncated or still open.
    first_activity = models.CharField(_("first step in the log"), max_length=200, blank=True)
    last_activity = models.CharField(_("last step in the log"), max_length=200, blank=True)
    return_limit = models.DecimalField(
        _("limit of the return rate"), max_digits=6, decimal_places=4, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )  # fmt: skip
    goal = models.CharField(_("goal it serves"), max_length=200, blank=True)
    # What an hour of work costs; with it the form tells the cost of a case by step.
    hourly_rate = models.DecimalField(
        _("cost of an hour (yuan)"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    complaint_rate = models.DecimalField(
        _("dissatisfied or complaining customers"), max_digits=6, decimal_places=4, null=True,
        blank=True, validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )  # fmt: skip
    # The batches the last detection saw: other ones in force mean there is something to measure.
    detected_batches = models.JSONField(default=list, editable=False)
    created_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("process")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], name="one_process_a_name_in_a_department"
            ),
            models.CheckConstraint(
                condition=Q(return_limit=None) | Q(return_limit__gte=0, return_limit__lte=1),
                name="a_return_limit_is_a_rate",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def as_is(self) -> "ProcessVersion":
        """The step table as the process runs today."""
        # Read whole, so that a list which fetched the versions beforehand asks nothing more.
        return next(one for one in self.versions.all() if one.kind == VersionKind.AS_IS)


class VersionKind(models.TextChoices):
    AS_IS = "as_is", _("As is")
    TO_BE = "to_be", _("To be")


class VersionState(models.TextChoices):
    """A to-be table on its way to the staff; the as-is table is always published."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    REJECTED = "rejected", _("Sent back")
    APPROVED = "approved", _("Approved")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Replaced")


EDITABLE: Final = (VersionState.DRAFT, VersionState.REJECTED)


class ProcessVersion(ScopedModel):
    """One step table of a process."""

    scope_permission = Permission.PROCESS_VIEW
    scope_department = "process__department"

    process = models.ForeignKey(Process, models.CASCADE, related_name="versions")
    kind = models.CharField(_("kind"), max_length=8, choices=VersionKind.choices)
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=VersionState.choices, default=VersionState.PUBLISHED
    )
    made_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("process version")
        constraints = [
            models.UniqueConstraint(
                fields=["process"], condition=Q(kind=VersionKind.AS_IS), name="one_as_is_a_process"
            ),
            models.UniqueConstraint(
                fields=["process", "kind", "number"], name="one_process_version_a_number"
            ),
            # Four eyes: who hands a version in does not decide on it.
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("submitted_by")),
                name="nobody_approves_their_own_version",
            ),
        ]

    def __str__(self) -> str:
        number = f" V{self.number}" if self.kind == VersionKind.TO_BE else ""
        return f"{self.process} · {self.get_kind_display()}{number}"

    @property
    def is_editable(self) -> bool:
        return self.kind == VersionKind.AS_IS or self.state in EDITABLE


class Source(models.TextChoices):
    """Where a cell of the form comes from, as the badge says it."""

    LOG = "log", _("From records")
    SAMPLE = "sample", _("Sampled")
    OBSERVED = "observed", _("Observed")
    INTERVIEW = "interview", _("Interview")
    TYPED = "typed", _("Typed")


class Step(ScopedModel):
    """A row of the form. `sources` says per cell where it comes from; absent means nobody said.

    `minutes` is what people say the step takes; what the log measures stands beside it and is
    never stored here.
    """

    scope_permission = Permission.PROCESS_VIEW
    scope_department = "version__process__department"

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("process step"), max_length=120)
    # The name of the step in the log, when it differs from the form's.
    activity = models.CharField(_("step in the log"), max_length=200, blank=True)
    role = models.CharField(_("role involved"), max_length=120, blank=True)
    inputs = models.CharField(_("inputs"), max_length=300, blank=True)
    outputs = models.CharField(_("outputs"), max_length=300, blank=True)
    form_or_system = models.CharField(_("form or system"), max_length=120, blank=True)
    minutes = models.PositiveIntegerField(_("duration (minutes)"), null=True, blank=True)
    limit_hours = models.DecimalField(
        _("limit (hours)"), max_digits=8, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    sources = models.JSONField(default=dict)
    # What people say of the returns; the log's own rate stands beside it.
    return_rate = models.DecimalField(
        _("return rate"), max_digits=5, decimal_places=4, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )  # fmt: skip
    # Cell → what the interview said, kept when a value from elsewhere takes its place (P-N1).
    interview = models.JSONField(default=dict)
    is_optional = models.BooleanField(_("may be left out"), default=False)
    parallel_group = models.CharField(_("parallel group"), max_length=20, blank=True)
    may_return_to = models.CharField(_("may return to"), max_length=300, blank=True)
    from_amount = models.DecimalField(
        _("due from amount (yuan)"), max_digits=18, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    hand_fields = models.CharField(_("fields typed by hand"), max_length=500, blank=True)
    # RACI: `role` does it; these answer for it, are asked, and are told.
    accountable = models.CharField(_("answers for it (A)"), max_length=120, blank=True)
    consulted = models.CharField(_("is asked (C)"), max_length=200, blank=True)
    informed = models.CharField(_("is told (I)"), max_length=200, blank=True)
    # The as-is step a to-be step was copied from.
    origin = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="successors"
    )

    class Meta:
        verbose_name = _("process step")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_step_a_position")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> Decimal | None:
        return None if self.minutes is None else Decimal(self.minutes) / 60

    @property
    def log_name(self) -> str:
        """The step's name in the log."""
        return self.activity or self.name


CELLS: Final = ("name", "role", "inputs", "outputs", "form_or_system", "minutes", "return_rate")
