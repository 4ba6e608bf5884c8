"""A change the rules do not allow: each has a name for the code and a sentence for the person."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Base of this room's refusals; `str()` is the sentence to show."""

    sentence: ClassVar[Promise | str] = ""

    def __str__(self) -> str:
        return str(self.sentence)


class CircularDepartment(Refused):
    sentence = _("A department cannot lie below itself.")


class DepartmentInUse(Refused):
    sentence = _("The department still has people or departments below it.")


class DuplicateCode(Refused):
    sentence = _("This department code is already used.")


class DuplicateUsername(Refused):
    sentence = _("This user name is already used.")


class MainPlace(Refused):
    sentence = _("Give the person another main department first.")


class CircularSuperior(Refused):
    sentence = _("A person cannot be their own superior, directly or through others.")


class LastAdministrator(Refused):
    sentence = _("The last active holder of an administrator role must stay.")


class SeparationOfDuties(Refused):
    sentence = _("An administrator holds one administrator role and nothing beside it.")


class OwnRole(Refused):
    sentence = _("Nobody grants or revokes a role of their own.")


class AdministratorExists(Refused):
    sentence = _("An administrator already exists; ask them for a link.")


class LinkInvalid(Refused):
    sentence = _("This link is not valid any more. Ask your administrator for a new one.")


class BadCalendar(Refused):
    sentence = _("Sessions must be in order, apart from each other and within one day.")
