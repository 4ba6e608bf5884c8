"""What a person may type on the pages of data sets, checked before any action."""

from collections.abc import Iterator
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from opsloop.datasets import files, queries
from opsloop.datasets.models import CalendarKind, Dataset, Door, Kind
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.ui.forms import Form

ACCEPTED = ".csv,.tsv,.txt,.gz,.xlsx,.xls,.xes,.parquet"


class DatasetForm(Form):
    """What a new data set is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"))
    source = forms.CharField(
        label=_("Source system"), max_length=80, required=False,
        help_text=_("Where these records come from, for example OA or ERP."),
    )  # fmt: skip
    timezone = forms.ChoiceField(
        label=_("Time zone"), initial=settings.TIME_ZONE,
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones())],
        help_text=_("The clock by which the times in the files are meant."),
    )  # fmt: skip
    calendar_kind = forms.ChoiceField(
        label=_("Durations count"), choices=CalendarKind.choices, initial=CalendarKind.WORKING_TIME
    )
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = cast("forms.ModelChoiceField[Department]", self.fields["department"])
        choices.queryset = person.departments_within(Permission.DATASET_IMPORT)
        choices.initial = person.main_department


class UploadForm(Form):
    """A file, or the text of a table, for a data set that is there or for a new one."""

    file = forms.FileField(
        label=_("File"), required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED})
    )
    text = forms.CharField(
        label=_("Or paste rows copied from a spreadsheet"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )  # fmt: skip
    dataset = forms.ModelChoiceField(Dataset.objects.none(), label=_("Data set"), empty_label=None)

    def __init__(self, *args: Any, person: Person, too_large: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        choices = cast("forms.ModelChoiceField[Dataset]", self.fields["dataset"])
        choices.queryset = queries.importable(person)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.too_large:
            raise forms.ValidationError(files.too_large().text)
        if not self.cleaned_data.get("file") and not self.cleaned_data.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or paste some rows."))
        return cleaned

    @property
    def file_name(self) -> str:
        upload = self.cleaned_data.get("file")
        return upload.name if upload else "pasted.tsv"

    @property
    def door(self) -> str:
        return Door.BROWSER if self.cleaned_data.get("file") else Door.PASTE

    def chunks(self) -> Iterator[bytes]:
        """The content: the file's own bytes, or the pasted text in UTF-8."""
        upload = self.cleaned_data.get("file")
        if isinstance(upload, UploadedFile):
            yield from upload.chunks()
        else:
            yield self.cleaned_data["text"].encode()


class CorrectionForm(Form):
    file = forms.FileField(
        label=_("Corrected workbook"),
        widget=forms.FileInput(attrs={"accept": ACCEPTED, "class": "form-control"}),
    )
