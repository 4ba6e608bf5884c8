"""Reads about jobs."""

from opsloop.jobs.models import Job
from opsloop.org.models import Person
from opsloop.org.scoping import ScopedQuerySet


def recent(person: Person) -> ScopedQuerySet[Job]:
    """The jobs a person may see, newest first."""
    return Job.objects.visible_to(person).select_related("requested_by")
