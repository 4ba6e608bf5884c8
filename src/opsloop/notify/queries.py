"""Read a person's notices."""

from opsloop.notify.models import Notice, NoticeQuerySet
from opsloop.org.models import Person


def notices_of(person: Person) -> NoticeQuerySet:
    """Newest first."""
    return Notice.objects.visible_to(person).order_by("-id")


def unread_count(person: Person, *, limit: int = 100) -> int:
    """How many are unread, counted up to `limit`: the badge says 99+ beyond."""
    return Notice.objects.visible_to(person).unread()[:limit].count()
