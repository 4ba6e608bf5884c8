"""Files to take away: the form as a workbook in its printed layout, the postings of a line."""

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from opsloop.costs import queries
from opsloop.costs.form_lines import Amounts, Row
from opsloop.costs.models import CostPeriod
from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.exchange.workbook_out import guarded, write_rows
from opsloop.org.models import Person

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
_MILLIMETRES_A_CHARACTER: Final = 2.0
_FIRST_ROW: Final = 3  # title, month and state, header


def form(period: CostPeriod, person: Person, kind: str) -> HttpResponse:
    """The month's form: `xlsx` with live formulas, ready to print on A4, or plain `csv`."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    month = queries.month(period, person, queries.View(page=0))
    name = f"{COST_ANALYSIS.title}-{period.key}.{kind}"
    if kind == "csv":
        labels = [str(column.label) for column in COST_ANALYSIS.printed_columns]
        return _attachment(_csv([labels, *map(_plain_cells, month.rows)]), name, CSV)
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        # The same figures make the same file, whenever it is asked for.
        book.set_properties({"created": period.defined_at.replace(tzinfo=None)})
        _form_sheet(book, month)
    return _attachment(file.getvalue(), name, XLSX)


def _attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    return response


def _form_sheet(book: xlsxwriter.Workbook, month: queries.Month) -> None:
    page = book.add_worksheet(str(COST_ANALYSIS.title)[:31])
    text = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    bold = book.add_format({"border": 1, "bold": True, "text_wrap": True, "align": "center"})
    money = book.add_format({"border": 1, "num_format": "#,##0.00", "valign": "vcenter"})
    signed = book.add_format({"border": 1, "num_format": "+#,##0.00;-#,##0.00;0.00"})
    rate = book.add_format({"border": 1, "num_format": "+0.00%;-0.00%;0.00%"})
    title = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    last = len(COST_ANALYSIS.printed_columns) - 1
    page.merge_range(0, 0, 0, last, str(COST_ANALYSIS.title), title)
    page.write_string(1, 0, f"{month.period.key} · {month.period.get_state_display()}")
    for at, column in enumerate(COST_ANALYSIS.printed_columns):
        page.set_column(at, at, column.print_width / _MILLIMETRES_A_CHARACTER)
        page.write_string(2, at, str(column.label), bold)
    for at, row in enumerate(month.rows, start=_FIRST_ROW):
        cells = printed_cells(row)
        page.write_string(at, 0, cells[0], text)
        page.write_string(at, 1, cells[1], text)
        _amounts(page, at, row, money)
        _formulas(page, at, row, signed, rate)
        for place, value in enumerate(cells[2:], start=6):
            page.write_string(at, place, value, text)
    _total(page, month, (money, signed, rate, bold))
    page.freeze_panes(_FIRST_ROW, 2)
    page.repeat_rows(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer("&R&P/&N")


def printed_cells(row: Row) -> tuple[str, ...]:
    """The texts of one line: category, item, and what people and the loop say."""
    loop = row.loop
    if loop is None:
        return row.key.category, row.key.item, row.reason, "", "", "", ""
    due = row.due_on.isoformat() if row.due_on else ""
    return (
        row.key.category, row.key.item, row.reason, loop.countermeasure, loop.accountable_department,
        loop.owner, due,
    )  # fmt: skip


def _amounts(page: Any, at: int, row: Amounts, money: Any) -> None:
    # Blank, not 0: a budget that was never set is no budget of nothing.
    if row.base is None:
        page.write_blank(at, 2, None, money)
    else:
        page.write_number(at, 2, float(row.base), money)
    page.write_number(at, 3, float(row.actual), money)


def _formulas(page: Any, at: int, row: Amounts, signed: Any, rate: Any) -> None:
    line = at + 1
    page.write_formula(at, 4, f"=D{line}-C{line}", signed, float(row.delta))
    if row.rate is None:
        page.write_string(at, 5, "", rate)
    else:
        page.write_formula(at, 5, f"=E{line}/ABS(C{line})", rate, float(row.rate))


def _total(page: Any, month: queries.Month, formats: tuple[Any, ...]) -> None:
    money, signed, rate, bold = formats
    at = _FIRST_ROW + len(month.rows)
    page.write_string(at, 0, _("Total"), bold)
    page.write_string(at, 1, "", bold)
    for column, amount in (("C", month.total.base), ("D", month.total.actual)):
        formula = f"=SUM({column}{_FIRST_ROW + 1}:{column}{at})"
        page.write_formula(at, "ABCD".index(column), formula, money, float(amount or 0))
    _formulas(page, at, month.total, signed, rate)


def postings(period: CostPeriod, drill: queries.Drill, kind: str) -> HttpResponse:
    """The postings of one line as `csv` or `xlsx`."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    labels = [_("Date"), _("Document"), _("Supplier"), _("Quantity"), _("Amount (yuan)"),
              _("Row in the file")]  # fmt: skip
    name = f"{period.key}-{drill.row.key.item or drill.row.key.category}.{kind}"
    if kind == "csv":
        return _attachment(_csv([labels, *_cells(drill)]), name, CSV)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "postings.xlsx"
        write_rows(path, labels, _cells(drill), name=period.key)
        return _attachment(path.read_bytes(), name, XLSX)


def _cells(drill: queries.Drill) -> list[list[Any]]:
    return [
        [row.day, row.document, row.supplier, row.quantity, row.amount, row.source_row]
        for row in drill.postings
    ]


def _plain_cells(row: Row) -> list[Any]:
    texts = printed_cells(row)
    percent = None if row.rate is None else (row.rate * 100).quantize(Decimal("0.01"))
    return [*texts[:2], row.base, row.actual, row.delta, percent, *texts[2:]]


def _csv(rows: list[list[Any]]) -> bytes:
    # The mark tells spreadsheet programs that the text is UTF-8.
    buffer = io.StringIO("\ufeff")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue().encode()
