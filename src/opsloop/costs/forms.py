"""What people type in the cost room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import BadPeriod, Period
from opsloop.costs.actions import category_templates
from opsloop.costs.models import Controllable, CostCategory, CostSettings, Directness, Lasting
from opsloop.datasets.models import Dataset, Kind
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.ui.forms import Form, ModelForm


class MonthInput(forms.TextInput):
    """The browser's own month picker; it sends `2024-06`."""

    input_type = "month"


class PeriodForm(Form):
    """Which month, from which ledger, against which budget."""

    month = forms.CharField(label=_("Month"), widget=MonthInput)
    ledger = forms.ModelChoiceField(Dataset.objects.none(), label=_("Ledger"), empty_label=None)
    budget = forms.ModelChoiceField(
        Dataset.objects.none(), label=_("Budget"), required=False, empty_label=_("No budget"),
        help_text=_("Without a budget every line reads “no budget set”."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("ledger", Kind.LEDGER), ("budget", Kind.BUDGET)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            permission = Permission.COST_EDIT if kind == Kind.LEDGER else Permission.DATASET_VIEW
            field.queryset = Dataset.objects.visible_to(person, permission).filter(kind=kind)

    def clean_month(self) -> int:
        """The month as yyyymm."""
        try:
            period = Period.parse(self.cleaned_data["month"].strip())
        except BadPeriod as error:
            raise forms.ValidationError(_("Write the month as 2024-06.")) from error
        if period.kind != "month":
            raise forms.ValidationError(_("Write the month as 2024-06."))
        return period.start.year * 100 + period.start.month


class NoteForm(Form):
    """What a person says about one line."""

    reason = forms.CharField(
        label=_("Cause analysis"), required=False, max_length=2000, widget=forms.Textarea,
        help_text=_("Percentages you state are checked against the recorded amounts."),
    )  # fmt: skip
    controllable = forms.ChoiceField(
        label=_("Controllable"), required=False, choices=[("", "—"), *Controllable.choices]
    )
    lasting = forms.ChoiceField(
        label=_("Lasting or timing"), required=False, choices=[("", "—"), *Lasting.choices]
    )


class CommentForm(Form):
    comment = forms.CharField(label=_("Comment"), max_length=500)


class SettingsForm(ModelForm):
    class Meta:
        model = CostSettings
        fields = ("percent", "floor_amount", "hard_amount", "closing")


class CategoryForm(Form):
    """One category under the name the ledger uses."""

    name = forms.CharField(label=_("Name"), max_length=80)
    parent = forms.ModelChoiceField(
        CostCategory.objects.none(), label=_("Part of"), required=False, empty_label="—"
    )
    directness = forms.ChoiceField(label=_("Direct or indirect"), choices=Directness.choices)
    more_is_better = forms.BooleanField(label=_("Income: more is favourable"), required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = CostCategory.objects.visible_to(person)


class ItemForm(Form):
    """What is known about an item beyond its name."""

    unit = forms.CharField(label=_("Unit of quantity"), max_length=20, required=False)
    price_owner = forms.ModelChoiceField(
        Department.objects.all(), label=_("Answers for the price"), required=False, empty_label="—"
    )
    quantity_owner = forms.ModelChoiceField(
        Department.objects.all(), label=_("Answers for the quantity"), required=False,
        empty_label="—",
    )  # fmt: skip


class TemplateForm(Form):
    """An industry's cost tree to start from."""

    template = forms.ChoiceField(label=_("Industry"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["template"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, row["label"]) for key, row in category_templates().items()]
