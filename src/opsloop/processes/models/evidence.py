"""Evidence about a process that is not in its log: drawn documents, and what people say."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from opsloop.processes.models.base import BecomesCause, ProcessRecord
from opsloop.processes.models.process import Process, Step


class SamplingPlan(ProcessRecord):
    """A random sample of the documents of a window, drawn with a stored seed (P-N3)."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="sampling_plans")
    question = models.CharField(_("what is looked for"), max_length=200)
    first_on = models.DateField(_("documents from"))
    last_on = models.DateField(_("documents to"))
    population = models.PositiveIntegerField(_("documents in the window"))
    margin = models.DecimalField(_("margin of error"), max_digits=4, decimal_places=3)
    seed = models.PositiveIntegerField(_("seed"))
    drawn_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sampling plan")
        ordering = ["-drawn_at", "-id"]

    def __str__(self) -> str:
        return self.question


class DocumentResult(models.TextChoices):
    """What the look at one document found."""

    OPEN = "", _("Not looked at")
    FINE = "fine", _("In order")
    FAULTY = "faulty", _("Faulty")
    MISSING = "missing", _("Document missing")


class SampledDocument(ProcessRecord):
    """One drawn document: its number, and what was found."""

    scope_department = "plan__process__department"

    plan = models.ForeignKey(SamplingPlan, models.CASCADE, related_name="documents")
    case_no = models.BigIntegerField()
    number = models.CharField(_("document number"), max_length=200)
    finding = models.CharField(
        _("result"), max_length=8, choices=DocumentResult.choices, blank=True
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    found_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    found_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sampled document")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "case_no"], name="one_draw_a_document")
        ]

    def __str__(self) -> str:
        return self.number


class Pain(models.TextChoices):
    """The kinds of trouble a process gives (P1)."""

    REDUNDANT = "redundant", _("Redundant process")
    UNCLEAR_DUTY = "unclear_duty", _("Unclear responsibility")
    CUMBERSOME = "cumbersome", _("Cumbersome step")
    BUCK_PASSING = "buck_passing", _("Buck-passing")
    REENTRY = "reentry", _("Entered twice")
    WAITING = "waiting", _("Long wait")
    OTHER = "other", _("Other")


class OpinionSource(models.TextChoices):
    LINK = "link", _("Short link")
    INTERVIEW = "interview", _("Interview")
    WORKSHOP = "workshop", _("Workshop minutes")


class VoiceLink(ProcessRecord):
    """A short address by which anybody at the front line speaks about one step (P-N14)."""

    scope_department = "step__version__process__department"

    step = models.OneToOneField(Step, models.CASCADE, related_name="voice_link")
    token = models.CharField(max_length=16, unique=True)
    is_open = models.BooleanField(_("open"), default=True)
    made_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("short link")

    def __str__(self) -> str:
        return self.token


class Opinion(BecomesCause, ProcessRecord):
    """What somebody said about a step. Without `person` it is anonymous, and stays so."""

    scope_department = "step__version__process__department"

    step = models.ForeignKey(Step, models.CASCADE, related_name="opinions")
    source = models.CharField(_("source"), max_length=10, choices=OpinionSource.choices)
    pain = models.CharField(_("kind of trouble"), max_length=14, choices=Pain.choices)
    text = models.TextField(_("what happens"), max_length=1000)
    person = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("said by"),
    )  # fmt: skip
    said_at = models.DateTimeField(_("said at"))

    class Meta:
        verbose_name = _("opinion")
        ordering = ["-said_at", "-id"]

    def __str__(self) -> str:
        return self.text[:60]
