"""Why it happened and what is done about it."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from opsloop.loop.models.deviation import Deviation
from opsloop.loop.models.keeping import Kept
from opsloop.loop.states import (
    LIVE,
    CauseCategory,
    Controllable,
    CountermeasureKind,
    CountermeasureStatus,
    EvidenceLevel,
)
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel, ScopedQuerySet


class Cause(models.Model):
    """One link of a why-chain; its parent is what it explains. A root explains at least one."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="causes")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="whys")
    text = models.TextField(_("cause"))
    category = models.CharField(_("category"), max_length=20, choices=CauseCategory.choices)
    controllable = models.CharField(
        _("controllable"), max_length=10, choices=Controllable.choices, default=Controllable.YES
    )
    evidence_level = models.CharField(
        _("evidence level"),
        max_length=10,
        choices=EvidenceLevel.choices,
        default=EvidenceLevel.ASSUMED,
    )
    evidence = models.TextField(_("evidence"), blank=True)
    is_root = models.BooleanField(_("root cause"), default=False)
    written_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("cause")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_root=False) | Q(parent__isnull=False),
                name="a_root_lies_below_a_symptom",
            ),
            # 实测 and 观察 say where; without that a cause is 假设.
            models.CheckConstraint(
                condition=Q(evidence_level=EvidenceLevel.ASSUMED) | ~Q(evidence=""),
                name="evidence_is_named",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text


class CountermeasureQuerySet(Kept, ScopedQuerySet["Countermeasure"]):
    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        """Countermeasures of the deviations the person sees."""
        # Asked of each row: a list of everything the person sees may be long.
        seen = Deviation.objects.visible_to(person, permission).filter(pk=OuterRef("deviation"))
        return self.within(Q(Exists(seen)), reason=f"seen by {person.pk}")


class Countermeasure(Kept, ScopedModel):
    """Says in advance which number it moves, from where to where, by when."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="countermeasures")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="countermeasures")
    what = models.TextField(_("countermeasure"))
    kind = models.CharField(_("kind"), max_length=20, choices=CountermeasureKind.choices)
    accountable_department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+",
        verbose_name=_("accountable department"),
    )  # fmt: skip
    owner = models.ForeignKey(
        "org.Person", models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    start_on = models.DateField(_("starts on"))
    # Either a promised day or a number of working days; `due_on` is that on the working calendar.
    promised_on = models.DateField(_("promised day"), null=True)
    due_workdays = models.PositiveIntegerField(_("working days"), null=True)
    due_on = models.DateField(_("due on"), db_index=True)
    metric_version = models.ForeignKey(
        "metrics.MetricVersion", models.PROTECT, null=True, related_name="+"
    )
    expected_from = models.DecimalField(
        _("expected from"), max_digits=24, decimal_places=6, null=True
    )
    expected_to = models.DecimalField(_("expected to"), max_digits=24, decimal_places=6, null=True)
    expected_by = models.CharField(_("by period"), max_length=10, blank=True)
    verification_method = models.TextField(_("verification method"), blank=True)
    follow_up_periods = models.PositiveIntegerField(_("follow-up periods"), default=1)
    cost_amount = models.DecimalField(_("cost (yuan)"), max_digits=18, decimal_places=2, null=True)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=CountermeasureStatus.choices,
        default=CountermeasureStatus.PROPOSED,
    )
    round = models.PositiveIntegerField(null=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    proposed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    recurred_at = models.DateTimeField(_("recurred at"), null=True)
    version = models.PositiveIntegerField(default=1)

    scope_permission: ClassVar[Permission] = Permission.DEVIATION_VIEW
    scope_department: ClassVar[str] = "deviation__department"
    objects = CountermeasureQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("countermeasure")
        ordering = ["id"]
        indexes = [models.Index(fields=["owner", "status"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(promised_on__isnull=False, due_workdays__isnull=True)
                | Q(promised_on__isnull=True, due_workdays__isnull=False),
                name="due_by_day_or_by_workdays",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("proposed", "cancelled"))
                | Q(approved_at__isnull=False, round__isnull=False),
                name="work_starts_with_approval",
            ),
            # Only an immediate correction may go without cause and promised effect (L-03, L-05).
            models.CheckConstraint(
                condition=Q(kind=CountermeasureKind.CORRECTION)
                | Q(
                    cause__isnull=False, metric_version__isnull=False,
                    expected_from__isnull=False, expected_to__isnull=False,
                ),
                name="a_countermeasure_promises_a_number",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.what

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def days_late(self, today: date) -> int:
        """Calendar days past the due day, 0 while in time or no longer live."""
        return max(0, (today - self.due_on).days) if self.is_live else 0


class CountermeasureRevision(models.Model):
    """What an approved countermeasure said before it was edited (L-13)."""

    countermeasure = models.ForeignKey(Countermeasure, models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField(_("revision"))
    content = models.JSONField(_("content"))
    reason = models.TextField(_("reason"))
    revised_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    revised_at = models.DateTimeField()

    class Meta:
        verbose_name = _("revision")
        ordering = ["revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["countermeasure", "revision"], name="one_content_a_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.countermeasure_id} r{self.revision}"


class SupportPromise(models.Model):
    """What a supporting department gives, in numbers: `amount` `unit` of `what` by `due_on`."""

    countermeasure = models.ForeignKey(Countermeasure, models.PROTECT, related_name="supports")
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    person = models.ForeignKey(
        "org.Person", models.PROTECT, related_name="+", verbose_name=_("person")
    )
    what = models.CharField(_("support"), max_length=200)
    amount = models.DecimalField(_("how much"), max_digits=18, decimal_places=2)
    unit = models.CharField(_("unit"), max_length=20)
    due_on = models.DateField(_("due on"))
    asked_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    promised_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("support promise")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="support_is_quantified")
        ]

    def __str__(self) -> str:
        return self.what
