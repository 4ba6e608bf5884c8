"""What this room refuses, each with the sentence to show."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Base of this room's refusals; `str()` is the sentence to show."""

    sentence: ClassVar[Promise | str] = ""

    def __str__(self) -> str:
        return str(self.sentence)


class NothingChanged(Refused):
    sentence = _("The new version says the same as the one in force.")


class StaleVersion(Refused):
    sentence = _("Somebody made a newer version meanwhile. Look at it before you change it.")


class BadDefinition(Refused):
    sentence = _("The definition, the band or a limit cannot be used.")


class PointClosed(Refused):
    sentence = _("The value is reviewed or locked; only a provisional value can be measured again.")


class IllegalState(Refused):
    sentence = _("The value cannot take this state now.")
