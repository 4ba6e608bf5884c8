"""What the `rest.py` of every room shares: pages of rows, entity tags, texts a database can hold."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field

from opsloop.ui.paging import Page, keyset_page

Row = TypeVar("Row", bound=Model)
LARGEST_PAGE: Final = 200
# PostgreSQL stores no NUL; no text a person types is longer than a paragraph here.
Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
After = Annotated[str, Query(max_length=500, description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


# What the description of the API says about a write that `require_match` guards.
MATCHED: Final[dict[str, Any]] = {
    "parameters": [
        {
            "in": "header", "name": "If-Match", "required": True, "schema": {"type": "string"},
            "description": "The entity tag of the state this write was decided on.",
        }
    ]
}  # fmt: skip


class PreconditionFailed(Exception):
    """`If-Match` names another state than the present one, which `tag` and `stored` (JSON) are."""

    def __init__(self, tag: str, stored: Mapping[str, Any]) -> None:
        super().__init__(tag)
        self.tag = tag
        self.stored = stored


class PreconditionRequired(Exception):
    """A write must say with `If-Match` which state of the record it changes."""


class Paged(Schema):
    """A page of rows; `next` is empty on the last one."""

    next: str = ""


def page_of(
    rows: QuerySet[Row], convert: Callable[[Row], Any], *, after: str, limit: int, order: str
) -> dict[str, Any]:
    """One keyset page as `items` and `next`; Http404 for a cursor this product did not write."""
    return shown_page(lambda: keyset_page(rows, after or None, order=order, size=limit), convert)


def shown_page(ask: Callable[[], Page[Any]], convert: Callable[[Any], Any]) -> dict[str, Any]:
    """The page that `ask` finds as `items` and `next`; Http404 for a cursor that is none of ours."""
    try:
        page = ask()
    except (ValueError, OverflowError, ValidationError) as error:
        raise Http404 from error
    return {"items": [convert(row) for row in page.rows], "next": page.next}


def tag(*parts: object) -> str:
    """The entity tag of a record in this state."""
    return '"{}"'.format("-".join(str(part) for part in parts))


def require_match(
    request: HttpRequest, current: str, shape: type[Schema], stored: Callable[[], Any]
) -> None:
    """Raises unless `If-Match` is given and lists `current`; `*` does not say what was seen.

    `stored` gives the record as it is read, in `shape`, for a caller who was too late.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*":
        raise PreconditionRequired
    if current not in [one.strip() for one in given.split(",")]:
        raise PreconditionFailed(current, shape.from_orm(stored()).model_dump(mode="json"))


def show_tag(response: HttpResponse, current: str) -> None:
    response["ETag"] = current
