"""What a new install still needs before people can work in it, in order."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from opsloop.datasets.models import ImportBatch
from opsloop.org.models import DEFAULT_NAME, Department, Organisation, Person, RoleAssignment
from opsloop.org.permissions import ADMINISTRATORS, Permission, Role


@dataclass(frozen=True)
class FirstStep:
    """One thing to set up: whether it is done, and where this person does it (else empty)."""

    title: Any
    text: Any
    is_done: bool
    url: str


def first_steps(person: Person) -> tuple[FirstStep, ...]:
    """The steps of setting up, for who may take one of them; empty once all are done."""
    if not (person.may(Permission.ORG_EDIT) or person.may(Permission.ROLE_GRANT)):
        return ()
    steps = (*_organisation(person), *_people(person))
    return () if all(step.is_done for step in steps) else steps


def _organisation(person: Person) -> tuple[FirstStep, ...]:
    edits = person.may(Permission.ORG_EDIT)
    return (
        FirstStep(
            _("Name the company"), _("Its name stands on every printed form."),
            Organisation.current().name != DEFAULT_NAME,
            reverse("org:settings") if edits else "",
        ),
        FirstStep(
            _("Enter departments and people"),
            _("One workbook brings the whole tree in; or enter them one by one."),
            Department.objects.count() > 1 and Person.objects.count() > 1,
            reverse("org:import") if edits else "",
        ),
    )  # fmt: skip


def _people(person: Person) -> tuple[FirstStep, ...]:
    held = set(RoleAssignment.objects.values_list("role", flat=True).distinct())
    may_grant = person.may(Permission.ROLE_GRANT)
    roles = reverse("org:roles") if person.may(Permission.ROLE_VIEW) else ""
    at_work = held - {*ADMINISTRATORS, Role.EMPLOYEE}
    return (
        FirstStep(
            _("Appoint a security administrator and an auditor"),
            _("Two other people: nobody holds two of the three offices."),
            {Role.SECURITY_ADMIN, Role.AUDITOR} <= held, roles,
        ),
        FirstStep(
            _("Give the roles"),
            _("The security administrator says who manages operations, reviews cost, leads a department."),
            bool(at_work), roles if may_grant else "",
        ),
        FirstStep(
            _("Import the first records"),
            _("Operations or finance bring in an approval log or a cost ledger; the forms fill themselves."),
            ImportBatch.objects.unscoped("whether there is any at all").exists(), "",
        ),
    )  # fmt: skip
