from typing import Final

from django.urls import URLPattern, path

from opsloop.org.permissions import Permission
from opsloop.org.views import accounts, calendars, departments, people, roles

app_name = "org"
urlpatterns: list[URLPattern] = [
    path("", departments.listing, name="departments"),
    path("departments/new/", departments.create, name="department_create"),
    path("departments/<int:pk>/", departments.detail, name="department"),
    path("departments/<int:pk>/edit/", departments.edit, name="department_edit"),
    path("settings/", departments.settings, name="settings"),
    path("import/", departments.import_tree, name="import"),
    path("export/", departments.export_tree, name="export"),
    path("people/", people.listing, name="people"),
    path("people/new/", people.create, name="person_create"),
    path("people/<int:pk>/", people.detail, name="person"),
    path("people/<int:pk>/edit/", people.edit, name="person_edit"),
    path("people/<int:pk>/place/", people.place, name="person_place"),
    path("people/<int:pk>/link/", people.link, name="person_link"),
    path("people/<int:pk>/lock/", people.lock, name="person_lock"),
    path("people/<int:pk>/unlock/", people.unlock, name="person_unlock"),
    path("people/<int:pk>/leave/", people.add_leave, name="leave_add"),
    path("places/<int:pk>/remove/", people.remove_place, name="place_remove"),
    path("leave/<int:pk>/remove/", people.remove_leave, name="leave_remove"),
    path("roles/", roles.listing, name="roles"),
    path("roles/grant/", roles.grant, name="role_grant"),
    path("roles/<int:pk>/revoke/", roles.revoke, name="role_revoke"),
    path("calendars/", calendars.listing, name="calendars"),
    path("calendars/week/", calendars.week, name="calendar_week"),
    path("calendars/day/", calendars.day, name="calendar_day"),
    path("calendars/year/", calendars.year, name="calendar_year"),
    path("me/", accounts.me, name="me"),
    path("welcome/<str:token>/", accounts.welcome, name="welcome"),
]

_P = Permission
ACCESS: Final[dict[str, Permission]] = {
    "org:departments": _P.ORG_VIEW,
    "org:department": _P.ORG_VIEW,
    "org:department_create": _P.ORG_EDIT,
    "org:department_edit": _P.ORG_EDIT,
    "org:settings": _P.ORG_EDIT,
    "org:import": _P.ORG_EDIT,
    "org:export": _P.ORG_EDIT,
    "org:people": _P.ORG_VIEW,
    "org:person": _P.ORG_VIEW,
    "org:person_create": _P.ACCOUNT_EDIT,
    "org:person_edit": _P.ACCOUNT_EDIT,
    "org:person_place": _P.ACCOUNT_EDIT,
    "org:person_link": _P.ACCOUNT_EDIT,
    "org:person_lock": _P.ACCOUNT_EDIT,
    "org:person_unlock": _P.ACCOUNT_EDIT,
    "org:place_remove": _P.ACCOUNT_EDIT,
    # One's own leave, or that of people whose calendar one edits: the action asks.
    "org:leave_add": _P.SIGNED_IN,
    "org:leave_remove": _P.SIGNED_IN,
    "org:roles": _P.ROLE_VIEW,
    # The first system administrator appoints the first of the other two: the action asks.
    "org:role_grant": _P.ROLE_VIEW,
    "org:role_revoke": _P.ROLE_GRANT,
    "org:calendars": _P.ORG_VIEW,
    "org:calendar_week": _P.CALENDAR_EDIT,
    "org:calendar_day": _P.CALENDAR_EDIT,
    "org:calendar_year": _P.CALENDAR_EDIT,
    "org:me": _P.SIGNED_IN,
    "org:welcome": _P.PUBLIC,
}
