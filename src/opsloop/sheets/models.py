"""What people keep about a form beside its own cells: comments, views, named states, returned files.

None of these has a scope of its own: each belongs to a form (`sheet`, `subject`), and every read
begins with the form's `locate`, which knows who may see it.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 80


class AboutForm(models.Model):
    """Belongs to one form: the key of its sheet, the key of its record."""

    sheet = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)

    class Meta:
        abstract = True


class CellComment(AboutForm):
    """A remark of a person at a cell; `column` empty is the whole row, `row` empty the form."""

    row = models.CharField(max_length=200, blank=True)
    column = models.CharField(max_length=40, blank=True)
    text = models.TextField(_("comment"))
    written_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    resolved_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("cell comment")
        ordering = ["id"]
        indexes = [models.Index(fields=["sheet", "subject", "row"])]

    def __str__(self) -> str:
        return f"{self.sheet} {self.subject} · {self.column}"


class SavedView(AboutForm):
    """How somebody arranged a grid. One's own is offered at every form of its kind, a shared one to
    everybody at the form it was saved at.
    """

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    owner = models.ForeignKey("org.Person", models.CASCADE, related_name="+")
    shared = models.BooleanField(_("shared"), default=False)
    state = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved view")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "owner", "name"], name="one_view_a_name_of_a_person"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Snapshot(AboutForm):
    """A form as it stood, under a name; `content` is the filled form as `sheets.wire` writes it."""

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    taken_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name = _("snapshot")
        ordering = ["-id"]
        indexes = [models.Index(fields=["sheet", "subject"])]

    def __str__(self) -> str:
        return self.name


class ReturnedState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPLIED = "applied", _("Applied")


class ReturnedForm(AboutForm):
    """A file that came back: what it would change, each row against the version it was read in."""

    state = models.CharField(
        max_length=10, choices=ReturnedState.choices, default=ReturnedState.WAITING
    )
    file_name = models.CharField(max_length=200)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    received_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("returned form")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name
