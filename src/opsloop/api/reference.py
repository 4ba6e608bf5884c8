"""The description of the API as a page: read from the OpenAPI document itself."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from opsloop.api.root import document


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]


@cache
def sections() -> dict[str, tuple[Operation, ...]]:
    """Operations by tag, in the order of the document."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            found[operation.get("tags", ["api"])[0]].append(_operation(method, path, operation))
    return {tag: tuple(operations) for tag, operations in found.items()}


def _operation(method: str, path: str, operation: dict[str, Any]) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(
            Parameter(
                one["name"], one["in"], one["schema"].get("type", ""), bool(one.get("required"))
            )
            for one in operation.get("parameters", [])
        ),
    )
