"""The worker's outer edge: nothing that one piece of work raises may end the process."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.utils import translation

log = logging.getLogger(__name__)


def survive(work: Callable[[], object], name: str) -> bool:
    """Do `work` in the site's language; log whatever it raises. True when it raised nothing."""
    try:
        with translation.override(settings.LANGUAGE_CODE):
            work()
    except Exception:  # a process edge: one bad job or task must not silence the others
        log.exception("background work failed: %s", name)
        return False
    return True
