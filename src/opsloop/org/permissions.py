"""What a person may do: roles grant permissions, an assignment says in which departments."""

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from opsloop.org.models import Department, Person


class Permission(StrEnum):
    """One named function of the product; addresses and actions name the one they need."""

    PUBLIC = "public"  # no sign-in: the login page, health, the one-time link
    SIGNED_IN = "signed_in"  # any active person
    DESK_VIEW = "desk_view"
    PROCESS_VIEW = "process_view"
    PROCESS_EDIT = "process_edit"
    COST_VIEW = "cost_view"
    COST_EDIT = "cost_edit"
    COST_REVIEW = "cost_review"
    DEVIATION_VIEW = "deviation_view"
    DEVIATION_WORK = "deviation_work"
    DEVIATION_CONFIRM = "deviation_confirm"
    COUNTERMEASURE_APPROVE = "countermeasure_approve"
    VERDICT_ACCEPT = "verdict_accept"
    LESSON_VIEW = "lesson_view"
    METRIC_VIEW = "metric_view"
    METRIC_EDIT = "metric_edit"
    DATASET_VIEW = "dataset_view"
    DATASET_IMPORT = "dataset_import"
    ORG_VIEW = "org_view"
    ORG_EDIT = "org_edit"
    CALENDAR_EDIT = "calendar_edit"
    ACCOUNT_EDIT = "account_edit"
    ROLE_VIEW = "role_view"
    ROLE_GRANT = "role_grant"
    AUDIT_VIEW = "audit_view"
    SYSTEM_VIEW = "system_view"
    INTEGRATION_EDIT = "integration_edit"


class Role(TextChoices):
    EMPLOYEE = "employee", _("Employee")
    DEPARTMENT_HEAD = "department_head", _("Department head")
    PROJECT_LEAD = "project_lead", _("Project lead")
    OPERATIONS_MANAGER = "operations_manager", _("Operations manager")
    FINANCE_REVIEWER = "finance_reviewer", _("Finance reviewer")
    QUALITY_INSPECTOR = "quality_inspector", _("Quality inspector")
    EXTERNAL_INSPECTOR = "external_inspector", _("External inspector")
    EXECUTIVE = "executive", _("Executive")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDITOR = "auditor", _("Auditor")


# The separated administrators: nobody holds two, and none of them edits business data.
ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

_P = Permission
_EVERYONE: Final = frozenset(
    {_P.DESK_VIEW, _P.DEVIATION_VIEW, _P.DEVIATION_WORK, _P.LESSON_VIEW, _P.PROCESS_VIEW,
     _P.METRIC_VIEW, _P.ORG_VIEW}
)  # fmt: skip
_READER: Final = _EVERYONE | {_P.COST_VIEW, _P.DATASET_VIEW}
_HEAD: Final = _READER | {
    _P.PROCESS_EDIT, _P.COST_EDIT, _P.DATASET_IMPORT, _P.DEVIATION_CONFIRM,
    _P.COUNTERMEASURE_APPROVE, _P.VERDICT_ACCEPT,
}  # fmt: skip

GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.EMPLOYEE: _EVERYONE,
    Role.DEPARTMENT_HEAD: _HEAD,
    Role.PROJECT_LEAD: _READER,
    Role.OPERATIONS_MANAGER: _HEAD | {_P.METRIC_EDIT, _P.CALENDAR_EDIT},
    Role.FINANCE_REVIEWER: _READER
    | {_P.COST_EDIT, _P.COST_REVIEW, _P.DATASET_IMPORT, _P.VERDICT_ACCEPT},
    Role.QUALITY_INSPECTOR: _READER | {_P.DATASET_IMPORT},
    Role.EXTERNAL_INSPECTOR: frozenset(),
    Role.EXECUTIVE: _READER | {_P.DEVIATION_CONFIRM, _P.COUNTERMEASURE_APPROVE, _P.VERDICT_ACCEPT},
    Role.SYSTEM_ADMIN: frozenset(
        {
            _P.ORG_VIEW,
            _P.ORG_EDIT,
            _P.ACCOUNT_EDIT,
            _P.SYSTEM_VIEW,
            _P.INTEGRATION_EDIT,
            _P.ROLE_VIEW,
        }
    ),
    Role.SECURITY_ADMIN: frozenset({_P.ORG_VIEW, _P.ROLE_VIEW, _P.ROLE_GRANT}),
    Role.AUDITOR: frozenset({_P.ORG_VIEW, _P.ROLE_VIEW, _P.AUDIT_VIEW}),
}


class NotPermitted(PermissionDenied):
    """The person's roles do not grant this here."""


def require(
    by: "Person | None", permission: Permission, department: "Department | None" = None
) -> None:
    """Raise `NotPermitted` unless `by` may do this; None is the product itself."""
    if by is not None and not by.may(permission, department):
        raise NotPermitted(f"{by.username} lacks {permission}")
