"""The append-only record of every write, chained so that a missing or altered line shows."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.org.models import Person
from opsloop.org.permissions import Permission


class AppendOnly(RuntimeError):
    """An audit line is never changed or deleted."""


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, person: Person) -> Self:
        """All lines for the auditor; nobody else reads the trail."""
        return self if person.may(Permission.AUDIT_VIEW) else self.none()

    def about(self, subject: models.Model) -> Self:
        """Lines of one record, for its history."""
        label = subject._meta.label_lower  # noqa: SLF001 - Django's documented meta API
        return self.filter(subject_type=label, subject_id=str(subject.pk))

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly(f"audit lines are not updated: {sorted(kwargs)}")

    def delete(self) -> NoReturn:
        raise AppendOnly("audit lines are not deleted")


class AuditEvent(models.Model):
    """One write: who did what to which record, the changed fields before and after."""

    at = models.DateTimeField(_("time"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("person"),
    )  # fmt: skip
    action = models.CharField(_("action"), max_length=80)
    subject_type = models.CharField(_("subject type"), max_length=60)
    subject_id = models.CharField(_("subject"), max_length=40)
    subject_label = models.CharField(max_length=200)
    department = models.ForeignKey("org.Department", models.PROTECT, null=True, related_name="+")
    changes = models.JSONField(_("changes"), default=dict)
    comment = models.TextField(_("comment"), blank=True)
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit line")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("audit lines are not changed")
        super().save(*args, **kwargs)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> NoReturn:  # noqa: FBT001, FBT002 - Django's signature
        raise AppendOnly(f"audit lines are not deleted: {self.pk} {using} {keep_parents}")


class ChainHead(models.Model):
    """The chain's last digest and length: one row, locked while a line is appended.

    Locking the last line instead would let two writers of PostgreSQL follow the same line.
    """

    ONLY = 1

    digest = models.CharField(max_length=64, blank=True)
    length = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("audit chain")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_chain")]

    def __str__(self) -> str:
        return f"{self.length} {self.digest[:12]}"


class Anchor(models.Model):
    """The chain as it stood on a day; also written to a file outside the database."""

    day = models.DateField(_("day"), unique=True)
    length = models.BigIntegerField(_("lines"))
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit anchor")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.digest[:12]}"
