"""The facts behind a figure as a sheet: the same columns, units and total on screen and in files."""

from datetime import datetime
from typing import Final

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.costs.drilling import Behind, Fact, Figure
from opsloop.exchange.columns import Column, FilledSheet, Sheet, SheetRow
from opsloop.sheets.files import Printed, response

COST_FACTS: Final = Sheet(
    key="cost_facts",
    title=gettext_lazy("Lines behind a figure"),
    unit_note=gettext_lazy("Unit: yuan"),
    header=(
        Column("figure", gettext_lazy("Figure"), editable=False),
        Column("amount", gettext_lazy("As shown"), type="money", editable=False),
    ),
    columns=(
        Column("month", gettext_lazy("Month"), print_width=18),
        Column("day", gettext_lazy("Date"), type="date", print_width=22),
        Column("document", gettext_lazy("Document"), print_width=30),
        Column("category", gettext_lazy("Cost category"), print_width=26),
        Column("item", gettext_lazy("Item name"), print_width=30),
        Column("department", gettext_lazy("Department"), print_width=24),
        Column("supplier", gettext_lazy("Supplier"), print_width=30),
        Column("quantity", gettext_lazy("Quantity"), type="number", print_width=20),
        Column("amount", gettext_lazy("Amount (yuan)"), type="money", totalled=True, print_width=26),
        Column("source_row", gettext_lazy("Row in the file"), type="number", decimals=0,
               print_width=18),
    ),
)  # fmt: skip


def label(figure: Figure) -> str:
    """What the figure is, in words: 2026-10 · 原材料成本 · 实际支出."""
    side = _("Actual spending") if figure.side == "actual" else _("Base")
    parts = [part for part in (figure.category, figure.item, figure.department) if part is not None]
    shown = [part or _("not stated") for part in parts] or [_("all lines")]
    return " · ".join([figure.span.key, *shown, side])


def filled(found: Behind) -> FilledSheet:
    """All listed facts with their total."""
    rows = tuple(SheetRow("", _values(fact)) for fact in found.rows())
    return FilledSheet(
        COST_FACTS, {"figure": label(found.figure), "amount": found.amount}, rows,
        {"amount": found.listed}, name=found.figure.span.key,
    )  # fmt: skip


def file(found: Behind, kind: str, now: datetime) -> FileResponse:
    """The listed facts as `xlsx` or `csv`. Raises KeyError for a kind there is none of."""
    return response(Printed(filled(found), now), {"xlsx": "xlsx", "csv": "csv"}[kind])


def _values(fact: Fact) -> dict[str, object]:
    category, item, department = fact.key
    return {
        "month": fact.month, "day": fact.day, "document": fact.document, "category": category,
        "item": item, "department": department, "supplier": fact.supplier,
        "quantity": fact.quantity, "amount": fact.amount, "source_row": fact.source_row,
    }  # fmt: skip
