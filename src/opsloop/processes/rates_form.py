"""The hourly rates of a process as they are typed: one for all, and one a department."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from opsloop.ui.forms import Form


class RatesForm(Form):
    """`usual` and, in the order of `parties`, `rate-0`, `rate-1` …; empty takes a rate away."""

    def __init__(self, *args: Any, parties: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parties = {f"rate-{at}": name for at, name in enumerate(parties)}
        for key in ("usual", *self.parties):
            self.fields[key] = forms.DecimalField(
                required=False, min_value=Decimal(0), max_digits=10, decimal_places=2
            )

    def told(self) -> dict[str, Any]:
        """What `actions.set_rates` takes."""
        said = self.cleaned_data
        return {
            "usual": said["usual"],
            "parties": {name: said[key] for key, name in self.parties.items()},
        }
