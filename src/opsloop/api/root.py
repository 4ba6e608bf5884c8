"""The HTTP API: one root, the rooms' own routes, one description of them all."""

from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Any, Final

from ninja import NinjaAPI

from opsloop.api import problems

ROOT: Final = "/api/v1/"
# Rooms whose routes are offered: an explicit list.
ROOMS: Final = ("opsloop.datasets.rest", "opsloop.metrics.rest", "opsloop.loop.rest")
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def rooms() -> list[ModuleType]:
    return [import_module(name) for name in ROOMS]


@cache
def api() -> NinjaAPI:
    """The API with every room's router; errors are problem documents (RFC 9457)."""
    built = NinjaAPI(
        title="OpsLoop",
        version=version("opsloop"),
        description=(
            "Send `Authorization: Bearer <token>`. Lists are paged by `after` and `limit`. A write "
            "to a record needs `If-Match` with the entity tag last read. A POST with an "
            "`Idempotency-Key` acts once. Errors are problem documents (RFC 9457)."
        ),
        openapi_url=None,
        docs_url=None,
        urls_namespace="v1",
        openapi_extra={
            "components": {
                "schemas": {"Problem": PROBLEM},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        },
    )
    problems.handle(built)
    for room in rooms():
        built.add_router("", room.router)
    return built


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every route."""
    return dict(api().get_openapi_schema(path_prefix=ROOT))
