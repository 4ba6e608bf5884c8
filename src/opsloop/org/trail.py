"""The audit lines of this room in words. People, departments, roles, calendars and signing in."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Any]] = {
    "org.sign_in": _("Signed in"),
    "org.sign_out": _("Signed out"),
    "org.throttled": _("Sign-in blocked after failed attempts"),
    "org.change_password": _("Password changed"),
    "org.add_second_factor": _("Second step added"),
    "org.remove_second_factor": _("Second step removed"),
    "org.issue_link": _("One-time link issued"),
    "org.redeem_link": _("One-time link used"),
    "org.lock_person": _("Account locked"),
    "org.unlock_person": _("Account unlocked"),
    "org.set_up": _("Organisation set up"),
    "org.create_department": _("Department created"),
    "org.edit_department": _("Department changed"),
    "org.create_person": _("Person added"),
    "org.edit_person": _("Person changed"),
    "org.place_person": _("Person placed in a department"),
    "org.remove_place": _("Person taken out of a department"),
    "org.grant_role": _("Role granted"),
    "org.revoke_role": _("Role revoked"),
    "org.define_calendar": _("Working calendar defined"),
    "org.set_calendar_day": _("Day of a calendar changed"),
    "org.enter_published_year": _("Published holidays of a year entered"),
    "org.add_leave": _("Leave entered"),
    "org.remove_leave": _("Leave removed"),
}
