"""Signing in and looking after one's own account: the library's views, our pages, and no more.

Only what is listed exists. There is no sign-up and no password reset by e-mail: an administrator
gives a one-time link instead (`org:welcome`).
"""

from typing import Any, Final

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as sessions
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission


def closed(request: HttpRequest) -> HttpResponse:
    """An address the library asks for by name, but which does not exist here."""
    raise Http404(request.path)


def _form(view: Any, title: Any, submit: Any, text: Any = "", *, signed_out: bool = False) -> Any:
    """The library's form view on our one form page."""
    base = "ui/signed_out.html" if signed_out else "ui/page.html"
    return view.as_view(
        template_name="org/account_form.html",
        extra_context={"title": title, "submit": submit, "text": text, "base": base},
    )


urlpatterns: list[URLPattern] = [
    path("login/", account.LoginView.as_view(template_name="org/login.html"), name="account_login"),
    path("logout/", _form(account.LogoutView, _("Sign out"), _("Sign out")), name="account_logout"),
    path("signup/", closed, name="account_signup"),
    path("password/set/", closed, name="account_set_password"),
    path(
        "reauthenticate/",
        _form(account.ReauthenticateView, _("Confirm it is you"), _("Confirm"),
              _("Enter your password again before this change.")),
        name="account_reauthenticate",
    ),
    path(
        "password/",
        _form(account.PasswordChangeView, _("Change password"), _("Change password")),
        name="account_change_password",
    ),
    path("2fa/", mfa.IndexView.as_view(template_name="org/second_factor.html"), name="mfa_index"),
    path(
        "2fa/authenticate/",
        _form(mfa.AuthenticateView, _("Second step"), _("Sign in"),
              _("Enter the code your authenticator app shows, or a recovery code."),
              signed_out=True),
        name="mfa_authenticate",
    ),
    path(
        "2fa/reauthenticate/",
        _form(mfa.ReauthenticateView, _("Confirm it is you"), _("Confirm"),
              _("Enter the code your authenticator app shows.")),
        name="mfa_reauthenticate",
    ),
    path(
        "2fa/activate/",
        totp.ActivateTOTPView.as_view(template_name="org/activate_second_factor.html"),
        name="mfa_activate_totp",
    ),
    path(
        "2fa/deactivate/",
        _form(totp.DeactivateTOTPView, _("Switch off the second step"), _("Switch off"),
              _("Signing in will then need the password only.")),
        name="mfa_deactivate_totp",
    ),
    path(
        "2fa/recovery-codes/",
        recovery_codes.ViewRecoveryCodesView.as_view(template_name="org/recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        _form(recovery_codes.GenerateRecoveryCodesView, _("New recovery codes"), _("Generate"),
              _("Codes you have now will no longer work.")),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        recovery_codes.DownloadRecoveryCodesView.as_view(),
        name="mfa_download_recovery_codes",
    ),
    path(
        "sessions/",
        sessions.ListUserSessionsView.as_view(template_name="org/sessions.html"),
        name="usersessions_list",
    ),
]  # fmt: skip

_PUBLIC: Final = {"account_login", "account_logout", "account_signup", "mfa_authenticate"}
ACCESS: Final[dict[str, Permission]] = {
    str(pattern.name): Permission.PUBLIC if pattern.name in _PUBLIC else Permission.SIGNED_IN
    for pattern in urlpatterns
}
