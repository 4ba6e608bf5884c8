"""The form that makes a token."""

from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.api.actions import LONGEST_DAYS
from opsloop.api.models import TokenScope
from opsloop.ui.forms import Form


class TokenForm(Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Which program will use it, such as: ERP export"),
    )
    scope = forms.ChoiceField(label=_("Scope"), choices=TokenScope.choices)
    days = forms.IntegerField(
        label=_("Valid for (days)"), min_value=1, max_value=LONGEST_DAYS, initial=90
    )
