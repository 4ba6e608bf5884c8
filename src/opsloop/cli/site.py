"""What each web process of `opsloop serve` runs: the site, on the lifeline of its supervisor."""

import os

from django.core.wsgi import get_wsgi_application

from opsloop.cli.lifeline import end_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")
# An orphan would hold the port against the next start. A cut request is one transaction: undone.
end_with(os.getppid(), lambda: os._exit(1))
application = get_wsgi_application()
