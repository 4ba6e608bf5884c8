"""Messages to people: an outbox row per message and channel, written with the change itself."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.org.models import Person


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, person: Person) -> Self:
        """A person's own notices; nobody reads another's."""
        return self.filter(to=person)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notice(models.Model):
    """One message to one person; the list in the product shows it whatever else is chosen."""

    to = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=40)
    # Translated into the receiver's language when it was posted.
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    link = models.CharField(max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=200, unique=True)
    posted_at = models.DateTimeField(_("time"))
    read_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["to"], name="unread_notices", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.subject


class Delivery(models.Model):
    """A notice on its way through one channel outside the product."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("delivery")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="one_delivery_a_channel")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="waiting_deliveries", condition=Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.notice} → {self.channel}"


class Preference(models.Model):
    """How a person wants to hear of things; without a row the defaults hold."""

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("One digest each workday")
        NEVER = "never", _("In the product only")

    DEFAULT_LANGUAGE: ClassVar[str] = "zh-hans"

    person = models.OneToOneField(Person, models.CASCADE, related_name="notice_preference")
    email = models.CharField(_("e-mail"), max_length=10, choices=Pace.choices, default=Pace.AT_ONCE)
    # Nothing is sent outside working time of the person's own calendar; it waits for the next.
    quiet_hours = models.BooleanField(_("only in working hours"), default=True)
    language = models.CharField(_("language"), max_length=10, default=DEFAULT_LANGUAGE)

    class Meta:
        verbose_name = _("notice preference")

    def __str__(self) -> str:
        return f"{self.person} {self.email}"

    @classmethod
    def of(cls, person: Person) -> Self:
        """The stored choice, or an unsaved row with the defaults."""
        return cls.objects.filter(person=person).first() or cls(person=person)


class Topic(models.TextChoices):
    """What a receiver may be told of: the rooms of business records, by their label."""

    LOOP = "loop", _("Deviations and countermeasures")
    DATASETS = "datasets", _("Data sets and imports")
    METRICS = "metrics", _("Metrics and their values")
    PROCESSES = "processes", _("Processes")
    PROJECTS = "projects", _("Projects")
    COSTS = "costs", _("Costs")
    QUALITY = "quality", _("Service quality")
    KPIS = "kpis", _("KPIs")


class Webhook(models.Model):
    """Another system that is told of events; the secret is derived from `salt`, not stored."""

    name = models.CharField(_("name"), max_length=60)
    url = models.URLField(_("address"), max_length=500)
    topics = models.JSONField(_("topics"), default=list)
    salt = models.CharField(max_length=40)
    is_active = models.BooleanField(_("active"), default=True)
    # The newest audit line that was looked at for this receiver.
    seen_line = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("webhook")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def topic_labels(self) -> list[str]:
        return [str(Topic(topic).label) for topic in self.topics]


class WebhookDelivery(models.Model):
    """One audit line on its way to one receiver."""

    State = Delivery.State

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    line = models.ForeignKey("audit.AuditEvent", models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=Delivery.State.choices, default=Delivery.State.WAITING
    )
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(_("status of the answer"), null=True)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "line"], name="one_delivery_a_line")
        ]
        indexes = [
            models.Index(
                fields=["webhook", "due_at"], name="waiting_events", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.line_id} → {self.webhook}"
