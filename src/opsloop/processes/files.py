"""Files to take away: the form as a workbook in its printed layout, the numbers behind a page."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import xlsxwriter
from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.exchange.workbook_out import guarded
from opsloop.processes import figures, pictures, queries
from opsloop.processes.models import Process
from opsloop.processes.sheet import PROCESS_REVIEW

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MILLIMETRES_A_CHARACTER: Final = 2.0


def title_cells(form: queries.Form) -> list[str]:
    """The values of the title block, in the order of the sheet."""
    process = form.process
    recorded = process.recorded_on.isoformat() if process.recorded_on else ""
    return [process.name, form.departments, process.start_event, process.end_event, recorded]


def row_cells(place: int, row: queries.Row) -> list[str | float]:
    """One printed row: the step with its number, then what the form says."""
    step = row.step
    hours = float(step.hours) if step.hours is not None else ""
    return [f"{place}.{step.name}", step.role, step.inputs, step.outputs, hours]


def form(found: queries.Form) -> FileResponse:
    """The printed form: title block, step table with a live total, A4 landscape."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        _form_sheet(book, found)
    file.seek(0)
    name = f"{PROCESS_REVIEW.title}-{found.process.name}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _form_sheet(book: Any, found: queries.Form) -> None:
    page = book.add_worksheet(str(PROCESS_REVIEW.title)[:31])
    text = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    head = book.add_format({"border": 1, "bold": True, "text_wrap": True, "align": "center"})
    number = book.add_format({"border": 1, "num_format": "0.##", "valign": "vcenter"})
    title = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    page.merge_range(0, 0, 0, len(PROCESS_REVIEW.printed_columns) - 1, str(PROCESS_REVIEW.title), title)
    for at, (column, value) in enumerate(
        zip(PROCESS_REVIEW.header, title_cells(found), strict=True)
    ):
        page.write_string(1, at, str(column.label), head)
        page.write_string(2, at, value, text)
    for at, column in enumerate(PROCESS_REVIEW.printed_columns):
        page.set_column(at, at, column.print_width / _MILLIMETRES_A_CHARACTER)
        page.write_string(3, at, str(column.label), head)
    for place, row in enumerate(found.rows, start=1):
        for at, cell in enumerate(row_cells(place, row)):
            if isinstance(cell, float):
                page.write_number(3 + place, at, cell, number)
            else:
                page.write_string(3 + place, at, cell, text)
    last = 4 + len(found.rows)
    page.write_string(last, 3, _("Total"), head)
    page.write_formula(last, 4, f"=SUM(E5:E{last})", number, float(found.total or 0))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(3)
    page.set_footer(f"&L{_('Prepared by')}: ____  {_('Reviewed by')}: ____&R&P/&N")


def data(process: Process, what: str) -> HttpResponse:
    """The numbers behind a page as CSV. Raises Http404 for what there is no table of."""
    found = figures.findings(process)
    if found is None or what not in _TABLES:
        raise Http404
    file = io.StringIO()
    writer = csv.writer(file)
    for row in _TABLES[what](found):
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    # The mark tells Excel that the text is UTF-8.
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{process.name}-{what}.csv"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _steps(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield (
        _("Step"), _("Executions"), _("Cases"), _("Processing median h"), _("P90 h"),
        _("Waiting median h"), _("Return rate"),
    )  # fmt: skip
    for step in found.log.steps:
        hours, waiting = step.hours, step.waiting
        yield (
            found.name(step.activity_no), step.executions, step.cases,
            hours and hours.median, hours and hours.p90, waiting and waiting.median,
            step.return_rate,
        )  # fmt: skip


def _edges(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("From"), _("To"), _("Times"), _("Cases"), _("Median h"), _("P90 h")
    for edge in found.log.edges:
        yield (
            found.name(edge.source), found.name(edge.target), edge.count, edge.cases,
            edge.hours.median, edge.hours.p90,
        )  # fmt: skip


def _variants(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("Variant"), _("Cases"), _("Share"), _("Median h")
    for line in queries.variants(found, limit=figures.VARIANTS_KEPT):
        yield " → ".join(line.steps), line.cases, line.share, line.median_hours


def _waiting(found: figures.Findings) -> Iterator[Iterable[Any]]:
    yield _("Step"), *(pictures.cause_label(cause) for cause in pictures.CAUSES)
    for row in found.causes:
        yield found.name(row.activity_no), *(getattr(row, cause) for cause in pictures.CAUSES)


_TABLES: Final = {"steps": _steps, "edges": _edges, "variants": _variants, "waiting": _waiting}
