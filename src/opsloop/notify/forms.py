from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from opsloop.notify.models import Preference, Topic
from opsloop.ui.forms import Form


class PreferenceForm(Form):
    email = forms.ChoiceField(label=_("E-mail"), choices=Preference.Pace.choices)
    quiet_hours = forms.BooleanField(
        label=_("Only in my working hours"),
        required=False,
        help_text=_("Messages of evenings, days off and leave wait for your next working minute."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class WebhookForm(Form):
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Which system it is, such as: group OA")
    )
    url = forms.URLField(label=_("Address"), max_length=500, assume_scheme="https")
    topics = forms.MultipleChoiceField(
        label=_("Topics"), choices=Topic.choices, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
