from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from opsloop.notify.models import Preference
from opsloop.ui.forms import Form


class PreferenceForm(Form):
    email = forms.ChoiceField(label=_("E-mail"), choices=Preference.Pace.choices)
    quiet_hours = forms.BooleanField(
        label=_("Only in my working hours"),
        required=False,
        help_text=_("Messages of evenings, days off and leave wait for your next working minute."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
