"""The organisation, its departments and people, their roles, working calendars and links."""

import hashlib
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import date
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.worktime import Sessions
from opsloop.org.permissions import ADMINISTRATORS, GRANTS, Permission, Role
from opsloop.org.prepared import Prepared, Slot
from opsloop.org.published import DEFAULT_SESSIONS
from opsloop.org.scoping import ScopedModel, ScopedQuerySet

# Set for the length of a request when the organisation hides surnames on display.
names_masked: ContextVar[bool] = ContextVar("names_masked", default=False)


def shown_name(name: str) -> str:
    """A person's name as pages may show it."""
    return f"*{name[1:]}" if names_masked.get() else name


DEFAULT_NAME: Final = "OpsLoop"


class Organisation(models.Model):
    """The company this install serves: one row. Before it is set up, the defaults hold."""

    ONLY: Final = 1

    name = models.CharField(_("name"), max_length=120, default=DEFAULT_NAME)
    timezone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)
    mask_names = models.BooleanField(_("mask names"), default=False)
    # Administrator roles the first system administrator has filled; each once, then never again.
    first_appointments = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("organisation")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_organisation")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Organisation":
        """The stored organisation, or an unsaved one with the defaults."""
        return _stored_organisation.first() or cls(pk=cls.ONLY)


# Asked by every page, so written once.
_stored_organisation = Prepared(lambda: Organisation.objects.filter(pk=Organisation.ONLY))
_assignments = Prepared(
    lambda: RoleAssignment.objects.filter(person=Slot("person")).select_related("department")
)


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible_to(self, person: "Person") -> Self:
        """Departments whose people and calendars `person` may open."""
        reach = person.reach(Permission.ORG_VIEW)
        return self if reach is None else self.filter(reach)

    def below(self, department: "Department") -> Self:
        """The department and all under it."""
        return self.filter(path__startswith=department.path)


class Department(models.Model):
    """A node of the department tree. `path` is `/1/4/9/`: ids, never name prefixes."""

    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("parent department"),
    )  # fmt: skip
    path = models.CharField(max_length=255, db_index=True, default="/", editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new department finds its place in the tree; moving one is an action."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            self.path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
            type(self).objects.filter(pk=self.pk).update(path=self.path)

    @property
    def depth(self) -> int:
        """0 for the top of the tree."""
        return self.path.count("/") - 2

    @property
    def lineage(self) -> list[int]:
        """Ids from the top of the tree down to this department."""
        return [int(part) for part in self.path.split("/") if part]


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, person: "Person") -> Self:
        """People of the departments `person` reaches, people without one, and `person`."""
        reach = person.reach(Permission.ORG_VIEW)
        if reach is None:
            return self
        placed = Membership.objects.filter(department__in=Department.objects.filter(reach))
        return self.filter(Q(pk__in=placed.values("person")) | Q(pk=person.pk))

    def active(self) -> Self:
        return self.filter(is_active=True)


class PersonManager(BaseUserManager["Person"]):
    def get_queryset(self) -> PersonQuerySet:
        return PersonQuerySet(self.model, using=self._db)

    def visible_to(self, person: "Person") -> PersonQuerySet:
        return self.get_queryset().visible_to(person)

    def active(self) -> PersonQuerySet:
        return self.get_queryset().active()


class Person(AbstractBaseUser):
    """Somebody of the company; signs in when a password or a sign-on account is set."""

    username = models.CharField(_("user name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    employee_no = models.CharField(_("employee number"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mobile = models.CharField(_("mobile"), max_length=30, blank=True)
    superior = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports_to_me",
        verbose_name=_("superior"),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return shown_name(self.name)

    @cached_property
    def assignments(self) -> "list[RoleAssignment]":
        """Roles held now, read once per request."""
        return _assignments(person=self.pk)

    @cached_property
    def main_department(self) -> Department | None:
        membership = (
            self.memberships.select_related("department").order_by("-is_main", "id").first()
        )
        return membership.department if membership else None

    def may(self, permission: Permission, department: Department | None = None) -> bool:
        """Does a role grant this, and, when a department is named, does it reach that one?"""
        if permission in (Permission.PUBLIC, Permission.SIGNED_IN):
            return True
        for assignment in self.assignments:
            if permission not in GRANTS[Role(assignment.role)]:
                continue
            if department is None or assignment.department is None:
                return True
            if department.path.startswith(assignment.department.path):
                return True
        return False

    def reach(self, permission: Permission) -> Q | None:
        """Departments where a role grants `permission`: None for the whole company, else a filter.

        The filter is over `Department` columns; an empty reach matches nothing.
        """
        matched = Q(pk__in=[])
        for assignment in self.assignments:
            if permission in GRANTS[Role(assignment.role)]:
                if assignment.department is None:
                    return None
                matched |= Q(path__startswith=assignment.department.path)
        return matched

    def holds(self, *roles: Role) -> bool:
        return any(assignment.role in roles for assignment in self.assignments)

    def departments_within(self, permission: Permission) -> models.QuerySet[Department]:
        """Departments this person reaches with `permission`."""
        reach = self.reach(permission)
        found = Department.objects.all()
        return found if reach is None else found.filter(reach)


class Membership(models.Model):
    """A person's place in a department; several are possible, one of them main."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")
    position = models.CharField(_("position"), max_length=60, blank=True)
    is_main = models.BooleanField(_("main"), default=True)

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.UniqueConstraint(fields=["person", "department"], name="one_place_a_department"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_main=True), name="one_main_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.department}"


class RoleAssignment(models.Model):
    """A role held in a department and all below it, or (department null) in the company."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="role_assignments")
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="role_assignments"
    )
    granted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("role assignment")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "department"],
                name="one_assignment_a_scope", nulls_distinct=False,
            ),
            # Three separated administrators: nobody is two of them.
            models.UniqueConstraint(
                fields=["person"], name="administrators_are_separate",
                condition=Q(role__in=sorted(role.value for role in ADMINISTRATORS)),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"


class WorkCalendarQuerySet(ScopedQuerySet["WorkCalendar"]):
    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        """The company's calendar is everybody's; a department's goes with the department."""
        reached = person.departments_within(permission or Permission.ORG_VIEW)
        visible = Q(department=None) | Q(department__in=reached)
        return self.within(visible, reason="company calendar and reached departments")


def default_week() -> list[Any]:
    return [[list(session) for session in DEFAULT_SESSIONS]] * 5 + [[], []]


class WorkCalendar(ScopedModel):
    """Weekly sessions of the company (department null) or of a department and all below it.

    A department works within the company's calendar unless `follows_company` is off (a 7×24 desk,
    a plant with its own weeks).
    """

    scope_permission = Permission.ORG_VIEW

    name = models.CharField(_("name"), max_length=80)
    department = models.OneToOneField(
        Department, models.PROTECT, null=True, blank=True, related_name="work_calendar",
        verbose_name=_("department"),
    )  # fmt: skip
    # Monday first: per weekday a list of [start, end) in minutes of the day, 1440 allowed.
    weekly = models.JSONField(_("weekly sessions"), default=default_week)
    follows_company = models.BooleanField(_("follows the company calendar"), default=True)

    objects = WorkCalendarQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("working calendar")
        ordering = ["department_id", "id"]
        constraints = [
            models.UniqueConstraint(
                "department", name="one_calendar_a_department", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A dated exception of a calendar: a day off, a make-up workday, special hours."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=60, blank=True)
    sessions = models.JSONField(_("sessions"), default=list)  # [] is a day off

    class Meta:
        verbose_name = _("calendar exception")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="one_exception_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class PublishedYear(models.Model):
    """A year's official arrangement entered here; it takes precedence over the shipped one."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    # [{"date": "2027-01-01", "name": "…", "off": true}, …] as in the shipped files.
    days = models.JSONField(_("days"), default=list)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("published arrangement")
        ordering = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class Leave(models.Model):
    """Days a person does not work; `sessions` empty means whole days."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="leaves")
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    sessions = models.JSONField(_("sessions"), default=list)
    reason = models.CharField(_("reason"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("leave")
        ordering = ["first_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=models.F("first_on")), name="leave_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_on}–{self.last_on}"


class OneTimeLink(models.Model):
    """A link that works once until it expires. Only a hash of its token is kept."""

    class Purpose(models.TextChoices):
        SET_PASSWORD = "set_password", _("Set the password")
        FIRST_ADMINISTRATOR = "first_administrator", _("First administrator")

    purpose = models.CharField(max_length=30, choices=Purpose.choices)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="one_time_links")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        verbose_name = _("one-time link")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.issued_at:%Y-%m-%d %H:%M}"


def token_hash(token: str) -> str:
    """Links are looked up by this; a stolen database opens no account."""
    return hashlib.sha256(token.encode()).hexdigest()


def sessions_of(stored: Sequence[Sequence[int]]) -> Sessions:
    """Sessions as the rules take them, from the lists a JSON column gives back."""
    return tuple((int(start), int(end)) for start, end in stored)


def stored_sessions(sessions: Sessions) -> list[list[int]]:
    return [list(session) for session in sessions]


def days_of(leave: Leave) -> list[date]:
    span = (leave.last_on - leave.first_on).days + 1
    return [date.fromordinal(leave.first_on.toordinal() + offset) for offset in range(span)]
