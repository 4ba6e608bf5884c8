"""The HTTP API: one root, the rooms' own routes, one description of them all."""

from functools import cache
from http import HTTPStatus
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
        "yours": {"description": "what was sent, when somebody else was faster"},
        "current": {"description": "the record as it is now"},
        "current_tag": {"type": "string", "description": "its entity tag"},
    },
}
REFUSALS: Final = (401, 403, 404, 422, 429)
REFUSALS_OF_WRITES: Final = (409, 412, 413, 428)
ONCE: Final[dict[str, Any]] = {
    "in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 120},
    "description": "Sent again within seven days, the request acts once and is answered alike.",
}  # fmt: skip


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
            "to a record needs `If-Match` with the entity tag last read; who is too late is "
            "answered 412 with both values. A POST with an `Idempotency-Key` acts once. A token "
            "that calls too often is answered 429 with `Retry-After`. Errors are problem documents (RFC 9457)."
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
    """The OpenAPI 3.1 description of every route, with how each may be refused."""
    described = dict(api().get_openapi_schema(path_prefix=ROOT))
    for methods in described["paths"].values():
        for method, operation in methods.items():
            _describe_refusals(method, operation)
    return described


def _describe_refusals(method: str, operation: dict[str, Any]) -> None:
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in REFUSALS if method == "get" else (*REFUSALS, *REFUSALS_OF_WRITES):
        refusal = {"description": HTTPStatus(status).phrase, "content": body}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = {"schema": {"type": "integer"}, "description": "seconds to wait"}
            refusal["headers"] = {"Retry-After": seconds}
        operation["responses"].setdefault(status, refusal)
    if method == "post":
        operation.setdefault("parameters", []).append(ONCE)
