"""Departments, people, roles: who may see and do what, where."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import ADMINISTRATORS, GRANTS, Permission, Role


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

    class Meta:
        verbose_name = _("department")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=username)


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
        return self.name

    @cached_property
    def assignments(self) -> "list[RoleAssignment]":
        """Roles held now, read once per request."""
        return list(self.role_assignments.select_related("department"))

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
