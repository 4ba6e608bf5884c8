from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from opsloop.audit.sentences import sentences
from opsloop.ui.forms import Form


def _actions() -> list[tuple[str, Any]]:
    """Every action in the reader's words, in the order of the code: rooms stay together."""
    return [("", _("Any")), *sorted(sentences().items(), key=lambda pair: pair[0])]


class FilterForm(Form):
    actor = forms.CharField(label=_("Person (user name)"), max_length=60, required=False)
    action = forms.ChoiceField(label=_("Action"), choices=_actions, required=False)
    subject = forms.CharField(label=_("Record"), max_length=80, required=False)
    first_on = forms.DateField(label=_("From"), required=False)
    last_on = forms.DateField(label=_("To"), required=False)
