"""What is decided about a process: proposals, deletions, pilots, quarterly reviews."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opsloop.processes.models.base import BecomesCause, ProcessRecord
from opsloop.processes.models.process import Process, ProcessVersion


class Letter(models.TextChoices):
    ELIMINATE = "eliminate", _("Eliminate")
    COMBINE = "combine", _("Combine")
    REARRANGE = "rearrange", _("Rearrange")
    SIMPLIFY = "simplify", _("Simplify")


class EcrsProposal(BecomesCause, ProcessRecord):
    """A candidate of the worksheet that somebody accepted or rejected, with its numbers then."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="proposals")
    letter = models.CharField(_("kind of change"), max_length=10, choices=Letter.choices)
    trigger = models.CharField(max_length=20)
    steps = models.JSONField(_("process steps"), default=list)
    values = models.JSONField(default=dict)
    n = models.PositiveIntegerField(_("observations"), default=0)
    text = models.CharField(_("proposal"), max_length=500, blank=True)
    accepted = models.BooleanField(_("accepted"))
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        verbose_name = _("improvement proposal")
        ordering = ["-decided_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_decision_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_letter_display()}: {', '.join(self.steps)}"


class DeletionOverride(ProcessRecord):
    """The process owner signs that a step may go although no number says so (P-N7)."""

    scope_department = "version__process__department"

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="overrides")
    step = models.CharField(_("process step"), max_length=120)
    reason = models.TextField(_("reason"))
    signed_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("deletion without evidence")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "step"], name="one_signature_a_step"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_signature_has_a_reason"),
        ]

    def __str__(self) -> str:
        return self.step


class Pilot(ProcessRecord):
    """A to-be version tried in one department while others go on as before (P-N9)."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="pilots")
    version = models.ForeignKey(
        ProcessVersion, models.PROTECT, related_name="pilots", verbose_name=_("to-be version")
    )
    # Departments as the log names them: whoever submits the case.
    unit = models.CharField(_("pilot unit"), max_length=200)
    controls = models.JSONField(_("control units"), default=list)
    start_on = models.DateField(_("pilot starts on"))
    target_hours = models.DecimalField(
        _("target of the median cycle time (hours)"), max_digits=10, decimal_places=2
    )
    target_return_rate = models.DecimalField(
        _("target of the case return rate"), max_digits=6, decimal_places=4, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )  # fmt: skip
    # What the proof will need, reckoned from the records before the start and never again (V-04).
    forecast = models.JSONField(default=dict)
    countermeasure = models.ForeignKey(
        "loop.Countermeasure", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("countermeasure"),
    )  # fmt: skip
    rolled_out_on = models.DateField(_("rolled out on"), null=True)
    made_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("pilot")
        ordering = ["-start_on", "-id"]

    def __str__(self) -> str:
        return f"{self.process} · {self.unit}"


class ProblemKind(models.TextChoices):
    UNFAMILIAR = "unfamiliar", _("System unfamiliar")
    RESISTANCE = "resistance", _("Resistance")
    UNCLEAR_RULE = "unclear_rule", _("Unclear rule")
    OTHER = "other", _("Other")


class PilotProblem(ProcessRecord):
    """A line of the pilot's problem log, and what was adjusted."""

    scope_department = "pilot__process__department"

    pilot = models.ForeignKey(Pilot, models.CASCADE, related_name="problems")
    kind = models.CharField(_("kind of trouble"), max_length=14, choices=ProblemKind.choices)
    text = models.CharField(_("what happens"), max_length=500)
    adjustment = models.CharField(_("adjustment"), max_length=500, blank=True)
    noted_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("pilot problem")
        ordering = ["-noted_at", "-id"]

    def __str__(self) -> str:
        return self.text


class Moment(models.TextChoices):
    BEFORE = "before", _("Before the pilot")
    AFTER = "after", _("During the pilot")


class SatisfactionReading(ProcessRecord):
    """How many of those asked were satisfied, before or during a pilot; no log tells it (P25)."""

    scope_department = "pilot__process__department"

    pilot = models.ForeignKey(Pilot, models.CASCADE, related_name="readings")
    moment = models.CharField(_("asked"), max_length=6, choices=Moment.choices)
    asked = models.PositiveIntegerField(_("people asked"), validators=[MinValueValidator(1)])
    satisfied = models.PositiveIntegerField(_("of them satisfied"))
    asked_on = models.DateField(_("asked on"))
    source = models.CharField(_("source"), max_length=200)
    noted_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("satisfaction reading")
        ordering = ["asked_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(satisfied__lte=F("asked"), asked__gte=1),
                name="no_more_satisfied_than_asked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.satisfied} / {self.asked}"


class ReviewState(models.TextChoices):
    DUE = "due", _("Due")
    DONE = "done", _("Done")


class QuarterlyReview(ProcessRecord):
    """Made by the product at the end of each quarter, with what has drifted since (P-N15)."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="reviews")
    period = models.CharField(_("quarter"), max_length=8)
    state = models.CharField(
        _("state"), max_length=5, choices=ReviewState.choices, default=ReviewState.DUE
    )
    figures = models.JSONField(default=dict)
    # Per figure: {"value", "origin": "verified" | "review", "period"}.
    base = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    conclusion = models.TextField(_("conclusion"), blank=True)
    closed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("quarterly review")
        ordering = ["-period"]
        constraints = [
            models.UniqueConstraint(fields=["process", "period"], name="one_review_a_quarter")
        ]

    def __str__(self) -> str:
        return f"{self.process} · {self.period}"
