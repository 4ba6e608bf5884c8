from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.ui.forms import Form


class FilterForm(Form):
    actor = forms.CharField(label=_("Person (user name)"), max_length=60, required=False)
    action = forms.CharField(label=_("Action"), max_length=80, required=False)
    subject = forms.CharField(label=_("Record"), max_length=80, required=False)
    first_on = forms.DateField(label=_("From"), required=False)
    last_on = forms.DateField(label=_("To"), required=False)
