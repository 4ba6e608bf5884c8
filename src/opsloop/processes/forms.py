"""What people type in the process room."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.datasets.models import Dataset, Kind
from opsloop.loop.models import Countermeasure, Deviation
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.processes.models import (
    DocumentResult,
    Moment,
    OpinionSource,
    Pain,
    ProblemKind,
    Process,
    ProcessVersion,
    Source,
    Step,
)
from opsloop.processes.queries.improvement import SIX_M
from opsloop.ui.forms import Form, ModelForm


class ProcessForm(ModelForm):
    """The title block, the log behind it, and its limits."""

    class Meta:
        model = Process
        fields = (
            "name", "department", "co_departments", "owner", "start_event", "end_event",
            "recorded_on", "hours_basis", "stated_hours", "dataset", "first_activity",
            "last_activity", "return_limit", "goal", "hourly_rate", "complaint_rate",
        )  # fmt: skip
        help_texts = {
            "first_activity": _("Cases without this step are counted apart as truncated."),
            "last_activity": _("Cases that have not reached this step are counted apart as open."),
            "stated_hours": _("What reports or KPIs say; compared with the sum of the steps."),
            "complaint_rate": _(
                "As a rate, from surveys or the service records; raises the priority."
            ),
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
        fields = (
            "name", "activity", "role", "inputs", "outputs", "form_or_system", "return_rate",
            "limit_hours", "is_optional", "parallel_group", "may_return_to", "from_amount", "hand_fields",
            "accountable", "consulted", "informed",
        )  # fmt: skip
        help_texts = {
            "activity": _("Only where the log names the step differently."),
            "parallel_group": _("Consecutive steps with the same letter run side by side."),
            "may_return_to": _("Names of earlier steps; going back there is no departure."),
            "from_amount": _("Smaller requests may leave the step out."),
            "hand_fields": _(
                "Separated by commas; the same name in two steps is a duplicate entry."
            ),
            "return_rate": _("What people say, as a rate: 0.05 for 5 %."),
            "limit_hours": _("A month whose median is beyond it raises a deviation."),
        }

    field_order = (
        "name", "role", "inputs", "outputs", "hours", "return_rate", "form_or_system", "activity",
        "limit_hours", "source", "is_optional", "parallel_group", "may_return_to", "from_amount", "hand_fields",
        "accountable", "consulted", "informed",
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


class DecisionForm(Form):
    """A word on an ECRS candidate; `accepted` is what the button pressed says."""

    accepted = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=1000)


class ToCauseForm(Form):
    """Where a finding is written: a deviation at cause analysis, a bone, the cause it explains."""

    deviation = forms.ModelChoiceField(Deviation.objects.none(), label=_("Deviation"))
    category = forms.ChoiceField(
        label=_("Category"), choices=[(one.value, one.label) for one in SIX_M]
    )

    def __init__(self, *args: Any, deviations: Sequence[Deviation], **kwargs: Any) -> None:
        # The form stands once beside every finding of a page: no ids, each control names itself.
        super().__init__(*args, auto_id=False, **kwargs)
        for one in self.fields.values():
            one.widget.attrs |= {"class": "form-select", "aria-label": one.label}
        field = self.fields["deviation"]
        assert isinstance(field, forms.ModelChoiceField)
        rows = Deviation.objects.unscoped("those the person sees, as the view found them")
        field.queryset = rows.filter(pk__in=[one.pk for one in deviations])
        field.empty_label = None
        self.has_choices = bool(deviations)

    def where(self) -> dict[str, Any]:
        """As the action takes it: below the deviation's first symptom, or as a symptom itself."""
        deviation = self.cleaned_data["deviation"]
        symptom = deviation.causes.filter(parent=None).order_by("id").first()
        return {
            "deviation": deviation, "category": self.cleaned_data["category"], "parent": symptom
        }  # fmt: skip


class LimitForm(Form):
    """“Up to X yuan this step is skipped”."""

    step = forms.ChoiceField(label=_("Step to be skipped"))
    yuan = forms.DecimalField(
        label=_("Limit (yuan)"), min_value=0, max_value=10**12, decimal_places=2, initial=5000
    )

    def __init__(self, *args: Any, steps: Sequence[str], usual: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["step"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in steps]
        self.initial["step"] = usual

    def chosen(self) -> tuple[str, Decimal]:
        """(step, yuan) asked for; what the form offers before anybody asked."""
        if self.is_bound and self.is_valid():
            return self.cleaned_data["step"], self.cleaned_data["yuan"]
        return self.initial["step"], Decimal(5000)


class SampleForm(Form):
    """A sampling plan: what is looked for, in which window, how exactly."""

    question = forms.CharField(label=_("What is looked for"), max_length=200)
    first_on = forms.DateField(label=_("Documents from"))
    last_on = forms.DateField(label=_("Documents to"))
    margin = forms.TypedChoiceField(
        label=_("Margin of error"), coerce=Decimal, initial="0.05",
        choices=[("0.03", "±3 %"), ("0.05", "±5 %"), ("0.10", "±10 %")],
    )  # fmt: skip
    seed = forms.IntegerField(label=_("Seed of the draw"), min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The last three months, as the method asks for.
        self.initial.update({
            "first_on": today - timedelta(days=91), "last_on": today,
            "seed": today.year * 10_000 + today.month * 100 + today.day,
        })  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("first_on") and found.get("last_on") and found["first_on"] > found["last_on"]:
            raise forms.ValidationError(_("The window ends before it begins."))
        return found


class FindingForm(Form):
    """What was found in one document."""

    CHOICES = DocumentResult.choices
    finding = forms.ChoiceField(choices=DocumentResult.choices, required=False)
    note = forms.CharField(max_length=300, required=False)


class OpinionForm(Form):
    """An interview, or a line of workshop minutes."""

    step = forms.ModelChoiceField(Step.objects.none(), label=_("Process step"), empty_label=None)
    source = forms.ChoiceField(
        label=_("Source"), choices=[c for c in OpinionSource.choices if c[0] != OpinionSource.LINK]
    )
    pain = forms.ChoiceField(label=_("Kind of trouble"), choices=Pain.choices)
    text = forms.CharField(label=_("What happens"), max_length=1000, widget=forms.Textarea)

    def __init__(self, *args: Any, steps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["step"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = steps


class SpeakForm(Form):
    """What anybody with the link may say; a name only by choice."""

    pain = forms.ChoiceField(label=_("Kind of trouble"), choices=Pain.choices)
    text = forms.CharField(label=_("What happens"), max_length=1000, widget=forms.Textarea)
    with_name = forms.BooleanField(label=_("With my name"), required=False)

    def __init__(self, *args: Any, person: Person | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if person is None:
            self.fields["with_name"].widget = forms.HiddenInput()


class PilotForm(Form):
    """The experiment: which version, where, against whom, from when, with which target."""

    version = forms.ModelChoiceField(
        ProcessVersion.objects.none(), label=_("To-be version"), empty_label=None
    )
    unit = forms.ChoiceField(label=_("Pilot unit"))
    controls = forms.MultipleChoiceField(label=_("Control units"), required=False)
    start_on = forms.DateField(label=_("Pilot starts on"))
    target_hours = forms.DecimalField(
        label=_("Target of the median cycle time (hours)"), min_value=0, max_digits=10,
        decimal_places=2,
    )  # fmt: skip
    target_return_rate = forms.DecimalField(
        label=_("Target of the case return rate"), required=False, min_value=0, max_value=1,
        max_digits=5, decimal_places=4, help_text=_("As a rate, 0.05 for 5 %."),
    )  # fmt: skip
    countermeasure = forms.ModelChoiceField(
        Countermeasure.objects.none(), label=_("Countermeasure"), required=False
    )

    def __init__(
        self, *args: Any, versions: Sequence[ProcessVersion], units: Sequence[str],
        countermeasures: Sequence[Countermeasure], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self._offer("version", ProcessVersion, versions)
        self._offer("countermeasure", Countermeasure, countermeasures)
        for name in ("unit", "controls"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(unit, unit) for unit in units]

    def planned(self) -> dict[str, Any]:
        """What the forecast needs of a valid form."""
        names = ("unit", "start_on", "target_hours", "target_return_rate")
        return {name: self.cleaned_data[name] for name in names}

    def _offer(self, name: str, model: Any, rows: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        found = model.objects.unscoped("those the person sees, as the view found them")
        field.queryset = found.filter(pk__in=[row.pk for row in rows])


class ReadingForm(Form):
    """A survey among the people of the unit: how many were asked, how many satisfied."""

    moment = forms.ChoiceField(label=_("Asked"), choices=Moment.choices)
    asked_on = forms.DateField(label=_("Asked on"))
    asked = forms.IntegerField(label=_("People asked"), min_value=1, max_value=100_000)
    satisfied = forms.IntegerField(label=_("Of them satisfied"), min_value=0, max_value=100_000)
    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("Where the answers are kept.")
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("satisfied", 0) > found.get("asked", 10**9):
            raise forms.ValidationError(_("No more can be satisfied than were asked."))
        return found


class ProblemForm(Form):
    """A line of the pilot's problem log."""

    kind = forms.ChoiceField(label=_("Kind of trouble"), choices=ProblemKind.choices)
    text = forms.CharField(label=_("What happens"), max_length=500)
    adjustment = forms.CharField(label=_("Adjustment"), max_length=500, required=False)
