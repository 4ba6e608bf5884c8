"""The base of every form: dates as the browser's own control, no label suffix, trimmed text."""

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """The browser's date picker; it needs ISO dates whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


def _use_native_controls(fields: dict[str, forms.Field]) -> None:
    for field in fields.values():
        if type(field.widget) is forms.DateInput:
            field.widget = DateInput(field.widget.attrs)
        elif type(field.widget) is forms.DateTimeInput:
            field.widget = DateTimeInput(field.widget.attrs)
        elif isinstance(field.widget, forms.Textarea) and field.widget.attrs.get("rows") == "10":
            field.widget.attrs["rows"] = "3"


class Form(forms.Form):
    """`{% field form.name %}` renders one of its fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        _use_native_controls(self.fields)


class ModelForm(forms.ModelForm):  # type: ignore[type-arg]  # the model is the subclass's Meta
    """The same for a model; `fields` is always an explicit list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        _use_native_controls(self.fields)
