"""Reads about jobs."""

from opsloop.jobs.models import Job, JobQuerySet
from opsloop.org.models import Person


def recent(person: Person) -> JobQuerySet:
    """The jobs a person may see, newest first."""
    return Job.objects.visible_to(person).select_related("requested_by")
