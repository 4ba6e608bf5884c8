"""What the organisation's pages accept; choices are those the person may see."""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.worktime import BadSessions, Sessions
from opsloop.exchange.problems import RefusedFile
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Role
from opsloop.org.published import PublishedDay
from opsloop.org.sessions_text import NotUnderstood, parse_days, parse_sessions
from opsloop.org.tree_sheet import file_rows, pasted_rows
from opsloop.ui.forms import Form


class DepartmentChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when run
    """Departments indented as they lie in the tree."""

    def label_from_instance(self, obj: Department) -> str:
        return "\u2003" * obj.depth + obj.name


class SessionsField(forms.CharField):
    """`09:00-12:00, 13:00-18:00`; empty is a day off."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=200, **kwargs)
        self.widget.attrs["placeholder"] = "09:00-12:00, 13:00-18:00"

    def clean(self, value: Any) -> Sessions:
        try:
            return parse_sessions(super().clean(value))
        except NotUnderstood as problem:
            raise ValidationError(
                _("“%(text)s” is no time span."), params={"text": problem}
            ) from problem
        except BadSessions as problem:
            raise ValidationError(
                _("Sessions must be in order, apart from each other and within one day.")
            ) from problem


class DepartmentForm(Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.CharField(label=_("Code"), max_length=40)
    parent = DepartmentChoice(
        label=_("Parent department"), queryset=Department.objects.all(), required=False
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class PersonForm(Form):
    username = forms.CharField(label=_("User name"), max_length=60)
    name = forms.CharField(label=_("Full name"), max_length=60)
    employee_no = forms.CharField(label=_("Employee number"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    mobile = forms.CharField(label=_("Mobile"), max_length=30, required=False)
    superior = forms.ModelChoiceField(
        label=_("Superior"), queryset=Person.objects.active(), required=False
    )


class NewPersonForm(PersonForm):
    department = DepartmentChoice(
        label=_("Main department"), queryset=Department.objects.filter(is_active=True)
    )
    position = forms.CharField(label=_("Position"), max_length=60, required=False)


class PlaceForm(Form):
    department = DepartmentChoice(
        label=_("Department"), queryset=Department.objects.filter(is_active=True)
    )
    position = forms.CharField(label=_("Position"), max_length=60, required=False)
    is_main = forms.BooleanField(label=_("Main department"), required=False)


class RoleForm(Form):
    person = forms.ModelChoiceField(label=_("Person"), queryset=Person.objects.active())
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    department = DepartmentChoice(
        label=_("In department and below"),
        queryset=Department.objects.filter(is_active=True),
        required=False,
        empty_label=_("Whole company"),
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class OrganisationForm(Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=[(zone, zone) for zone in sorted(available_timezones())]
    )
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)
    mask_names = forms.BooleanField(
        label=_("Hide surnames on display"),
        required=False,
        help_text=_("Everywhere in the product; the audit trail keeps full names."),
    )


class WeekForm(Form):
    """A calendar's name and the sessions of each weekday."""

    name = forms.CharField(label=_("Name"), max_length=80)
    follows_company = forms.BooleanField(
        label=_("Keeps the company's days off and make-up workdays"), required=False, initial=True
    )

    def __init__(self, *args: Any, is_company: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_company:
            del self.fields["follows_company"]
        for weekday in range(7):
            label = date_format(date(2024, 1, 1 + weekday), "l")  # 2024 began on a Monday
            self.fields[f"day_{weekday}"] = SessionsField(label=label)

    @property
    def weekly(self) -> tuple[Sessions, ...]:
        return tuple(self.cleaned_data[f"day_{weekday}"] for weekday in range(7))


class DayForm(Form):
    class Kind:
        USUAL, OFF, HOURS = "usual", "off", "hours"

    day = forms.DateField(label=_("Day"))
    kind = forms.ChoiceField(
        label=_("This day is"),
        choices=[
            (Kind.OFF, _("Day off")),
            (Kind.HOURS, _("Workday with these hours")),
            (Kind.USUAL, _("As the calendar says")),
        ],
    )
    sessions = SessionsField(label=_("Hours"))
    name = forms.CharField(label=_("Occasion"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == self.Kind.HOURS and data.get("sessions") == ():
            self.add_error("sessions", _("Say which hours are worked."))
        return data

    @property
    def result(self) -> Sessions | None:
        kind = self.cleaned_data["kind"]
        if kind == self.Kind.USUAL:
            return None
        return self.cleaned_data["sessions"] if kind == self.Kind.HOURS else ()


class PublishedYearForm(Form):
    """The yearly notice: days off and make-up workdays, one day or span a line."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    off = forms.CharField(
        label=_("Days off"),
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "2027-01-01..2027-01-03 \u2026"}),
        help_text=_("One day or span a line, then its name: 2027-10-01..2027-10-07 National Day"),
    )
    makeup = forms.CharField(
        label=_("Make-up workdays"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean_off(self) -> list[PublishedDay]:
        return _days(self.cleaned_data["off"], is_off=True)

    def clean_makeup(self) -> list[PublishedDay]:
        return _days(self.cleaned_data["makeup"], is_off=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        off, makeup, year = data.get("off", []), data.get("makeup", []), data.get("year")
        for day in {row.date for row in off} & {row.date for row in makeup}:
            self.add_error("makeup", _("%(day)s is in both lists.") % {"day": day})
        for row in (*off, *makeup):
            if year and abs(row.date.year - year) > 1:
                self.add_error("year", _("%(day)s is not near this year.") % {"day": row.date})
        return data

    @property
    def days(self) -> list[PublishedDay]:
        return sorted([*self.cleaned_data["off"], *self.cleaned_data["makeup"]])


class LeaveForm(Form):
    first_on = forms.DateField(label=_("First day"))
    last_on = forms.DateField(label=_("Last day"))
    reason = forms.CharField(label=_("Reason"), max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day comes before the first."))
        return data


class WelcomeForm(Form):
    """Set a password through a one-time link; the first administrator also says who they are."""

    username = forms.CharField(label=_("User name"), max_length=60)
    name = forms.CharField(label=_("Full name"), max_length=60)
    password = forms.CharField(
        label=_("Password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not one of the common passwords."),
    )  # fmt: skip
    again = forms.CharField(
        label=_("Password again"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_first:
            del self.fields["username"], self.fields["name"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") != data.pop("again", None):
            self.add_error("again", _("The two passwords differ."))
        return data


class TreeImportForm(Form):
    """A workbook, a CSV file or pasted rows; `cleaned_data["rows"]` holds what was read of them."""

    file = forms.FileField(label=_("Excel or CSV file"), required=False)
    text = forms.CharField(
        label=_("or paste the rows here"), required=False,
        widget=forms.Textarea(attrs={"rows": 10}), max_length=2_000_000,
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if file:
            try:
                data["rows"] = file_rows(Path(file.temporary_file_path()))
            except RefusedFile as refused:
                self.add_error("file", gettext(refused.sentence) % refused.params)
        elif data.get("text"):
            data["rows"] = pasted_rows(data["text"])
        else:
            self.add_error("text", _("Choose a file or paste rows."))
        return data


def _days(text: str, *, is_off: bool) -> list[PublishedDay]:
    try:
        return parse_days(text, is_off=is_off)
    except NotUnderstood as problem:
        raise ValidationError(
            _("“%(text)s” is no day or span of days."), params={"text": problem}
        ) from problem
