"""The WSGI application that the server runs."""

import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
# Every room is loaded now: the first reader should not wait for it.
import_module(settings.ROOT_URLCONF)
