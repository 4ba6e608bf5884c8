"""Files to take away: faulty rows to correct, source rows, template workbooks."""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl
from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.datasets import queries, tables, words
from opsloop.datasets.models import ImportBatch, Kind
from opsloop.datasets.refusals import sentence
from opsloop.exchange.columns import Column, ColumnType, Sheet
from opsloop.exchange.mapping import FIELDS
from opsloop.exchange.problems import Fault
from opsloop.exchange.values import parse_number
from opsloop.exchange.workbook_out import guarded, write_rows, write_template

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES: Final[dict[str, ColumnType]] = {"number": "number", "outcome": "choice"}
Cells = Sequence[str | int | None]


def correction_workbook(batch: ImportBatch) -> FileResponse:
    """The faulty rows: row number, the columns as they are, and what is wrong in words."""
    if not batch.bad_rows:
        raise Http404
    reasons = _reasons(tables.kept_problems(batch))
    rows = tables.faulty_rows(batch)
    labels = [_("Row in the file"), *rows.columns[1:], _("What is wrong")]
    body = ([*cells, reasons.get(cells[0], "")] for cells in rows.iter_rows())
    name = _("Rows to correct of %(name)s") % {"name": _stem(batch)}
    return _workbook(name, lambda path: write_rows(path, labels, body, name=_("Rows to correct")))


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
    labels = [_("Row in the file"), *frame.columns[1:]]
    title = _("Source rows")
    name = f"{_stem(batch)}-{title}"
    if form == "xlsx":
        return _workbook(name, lambda path: write_rows(path, labels, frame.iter_rows(), name=title))
    # The mark tells spreadsheet programs that the text is UTF-8.
    text = "\ufeff" + "".join(_csv(chain([labels], frame.iter_rows())))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.csv")
    response["Content-Disposition"] = disposition or "attachment"
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
    return guarded(cell) if isinstance(parse_number(cell), Fault) else cell


def template_workbook(kind: str) -> FileResponse:
    """A workbook with the columns of a kind, ready to fill, and a sheet that explains them."""
    title = str(Kind(kind).label)
    columns = tuple(_column(name, spec) for name, spec in FIELDS[kind].items())
    notes = [
        f"{column.label}{_(' (required)') if column.required else ''}: {column.help}"
        for column in columns
    ]
    sheet = Sheet(kind, title, (), columns)
    return _workbook(
        title, lambda path: write_template(path, sheet, (), notes, notes_title=_("Explanation"))
    )


def _column(name: str, spec: Mapping[str, object]) -> Column:
    choices = tuple(words.OUTCOMES.items()) if name == "outcome" else ()
    return Column(
        name, str(words.FIELDS[name]), _TYPES.get(str(spec["type"]), "text"), choices=choices,
        required=bool(spec.get("required")), help=str(words.NOTES[name]),
    )  # fmt: skip


def _workbook(name: str, write: Callable[[Path], None]) -> FileResponse:
    with tempfile.TemporaryDirectory(prefix="opsloop-write-") as folder:
        path = Path(folder) / "file.xlsx"
        write(path)
        content = io.BytesIO(path.read_bytes())
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _stem(batch: ImportBatch) -> str:
    return batch.file_name.rsplit(".", 1)[0]
