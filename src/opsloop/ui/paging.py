"""Keyset pages: a deep page costs what the first one costs, and nothing is counted."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import Http404

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows; `next` is the cursor of the following page, empty on the last."""

    rows: list[Row]
    next: str
    is_first: bool


def keyset_page(
    rows: QuerySet[Row], after: str | None, *, order: str = "-id", size: int = 50
) -> Page[Row]:
    """Rows in `order` (one field, `-` for descending, ties by id) that follow the cursor `after`.

    Raises Http404 for a cursor this product did not write. Nulls must not occur in the field.
    """
    field = order.lstrip("-")
    found = list(following(rows, after, order=order)[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(found, _write(found[-1], field) if more else "", is_first=not after)


def following(rows: QuerySet[Row], after: str | None, *, order: str) -> QuerySet[Row]:
    """All rows in `order` beyond the cursor `after`; raises Http404 as `keyset_page` does."""
    field, descending = order.lstrip("-"), order.startswith("-")
    ordering: list[OrderBy] = [OrderBy(F(field), descending=descending)]
    if field != "id":
        ordering.append(OrderBy(F("id"), descending=descending))
    rows = rows.order_by(*ordering)
    if after:
        value, row_id = _read(after)
        side = "lt" if descending else "gt"
        beyond = Q(**{f"{field}__{side}": value}) | Q(**{field: value, f"id__{side}": row_id})
        # Said once more without the alternative, so that an index is entered at the cursor.
        edge = Q(**{f"{field}__{side}e": value})
        try:
            rows = rows.filter(edge & beyond)
        except (ValueError, ValidationError) as error:
            raise Http404 from error
    return rows


def _write(row: Model, field: str) -> str:
    text = json.dumps([getattr(row, field), row.pk], cls=DjangoJSONEncoder)
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> tuple[object, int]:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error) as error:
        raise Http404 from error
    if not isinstance(row_id, int) or not isinstance(value, str | int):
        raise Http404
    return value, row_id
