"""Every address of the site, and who may open it: one list, one access table."""

from importlib import import_module
from typing import Final

from django.urls import include, path

from opsloop.org.permissions import Permission

# An address not named in its room's ACCESS is refused by the middleware and fails the build.
ROOMS: Final = {
    "opsloop.web.urls": "",
    "opsloop.org.urls": "org/",
    "opsloop.org.account_urls": "account/",
    "opsloop.audit.urls": "audit/",
    "opsloop.notify.urls": "notices/",
    "opsloop.jobs.urls": "jobs/",
    "opsloop.datasets.urls": "data/",
    "opsloop.sheets.urls": "sheets/",
    "opsloop.metrics.urls": "metrics/",
    "opsloop.loop.urls": "loop/",
    "opsloop.processes.urls": "processes/",
    "opsloop.costs.urls": "costs/",
    "opsloop.api.urls": "api/",
    "opsloop.demo.urls": "demo/",
}

urlpatterns = [path(prefix, include(module)) for module, prefix in ROOMS.items()]

handler400 = "opsloop.ui.errors.bad_request"
handler403 = "opsloop.ui.errors.forbidden"
handler404 = "opsloop.ui.errors.not_found"
handler500 = "opsloop.ui.errors.server_error"


def access_table() -> dict[str, Permission]:
    """View name → the permission it needs; gathered from each room's `ACCESS`."""
    table: dict[str, Permission] = {}
    for module in ROOMS:
        table.update(import_module(module).ACCESS)
    return table
