"""What people type in the process room."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.datasets.models import Dataset, Kind
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.processes.models import Process, Source, Step
from opsloop.ui.forms import Form, ModelForm


class ProcessForm(ModelForm):
    """The title block, the log behind it, and its limits."""

    class Meta:
        model = Process
        fields = (
            "name", "department", "co_departments", "owner", "start_event", "end_event",
            "recorded_on", "hours_basis", "stated_hours", "dataset", "first_activity",
            "last_activity", "return_limit",
        )  # fmt: skip
        help_texts = {
            "first_activity": _("Cases without this step are counted apart as truncated."),
            "last_activity": _("Cases that have not reached this step are counted apart as open."),
            "stated_hours": _("What reports or KPIs say; compared with the sum of the steps."),
            "return_limit": _("As a rate, 0.05 for 5 %. A month beyond it raises a deviation."),
        }

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        departments = person.departments_within(Permission.PROCESS_EDIT).filter(is_active=True)
        self._choose("department", departments)
        self._choose("co_departments", Department.objects.filter(is_active=True))
        # People of one's own departments, and whoever owns it already.
        known = Q(pk__in=Person.objects.visible_to(person)) | Q(pk=self.instance.owner_id)
        self._choose("owner", Person.objects.active().filter(known))
        sets = Dataset.objects.visible_to(person).filter(kind=Kind.EVENT_LOG)
        self._choose("dataset", sets)
        if self.instance.pk:
            # A process stays where it stands; moving it would change who sees its history.
            del self.fields["department"]

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def _get_validation_exclusions(self) -> set[str]:
        # One name a department is left to the action: it may be taken in the moment between.
        kept: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's, not in its stubs
        return {*kept, "department"}


class StepForm(ModelForm):
    """One row of the form; hours are typed, minutes are kept."""

    hours = forms.DecimalField(
        label=_("Duration (hours)"), required=False, min_value=Decimal(0), max_digits=8,
        decimal_places=4,
    )  # fmt: skip
    source = forms.ChoiceField(
        label=_("Source of what you changed"),
        choices=[choice for choice in Source.choices if choice[0] != Source.LOG],
        initial=Source.TYPED,
    )

    class Meta:
        model = Step
        fields = ("name", "activity", "role", "inputs", "outputs", "form_or_system", "limit_hours")
        help_texts = {
            "activity": _("Only where the log names the step differently."),
            "limit_hours": _("A month whose median is beyond it raises a deviation."),
        }

    field_order = (
        "name", "role", "inputs", "outputs", "hours", "form_or_system", "activity", "limit_hours",
        "source",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.hours is not None:
            self.initial["hours"] = round(self.instance.hours, 4).normalize()

    def cells(self) -> dict[str, Any]:
        """The row's cells as the action takes them."""
        values = dict(self.cleaned_data)
        hours, _source = values.pop("hours"), values.pop("source")
        minutes = None if hours is None else int((hours * 60).to_integral_value())
        return {**values, "minutes": minutes}


class PasteForm(Form):
    """Both blocks of the spreadsheet form, copied together."""

    text = forms.CharField(
        label=_("Cells copied from the spreadsheet"), max_length=60_000,
        widget=forms.Textarea(attrs={"rows": "8"}),
        help_text=_("Copy the title block and the step table together, headings included."),
    )  # fmt: skip
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)
