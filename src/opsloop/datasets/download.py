"""Files to take away: faulty rows to correct, source rows, template workbooks."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import polars as pl
import xlsxwriter
from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.datasets import queries, tables, words
from opsloop.datasets.models import ImportBatch, Kind
from opsloop.datasets.refusals import sentence
from opsloop.exchange.mapping import FIELDS
from opsloop.exchange.problems import Fault
from opsloop.exchange.values import parse_number

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet would take for a formula when a text begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
Cells = Sequence[str | int | None]


def correction_workbook(batch: ImportBatch) -> FileResponse:
    """The faulty rows: row number, the columns as they are, and what is wrong in words."""
    if not batch.bad_rows:
        raise Http404
    reasons = _reasons(tables.kept_problems(batch))
    rows = tables.faulty_rows(batch)
    header = [_("Row in the file"), *rows.columns[1:], _("What is wrong")]
    body = ([*cells, reasons.get(cells[0], "")] for cells in rows.iter_rows())
    name = _("Rows to correct of %(name)s") % {"name": batch.file_name.rsplit(".", 1)[0]}
    return _workbook(f"{name}.xlsx", {_("Rows to correct"): chain([header], body)})


def _reasons(problems: pl.DataFrame) -> dict[int, str]:
    """Row → its errors, one sentence each."""
    reasons: dict[int, list[str]] = {}
    errors = problems.filter(pl.col("severity") == "error")
    for row, column, code, value, params in errors.drop("severity").iter_rows():
        text = sentence(code, json.loads(params), value or "")
        reasons.setdefault(row, []).append(f"{column}: {text}")
    return {row: " ".join(texts) for row, texts in reasons.items()}


def rows_file(
    batch: ImportBatch, wanted: Sequence[int] | None, form: str
) -> HttpResponse | FileResponse:
    """Source rows as `csv` or `xlsx`, every value as the text that stood in the file."""
    if not batch.fact_digest or form not in {"csv", "xlsx"}:
        raise Http404
    frame = queries.source_frame(batch, wanted)
    header = [_("Row in the file"), *frame.columns[1:]]
    rows = chain([header], frame.iter_rows())
    name = batch.file_name.rsplit(".", 1)[0]
    if form == "xlsx":
        return _workbook(f"{name}-{_('Source rows')}.xlsx", {_("Source rows"): rows})
    # The mark tells spreadsheet programs that the text is UTF-8.
    text = "\ufeff" + "".join(_csv(rows))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = _attachment(f"{name}-{_('Source rows')}.csv")
    return response


def _csv(rows: Iterable[Cells]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _inert(cell: str | int | None) -> str | int:
    """A text that no spreadsheet program takes for a formula; numbers stay what they are."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    looks = cell.startswith(_FORMULA) and isinstance(parse_number(cell), Fault)
    return f"'{cell}" if looks else cell


def template_workbook(kind: str) -> FileResponse:
    """A workbook with the columns of a kind, ready to fill, and a sheet that explains them."""
    fields = FIELDS[kind]
    header = [str(words.FIELDS[name]) for name in fields]
    explained = [[_("Column"), _("Required"), _("Content"), _("Also recognised as")]]
    for name, spec in fields.items():
        needed = _("yes") if spec.get("required") else ""
        others = _(", ").join(spec["names"][:8])
        explained.append([str(words.FIELDS[name]), needed, str(words.NOTES[name]), others])
    title = str(Kind(kind).label)
    return _workbook(f"{title}.xlsx", {_("Records"): [header], _("Explanation"): explained})


def _workbook(name: str, sheets: "dict[str, Iterable[Cells]]") -> FileResponse:
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        # Text cells: a case number keeps its leading zeros, a date stays as it was written.
        text = book.add_format({"num_format": "@"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title[:31])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 60, 18, text)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(at, column, cell)
                    elif cell is not None:
                        sheet.write_string(at, column, cell[:32_767], bold if at == 0 else text)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
