"""Files to take away: the postings of a line; the form itself goes out as a sheet."""

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.costs import queries
from opsloop.costs.models import CostPeriod
from opsloop.exchange.workbook_out import guarded, write_rows

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
_SHEET_NAME: Final = 31  # what a workbook allows


def _attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    return response


def postings(period: CostPeriod, drill: queries.Drill, kind: str) -> HttpResponse:
    """The postings of one line as `csv` or `xlsx`."""
    labels = [_("Date"), _("Document"), _("Supplier"), _("Quantity"), _("Amount (yuan)"),
              _("Row in the file")]  # fmt: skip
    return table(
        f"{period.key}-{drill.row.key.item or drill.row.key.category}", labels, _cells(drill), kind
    )


def table(
    name: str, labels: Sequence[str], rows: Sequence[Sequence[Any]], kind: str
) -> HttpResponse:
    """Any table of this room as `csv` or `xlsx`; Http404 for another kind."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    if kind == "csv":
        return _attachment(_csv([labels, *rows]), f"{name}.csv", CSV)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        write_rows(path, labels, rows, name=name[:_SHEET_NAME])
        return _attachment(path.read_bytes(), f"{name}.xlsx", XLSX)


def _cells(drill: queries.Drill) -> list[list[Any]]:
    return [
        [row.day, row.document, row.supplier, row.quantity, row.amount, row.source_row]
        for row in drill.postings
    ]


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    # The mark tells spreadsheet programs that the text is UTF-8.
    buffer = io.StringIO("\ufeff")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue().encode()
