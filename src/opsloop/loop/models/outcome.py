"""What was agreed as proof, what the numbers said, and what is remembered."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.loop.models.deviation import Deviation
from opsloop.loop.models.improvement import Countermeasure
from opsloop.loop.states import CauseCategory, Outcome
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel


class VerificationPlan(models.Model):
    """How the effect will be judged, fixed at approval and never edited (V-01).

    The result window is the first `follow_up_periods` whole periods that begin on or after the
    later of `effect_from` and the day the last countermeasure of the round was finished.
    """

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="plans")
    countermeasure = models.ForeignKey(Countermeasure, models.PROTECT, related_name="plans")
    round = models.PositiveIntegerField()
    metric_version = models.ForeignKey("metrics.MetricVersion", models.PROTECT, related_name="+")
    dimension = models.CharField(_("population"), max_length=200)
    baseline_first = models.CharField(_("baseline from"), max_length=10)
    baseline_last = models.CharField(_("baseline to"), max_length=10)
    effect_from = models.DateField(_("start of effect"))
    follow_up_periods = models.PositiveIntegerField(_("follow-up periods"))
    expected_from = models.DecimalField(_("expected from"), max_digits=24, decimal_places=6)
    target = models.DecimalField(_("expected to"), max_digits=24, decimal_places=6)
    smallest_change = models.DecimalField(
        _("smallest relevant change"), max_digits=24, decimal_places=6
    )
    test = models.CharField(_("test"), max_length=30)
    needed_n = models.PositiveIntegerField(_("records needed"), null=True)
    fixed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    fixed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("verification plan")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.baseline_first}…{self.baseline_last} | {self.effect_from}"

    @property
    def baseline(self) -> tuple[Period, Period]:
        """First and last period of the baseline window."""
        return Period.parse(self.baseline_first), Period.parse(self.baseline_last)


class Verification(models.Model):
    """One computed verdict; recomputed when facts change, accepted by a second pair of eyes."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="verifications")
    plan = models.ForeignKey(VerificationPlan, models.PROTECT, related_name="verifications")
    round = models.PositiveIntegerField()
    outcome = models.CharField(_("verdict"), max_length=20, choices=Outcome.choices)
    result_first = models.CharField(_("result from"), max_length=10)
    result_last = models.CharField(_("result to"), max_length=10)
    before = models.FloatField(_("before"), null=True)
    after = models.FloatField(_("after"), null=True)
    effect = models.FloatField(_("effect"), null=True)
    low = models.FloatField(_("95% interval from"), null=True)
    high = models.FloatField(_("95% interval to"), null=True)
    p_value = models.FloatField(null=True)
    n_before = models.PositiveIntegerField(_("records before"), default=0)
    n_after = models.PositiveIntegerField(_("records after"), default=0)
    needed_n = models.PositiveIntegerField(_("records needed"), null=True)
    available_on = models.DateField(_("suffices on"), null=True)
    test = models.CharField(_("test"), max_length=60, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    params = models.JSONField(default=dict)
    chart = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    computed_at = models.DateTimeField(_("computed at"))
    accepted_by = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("accepted by")
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    class Meta:
        verbose_name = _("verification")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | ~Q(outcome=Outcome.INSUFFICIENT_DATA),
                name="too_little_data_is_never_accepted",
            )
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()


class Lesson(ScopedModel):
    """What an archived deviation taught: cause, countermeasure, effect; frozen (L-11)."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="lessons")
    verification = models.OneToOneField(Verification, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey("org.Department", models.PROTECT, related_name="+")
    tool = models.CharField(_("tool"), max_length=20)
    metric = models.ForeignKey("metrics.Metric", models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=300)
    symptom = models.TextField(_("symptom"), blank=True)
    cause = models.TextField(_("root cause"), blank=True)
    category = models.CharField(
        _("category"), max_length=20, choices=CauseCategory.choices, blank=True
    )
    countermeasure = models.TextField(_("countermeasure"), blank=True)
    effect = models.TextField(_("effect"), blank=True)
    learned_at = models.DateTimeField(_("archived at"))
    recurred_at = models.DateTimeField(_("recurred at"), null=True)

    scope_permission: ClassVar[Permission] = Permission.LESSON_VIEW
    scope_people: ClassVar[tuple[str, ...]] = (
        "deviation__owner",
        "deviation__countermeasures__owner",
    )

    class Meta:
        verbose_name = _("lesson")
        ordering = ["-learned_at", "-id"]

    def __str__(self) -> str:
        return self.title


class Reminder(models.Model):
    """One reminder that went out; its key makes a second one impossible (L-10)."""

    key = models.CharField(max_length=100, unique=True)
    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="reminders")
    to = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    due_on = models.DateField()
    offset = models.SmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key
