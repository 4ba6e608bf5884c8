"""Every write of the organisation, by subject."""

from opsloop.org.actions.accounts import (
    first_administrator_link,
    issue_link,
    lock_person,
    redeem_link,
    unlock_person,
)
from opsloop.org.actions.calendars import (
    add_leave,
    define_calendar,
    enter_published_year,
    remove_leave,
    set_calendar_day,
)
from opsloop.org.actions.departments import (
    create_department,
    edit_department,
    set_up_organisation,
)
from opsloop.org.actions.people import create_person, edit_person, place_person, remove_place
from opsloop.org.actions.roles import grant_role, revoke_role

__all__ = [
    "add_leave", "create_department", "create_person", "define_calendar", "edit_department",
    "edit_person", "enter_published_year", "first_administrator_link", "grant_role", "issue_link",
    "lock_person", "place_person", "redeem_link", "remove_leave", "remove_place", "revoke_role",
    "set_calendar_day", "set_up_organisation", "unlock_person",
]  # fmt: skip
