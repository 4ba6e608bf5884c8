"""The forms of the loop: what a person types for each action, checked before it is tried."""

from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import BadPeriod, Period
from opsloop.loop.actions import Terms, terms_of
from opsloop.loop.limits import FOLLOW_UP_PERIODS
from opsloop.loop.models import Cause, Countermeasure, Deviation
from opsloop.loop.queries import deviations_visible_to
from opsloop.loop.states import (
    CauseCategory,
    Controllable,
    CountermeasureKind,
    EvidenceLevel,
    Severity,
)
from opsloop.org.models import Department, Person
from opsloop.ui.forms import Form

FOLLOWERS: Final = {"accountable_department": "owner", "department": "person"}


class ActionForm(Form):
    """A form about one record, for one person; `version` is what that person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, subject: Any, person: Person, **kwargs: Any) -> None:
        self.subject = subject
        self.by = person
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"version": getattr(subject, "version", None)} | kwargs["initial"]
        super().__init__(*args, **kwargs)
        self.fill()

    def fill(self) -> None:
        """Choices that depend on the record and the person."""

    def follow(self, address: str) -> None:
        """Lists that depend on another field are fetched again from `address` when it changes."""
        for leader, follower in FOLLOWERS.items():
            if leader in self.fields and follower in self.fields:
                self.fields[leader].widget.attrs |= {
                    "hx-get": address, "hx-trigger": "change", "hx-swap": "outerHTML",
                    "hx-select": f"#field-{follower}", "hx-target": f"#field-{follower}",
                }  # fmt: skip


class CommentForm(ActionForm):
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=2000, widget=forms.Textarea
    )


class ReasonForm(ActionForm):
    comment = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea)


class ConfirmForm(CommentForm):
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Severity.choices,
        help_text=_("The rule's grade; say in the comment why when you change it."),
    )  # fmt: skip
    field_order = ("severity", "comment", "version")

    def fill(self) -> None:
        self.initial["severity"] = self.subject.severity


def people_near(department: Department) -> QuerySet[Person]:
    """Active people of the department, of those above it and of those below it."""
    above = [int(part) for part in department.path.split("/") if part]
    places = Department.objects.filter(Q(pk__in=above) | Q(path__startswith=department.path))
    return Person.objects.filter(
        is_active=True, memberships__department__in=places.values("pk")
    ).distinct()


class AssignForm(CommentForm):
    owner = forms.ModelChoiceField(Person.objects.none(), label=_("Owner"))
    field_order = ("owner", "comment", "version")

    def fill(self) -> None:
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = people_near(self.subject.department)
        self.initial["owner"] = self.subject.owner_id


class MergeForm(ReasonForm):
    into = forms.ModelChoiceField(Deviation.objects.none(), label=_("Merge into"))
    field_order = ("into", "comment", "version")

    def fill(self) -> None:
        into = self.fields["into"]
        assert isinstance(into, forms.ModelChoiceField)
        others = deviations_visible_to(self.by).open().exclude(pk=self.subject.pk)
        into.queryset = others.filter(tool=self.subject.tool)


class CauseForm(ActionForm):
    text = forms.CharField(label=_("Cause"), max_length=2000, widget=forms.Textarea)
    category = forms.ChoiceField(label=_("Category"), choices=CauseCategory.choices)
    controllable = forms.ChoiceField(
        label=_("Controllable"), choices=Controllable.choices, initial=Controllable.YES
    )
    evidence_level = forms.ChoiceField(
        label=_("Evidence level"), choices=EvidenceLevel.choices, initial=EvidenceLevel.ASSUMED,
        help_text=_("Measured or observed causes name a number, a document or an observation."),
    )  # fmt: skip
    evidence = forms.CharField(
        label=_("Evidence"), required=False, max_length=2000, widget=forms.Textarea
    )

    def fill(self) -> None:
        costs = {"price", "volume", "rate", "mix", "one_off", "timing"}
        deviation = self.subject if isinstance(self.subject, Deviation) else self.subject.deviation
        wanted = [pair for pair in CauseCategory.choices
                  if (pair[0] in costs) == (deviation.tool == "costs")]  # fmt: skip
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)
        category.choices = wanted


class EditCauseForm(CauseForm):
    def fill(self) -> None:
        super().fill()
        for name in ("text", "category", "controllable", "evidence_level", "evidence"):
            self.initial[name] = getattr(self.subject, name)


class CountermeasureForm(ActionForm):
    """The terms of a countermeasure. The owner's list follows the accountable department."""

    what = forms.CharField(label=_("Countermeasure"), max_length=2000, widget=forms.Textarea)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=CountermeasureKind.choices, initial=CountermeasureKind.CORRECTIVE
    )
    cause = forms.ModelChoiceField(Cause.objects.none(), label=_("Root cause"), required=False)
    accountable_department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Accountable department")
    )
    owner = forms.ModelChoiceField(
        Person.objects.none(), label=_("Owner"), help_text=_("One person of that department.")
    )
    start_on = forms.DateField(label=_("Starts on"))
    promised_on = forms.DateField(label=_("Due on"), required=False)
    due_workdays = forms.IntegerField(
        label=_("or within working days"), required=False, min_value=1, max_value=1000
    )
    cost_amount = forms.DecimalField(
        label=_("Cost (yuan)"), required=False, min_value=0, max_digits=18, decimal_places=2
    )
    expected_from = forms.DecimalField(label=_("Number now"), required=False)
    expected_to = forms.DecimalField(label=_("Number expected"), required=False)
    expected_by = forms.CharField(
        label=_("By period"), required=False, max_length=10, help_text=_("For example 2024-07.")
    )
    follow_up_periods = forms.IntegerField(
        label=_("Follow-up periods"), required=False, min_value=1, max_value=36
    )
    verification_method = forms.CharField(
        label=_("Verification method"), required=False, max_length=2000, widget=forms.Textarea
    )

    def fill(self) -> None:
        deviation = self.deviation
        self._choices("cause", Cause.objects.filter(deviation=deviation, is_root=True))
        self._choices("accountable_department", Department.objects.filter(is_active=True))
        chosen = self.data.get("accountable_department") or self.initial.get(
            "accountable_department", deviation.department_id
        )
        members = Person.objects.filter(is_active=True)
        place = int(chosen) if str(chosen).isdecimal() else None
        self._choices("owner", members.filter(memberships__department=place).distinct())
        kind = deviation.raising_period.kind
        self.initial.setdefault("accountable_department", deviation.department_id)
        self.initial.setdefault("expected_from", _shown(deviation, deviation.measured))
        self.initial.setdefault("follow_up_periods", FOLLOW_UP_PERIODS[kind])
        if place == deviation.department_id:
            self.initial.setdefault("owner", deviation.owner_id)
        roots = list(deviation.causes.filter(is_root=True)[:2])
        if len(roots) == 1:
            self.initial.setdefault("cause", roots[0].pk)
        if deviation.unit == "rate":
            for name in ("expected_from", "expected_to"):
                self.fields[name].label = f"{self.fields[name].label} (%)"

    def _choices(self, name: str, rows: "QuerySet[Any]") -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    @property
    def deviation(self) -> Deviation:
        found = self.subject
        return found if isinstance(found, Deviation) else found.deviation

    def clean_expected_by(self) -> str:
        key = str(self.cleaned_data["expected_by"]).strip()
        if key:
            try:
                Period.parse(key)
            except BadPeriod as error:
                raise forms.ValidationError(_("This is not a period.")) from error
        return key

    def terms(self) -> Terms:
        """What was typed, as the action takes it; percentages become rates."""
        given = {name: self.cleaned_data[name] for name in Terms.__dataclass_fields__}
        given["kind"] = CountermeasureKind(given["kind"])
        given["follow_up_periods"] = given["follow_up_periods"] or 1
        if self.deviation.unit == "rate":
            for name in ("expected_from", "expected_to"):
                given[name] = None if given[name] is None else given[name] / 100
        return Terms(**given)


def _shown(deviation: Deviation, value: Any) -> Any:
    """Rates are typed in per cent."""
    if value is None:
        return None
    shown = value * 100 if deviation.unit == "rate" else value
    return format(shown.normalize(), "f")


class EditCountermeasureForm(CountermeasureForm):
    reason = forms.CharField(
        label=_("Reason of the change"), required=False, max_length=2000, widget=forms.Textarea
    )

    def fill(self) -> None:
        row: Countermeasure = self.subject
        for name in Terms.__dataclass_fields__:
            value = getattr(terms_of(row), name)
            if name in ("expected_from", "expected_to"):
                value = _shown(row.deviation, value)
            self.initial[name] = getattr(value, "pk", value)
        super().fill()


class ApproveForm(CommentForm):
    smallest_change = forms.DecimalField(
        label=_("Smallest relevant change"), required=False,
        help_text=_("In the metric's unit; left empty, half of the promised change."),
    )  # fmt: skip
    field_order = ("smallest_change", "comment", "version")

    def fill(self) -> None:
        if self.subject.kind == CountermeasureKind.CORRECTION:
            del self.fields["smallest_change"]
        elif self.subject.deviation.unit == "rate":
            field = self.fields["smallest_change"]
            field.label = f"{field.label} (%)"


class SupportForm(ActionForm):
    department = forms.ModelChoiceField(
        Department.objects.filter(is_active=True), label=_("Supporting department")
    )
    person = forms.ModelChoiceField(Person.objects.none(), label=_("Person"))
    what = forms.CharField(label=_("Support"), max_length=200)
    amount = forms.DecimalField(label=_("How much"), min_value=0, max_digits=18, decimal_places=2)
    unit = forms.CharField(label=_("Unit"), max_length=20)
    due_on = forms.DateField(label=_("Due on"))

    def fill(self) -> None:
        chosen = str(self.data.get("department") or self.initial.get("department", ""))
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        members = Person.objects.filter(is_active=True)
        place = int(chosen) if chosen.isdecimal() else None
        person.queryset = (
            members.filter(memberships__department=place).distinct() if place else members
        )


class EvidenceForm(ActionForm):
    comment = forms.CharField(
        label=_("What was done, and where the proof is"), max_length=2000, widget=forms.Textarea
    )
