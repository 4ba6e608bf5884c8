"""Read a person's notices."""

from opsloop.notify.models import Notice, NoticeQuerySet
from opsloop.org.models import Person
from opsloop.org.prepared import Prepared, Slot

MOST_COUNTED = 100
# Asked by every page, so written once.
_unread = Prepared(
    lambda: Notice.objects.filter(to=Slot("person")).unread().only("pk")[:MOST_COUNTED]
)


def notices_of(person: Person) -> NoticeQuerySet:
    """Newest first."""
    return Notice.objects.visible_to(person).order_by("-id")


def unread_count(person: Person) -> int:
    """How many are unread, counted up to `MOST_COUNTED`: the badge says 99+ beyond."""
    return _unread.count(person=person.pk)
