"""What every page knows: navigation, theme, language, whether the company is a demo."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from opsloop.notify.queries import unread_count
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.web.navigation import Section, sections_for

THEMES: Final = ("light", "dark", "auto")


@dataclass(frozen=True)
class Shell:
    """The frame around a page's own content."""

    theme: str
    other_language: str
    demo: bool
    home_url: str
    language_url: str
    search_url: str
    notices_url: str
    unread: int
    import_url: str
    account_links: tuple[tuple[Any, str], ...]
    sections: list[Section]


def _account_links() -> tuple[tuple[Any, str], ...]:
    return ((_("My account"), reverse("org:me")), (_("Access tokens"), reverse("api:tokens")))


def _import_url(person: Person) -> str:
    """Where records come in: what an empty page offers to whoever may bring them."""
    return reverse("datasets:upload") if person.may(Permission.DATASET_IMPORT) else ""


def _shell(request: HttpRequest) -> Shell:
    person = getattr(request, "user", None)
    signed_in = isinstance(person, Person)
    theme = request.COOKIES.get("theme", "auto")
    other = "zh-hans" if get_language() == "en" else "en"
    return Shell(
        theme=theme if theme in THEMES else "auto",
        # Offered in its own words, whatever the page speaks.
        other_language=get_language_info(other)["name_local"],
        demo=settings.DEMO,
        home_url=reverse("web:home"),
        language_url=reverse("web:language"),
        search_url=reverse("web:search") if signed_in else "",
        notices_url=reverse("notify:list") if signed_in else "",
        unread=unread_count(person) if isinstance(person, Person) else 0,
        import_url=_import_url(person) if isinstance(person, Person) else "",
        account_links=_account_links() if signed_in else (),
        sections=sections_for(person, request.path) if isinstance(person, Person) else [],
    )


def page(request: HttpRequest) -> dict[str, Any]:
    """Template context of every page; computed only when a template asks for it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}
