"""How signing in behaves here: nobody signs up by themselves; what a password must be like."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import HttpRequest
from django.utils.translation import ngettext


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False


class LongEnough(MinimumLengthValidator):
    """The shortest password taken; Django's own sentence is not translated into Chinese."""

    def get_error_message(self) -> str:
        return (
            ngettext(
                "Too short: a password has at least %d character.",
                "Too short: a password has at least %d characters.",
                self.min_length,
            )
            % self.min_length
        )
