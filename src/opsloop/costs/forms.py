"""What people type in the cost room."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.distribution import MONTHS
from opsloop.analysis.fen import to_fen, to_yuan
from opsloop.analysis.period import BadPeriod, Period
from opsloop.costs import plans
from opsloop.costs.actions import category_templates
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    LABOUR,
    MATERIAL,
    Activity,
    AnnualLine,
    BaseKind,
    Controllable,
    CostCategory,
    CostItem,
    CostSettings,
    Directness,
    Distribution,
    Driver,
    Lasting,
    LimitAction,
)
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
    base_kind = forms.ChoiceField(
        label=_("Compared with"), choices=BaseKind.choices, required=False
    )
    forecast = forms.ModelChoiceField(
        Dataset.objects.none(), label=_("Forecast"), required=False, empty_label=_("No forecast"),
    )  # fmt: skip
    commitments = forms.ModelChoiceField(
        Dataset.objects.none(), label=_("Commitments"), required=False,
        empty_label=_("No commitments"),
        help_text=_("Ordered and not yet invoiced: a ledger of its own, shown beside the actual."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {
            "ledger": Kind.LEDGER, "commitments": Kind.LEDGER,
            "budget": Kind.BUDGET, "forecast": Kind.BUDGET,
        }  # fmt: skip
        for name, kind in kinds.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            permission = Permission.COST_EDIT if kind == Kind.LEDGER else Permission.DATASET_VIEW
            field.queryset = Dataset.objects.visible_to(person, permission).filter(kind=kind)

    def clean_month(self) -> int:
        """The month as yyyymm."""
        return month_number(self.cleaned_data["month"])

    def clean(self) -> dict[str, Any]:
        """The values as the action names them."""
        values = dict(super().clean() or self.cleaned_data)
        if "month" in values:
            values["period_no"] = values.pop("month")
        values["base_kind"] = values.get("base_kind") or BaseKind.BUDGET
        return values


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


class NarrowingForm(Form):
    """What of the lines behind a figure is listed; nothing typed is all of them."""

    item_text = forms.CharField(label=_("Item contains"), required=False, max_length=80)
    supplier = forms.CharField(label=_("Supplier contains"), required=False, max_length=80)
    at_least = forms.DecimalField(
        label=_("Amount from (yuan)"), required=False, max_digits=16, decimal_places=2
    )
    largest_first = forms.BooleanField(label=_("Largest first"), required=False)


class BaseForm(Form):
    """What the lines of an item are compared with in one month."""

    kind = forms.ChoiceField(label=_("Compared with"), choices=BaseKind.choices)


class DutyForm(Form):
    """A department that delivers its costs to a ledger every month."""

    ledger = forms.ModelChoiceField(Dataset.objects.none(), label=_("Ledger"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), empty_label=None
    )
    person = forms.ModelChoiceField(
        Person.objects.none(), label=_("Delivered by"), empty_label=None
    )
    source = forms.CharField(
        label=_("Comes from"), max_length=80, required=False,
        help_text=_("Finance system, purchasing ledger, payroll report, expense claims …"),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ledger, deliverer = self.fields["ledger"], self.fields["person"]
        assert isinstance(ledger, forms.ModelChoiceField)
        assert isinstance(deliverer, forms.ModelChoiceField)
        ledger.queryset = Dataset.objects.visible_to(person).filter(kind=Kind.LEDGER)
        deliverer.queryset = Person.objects.filter(is_active=True).order_by("name")


class DraftForm(Form):
    """Which year is planned, in which data set."""

    dataset = forms.ModelChoiceField(Dataset.objects.none(), label=_("Budget"), empty_label=None)
    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2998)
    reason = forms.CharField(
        label=_("Reason of the revision"), max_length=500, required=False,
        help_text=_("Where a budget of the year is in force, this starts its revision."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["dataset"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = plans.plannable(person)


class PlanLineForm(Form):
    """One line of a year: its amount, its rhythm, and months set by hand (yuan, or 8.5 %)."""

    category = forms.CharField(label=_("Cost category"), max_length=200)
    item = forms.CharField(label=_("Item name"), max_length=200)
    department = forms.CharField(label=_("Department"), max_length=200, required=False)
    project = forms.CharField(label=_("Project"), max_length=200, required=False)
    amount = forms.DecimalField(label=_("Amount of the year (yuan)"), decimal_places=2)
    quantity = forms.DecimalField(
        label=_("Quantity of the year"), decimal_places=3, min_value=0, required=False,
        help_text=_("In the unit of the item; price and quantity are then told apart."),
    )  # fmt: skip
    distribution = forms.ChoiceField(label=_("Distributed"), choices=Distribution.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at in range(MONTHS):
            self.fields[f"m{at}"] = forms.CharField(
                label=_("Month %(number)d") % {"number": at + 1}, required=False
            )

    @classmethod
    def of(cls, line: AnnualLine | None) -> "PlanLineForm":
        """Filled with what is planned; empty for a new line."""
        if line is None:
            return cls()
        names = ("category", "item", "department", "project", "distribution", "quantity")
        initial = {name: getattr(line, name) for name in names}
        if line.distribution == Distribution.EDITED:
            initial |= {f"m{at}": str(to_yuan(fen)) for at, fen in enumerate(line.months)}
        return cls(initial={**initial, "amount": to_yuan(line.amount_fen)})

    @property
    def month_fields(self) -> list[forms.BoundField]:
        return [self[f"m{at}"] for at in range(MONTHS)]

    def clean(self) -> dict[str, Any]:
        values = dict(super().clean() or self.cleaned_data)
        for at in range(MONTHS):
            text = (values.get(f"m{at}") or "").strip()
            try:
                values[f"m{at}"] = self._fen(text, values.get("amount"))
            except ArithmeticError:
                self.add_error(f"m{at}", _("Write an amount or a percentage."))
        return values

    def _fen(self, text: str, amount: Decimal | None) -> int | None:
        """`1,200.50` or `8.5%` of the year in 分; None where nothing is set."""
        if not text:
            return None
        if text[-1] in "%\uff05":
            return to_fen((amount or Decimal(0)) * Decimal(text[:-1].strip()) / 100)
        return to_fen(Decimal(text.replace(",", "")))

    def values(self) -> dict[str, Any]:
        """As the action names them."""
        found = self.cleaned_data
        edited = {at: found[f"m{at}"] for at in range(MONTHS) if found[f"m{at}"] is not None}
        quantity = found["quantity"]
        key = LineKey(found["category"].strip(), found["item"].strip(), found["department"].strip())
        return {
            "key": key, "amount_fen": to_fen(found["amount"]),
            "distribution": found["distribution"], "edited": edited,
            "project": found["project"].strip(),
            "quantity_milli": None if quantity is None else int(quantity * 1000),
        }  # fmt: skip


class CommentForm(Form):
    comment = forms.CharField(label=_("Comment"), max_length=500)


class SettingsForm(ModelForm):
    class Meta:
        model = CostSettings
        fields = (
            "percent", "floor_amount", "hard_amount", "ytd_percent", "ytd_floor_amount", "points",
            "collect_workdays", "closing",
        )  # fmt: skip


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


class ItemForm(ModelForm):
    """What is known about an item beyond its name."""

    class Meta:
        model = CostItem
        fields = (
            "unit", "accumulation", "rolls_over", "behaviour", "activity", "fixed_percent",
            "base_kind",
        )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["activity"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Activity.objects.visible_to(person)


class AnswerForm(Form):
    """Who answers for one driver of an item."""

    driver = forms.ChoiceField(label=_("Driver"), choices=Driver.choices)
    owner = forms.ModelChoiceField(
        Department.objects.all(), label=_("Answers for it"), required=False, empty_label="—"
    )
    controllable = forms.ChoiceField(
        label=_("Controllable"), required=False, choices=[("", "—"), *Controllable.choices]
    )


class DriverValueForm(Form):
    """A driver's planned and real value in the month."""

    driver = forms.ChoiceField(
        label=_("Driver"),
        choices=[(driver.value, driver.label) for driver in dict.fromkeys((*MATERIAL, *LABOUR))],
    )
    planned = forms.DecimalField(label=_("Planned"), max_digits=20, decimal_places=6)
    actual = forms.DecimalField(label=_("Actual"), max_digits=20, decimal_places=6)


class ActivityForm(Form):
    """Something variable costs follow."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)


def month_number(text: str) -> int:
    """`2024-06` as 202406; raises ValidationError."""
    try:
        period = Period.parse(text.strip())
    except BadPeriod as error:
        raise forms.ValidationError(_("Write the month as 2024-06.")) from error
    if period.kind != "month":
        raise forms.ValidationError(_("Write the month as 2024-06."))
    return period.start.year * 100 + period.start.month


class ActivityValueForm(Form):
    """How much of an activity was planned for a month and how much there was."""

    activity = forms.ModelChoiceField(
        Activity.objects.none(), label=_("Activity"), empty_label=None
    )
    month = forms.CharField(label=_("Month"), widget=MonthInput)
    planned = forms.DecimalField(label=_("Planned"), max_digits=20, decimal_places=4)
    actual = forms.DecimalField(label=_("Actual"), max_digits=20, decimal_places=4, required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["activity"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Activity.objects.visible_to(person)

    def clean_month(self) -> int:
        return month_number(self.cleaned_data["month"])


class ShareForm(Form):
    """A department's ratio of a shared cost centre."""

    shared = forms.CharField(label=_("Shared cost centre"), max_length=200)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), empty_label=None
    )
    weight = forms.DecimalField(
        label=_("Ratio (0 removes it)"), max_digits=12, decimal_places=4, min_value=0
    )


class CommitmentForm(Form):
    """A document that commits the budget of a line."""

    document_type = forms.CharField(
        label=_("Document type"), max_length=80, required=False,
        help_text=_("Requisition, order, contract …: the limit follows it."),
    )  # fmt: skip
    document = forms.CharField(
        label=_("Document number"), max_length=200,
        help_text=_("The invoice posted under the same number consumes it."),
    )  # fmt: skip
    amount = forms.DecimalField(
        label=_("Amount (yuan)"), decimal_places=2, max_digits=16, min_value=Decimal("0.01")
    )
    category = forms.CharField(label=_("Cost category"), max_length=200)
    item = forms.CharField(label=_("Item name"), max_length=200)
    department = forms.CharField(label=_("Department"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        """As the action names them."""
        found = self.cleaned_data
        key = LineKey(*(found[name].strip() for name in LineKey._fields))
        return {
            "key": key, "document": found["document"], "document_type": found["document_type"],
            "amount_fen": to_fen(found["amount"]),
        }  # fmt: skip


class LimitForm(Form):
    """What happens to documents beyond the budget."""

    document_type = forms.CharField(
        label=_("Document type (empty: every type)"), max_length=80, required=False
    )
    category = forms.ModelChoiceField(
        CostCategory.objects.none(), label=_("Cost category"), required=False,
        empty_label=_("Every category"),
    )  # fmt: skip
    action = forms.ChoiceField(label=_("Beyond the budget"), choices=LimitAction.choices)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = CostCategory.objects.visible_to(person)


class TemplateForm(Form):
    """An industry's cost tree to start from."""

    template = forms.ChoiceField(label=_("Industry"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["template"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, row["label"]) for key, row in category_templates().items()]
