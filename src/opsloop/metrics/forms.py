"""The form that makes a new version of a metric."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.metrics.models import DEFAULT_LIMIT, Better, CalendarBasis, MetricVersion
from opsloop.metrics.register import Option
from opsloop.metrics.rules import Comparison
from opsloop.ui.forms import Form


def _number(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, max_digits=24, decimal_places=6, required=False
    )


class RevisionForm(Form):
    """What people may change about a definition; the rest belongs to the tool that measures."""

    target = _number(_("Target"))
    band_low = _number(_("Band from"))
    band_high = _number(_("Band to"))
    comparison = forms.ChoiceField(
        label=_("A deviation when the value is"), required=False,
        choices=[("", _("no limit")), *Comparison.choices],
    )  # fmt: skip
    limit = _number(_("Limit"), _("In the unit of the metric; a rate of 15% is 0.15."))
    consecutive = forms.IntegerField(label=_("Periods in a row"), min_value=1, max_value=99)
    calendar_basis = forms.ChoiceField(label=_("Durations count"), choices=CalendarBasis.choices)
    reason = forms.CharField(
        label=_("Reason of the change"), max_length=1000, widget=forms.Textarea
    )
    expected = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, version: MetricVersion, options: tuple[Option, ...], **kwargs: Any
    ) -> None:
        self.version, self.options = version, options
        super().__init__(*args, initial=self._current(), **kwargs)
        if version.better != Better.BAND:
            del self.fields["band_low"], self.fields["band_high"]
        for option in options:
            self.fields[option.key] = forms.ChoiceField(
                label=str(option.label), choices=option.choices
            )
        self.order_fields([option.key for option in options])

    def _current(self) -> dict[str, Any]:
        version = self.version
        return {
            **version.content(),
            **{option.key: version.definition.get(option.key) for option in self.options},
            "limit": version.limits.get(DEFAULT_LIMIT),
            "expected": version.number,
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if bool(given.get("comparison")) != (given.get("limit") is not None):
            # A rule of its own per dimension stands without a default limit.
            own = self.version.limits.keys() - {DEFAULT_LIMIT}
            if given.get("limit") is not None or not own:
                self.add_error("limit", _("A limit needs its side, and a side needs its limit."))
        return given

    def changes(self) -> dict[str, Any]:
        """The fields of the next version."""
        given = self.cleaned_data
        limits = {key: limit for key, limit in self.version.limits.items() if key != DEFAULT_LIMIT}
        if given["limit"] is not None:
            limits[DEFAULT_LIMIT] = given["limit"]
        named = ("target", "band_low", "band_high", "comparison", "consecutive", "calendar_basis")
        chosen = {option.key: given[option.key] for option in self.options}
        return {
            **{name: given[name] for name in named if name in given},
            "limits": limits,
            "definition": {**self.version.definition, **chosen},
        }
