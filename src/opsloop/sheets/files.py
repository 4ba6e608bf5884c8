"""Forms as files: workbook, Word, PDF and CSV in the printed layout, and the empty form."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from opsloop.exchange.columns import FilledSheet, Sheet, SheetRow
from opsloop.exchange.printing import delimited, document, pdf, workbook
from opsloop.exchange.printing.texts import Layout, PrintTexts
from opsloop.org import clock

_BLANK_ROWS: Final = 12


@dataclass(frozen=True)
class Printed:
    """A form ready to be written: `subject` is its record's key ("" without one)."""

    filled: FilledSheet
    made_at: datetime
    subject: str = ""
    layout: Layout = "company"


def _workbook(printed: Printed, file: BinaryIO) -> None:
    workbook.write(
        printed.filled, file, texts=texts(), layout=printed.layout, subject=printed.subject,
        made_at=printed.made_at,
    )  # fmt: skip


def _document(printed: Printed, file: BinaryIO) -> None:
    document.write(
        printed.filled, file, texts=texts(), layout=printed.layout, made_at=printed.made_at
    )


def _pdf(printed: Printed, file: BinaryIO) -> None:
    pdf.write(printed.filled, file, texts=texts(), layout=printed.layout, made_at=printed.made_at)


def _delimited(printed: Printed, file: BinaryIO) -> None:
    delimited.write(printed.filled, file, texts=texts(), layout=printed.layout)


_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
KINDS: Final[dict[str, tuple[str, Callable[[Printed, BinaryIO], None]]]] = {
    "xlsx": (f"{_OPEN_XML}spreadsheetml.sheet", _workbook),
    "docx": (f"{_OPEN_XML}wordprocessingml.document", _document),
    "pdf": ("application/pdf", _pdf),
    "csv": ("text/csv; charset=utf-8", _delimited),
}


def write(printed: Printed, kind: str, file: BinaryIO) -> None:
    """Write the form as a file. Raises KeyError for a kind there is none of."""
    KINDS[kind][1](printed, file)


def response(printed: Printed, kind: str) -> FileResponse:
    """The form to take away. Raises KeyError as `write`."""
    file = io.BytesIO()
    write(printed, kind, file)
    file.seek(0)
    return download(file, file_name(printed, kind))


def download(file: BinaryIO, name: str) -> FileResponse:
    """A written file to take away under a name."""
    content_type = KINDS[name.rpartition(".")[2]][0]
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)


def file_name(printed: Printed, kind: str) -> str:
    """The title on the paper and the name of the record, unless the title has it."""
    filled, title = printed.filled, texts().title(printed.filled.sheet)
    titled = filled.titled(title)
    stem = titled if titled != title or not filled.name else f"{title}-{filled.name}"
    return f"{stem}.{kind}"


def now_here() -> datetime:
    """The organisation's own clock, without its zone: what files carry as their date."""
    return timezone.localtime(clock.now()).replace(microsecond=0, tzinfo=None)


def empty(sheet: Sheet, made_at: datetime) -> Printed:
    """The form with nothing in it but rows to write on, not numbered so that they stay empty."""
    rows = tuple(SheetRow("", {}) for _row in range(_BLANK_ROWS))
    filled = FilledSheet(replace(sheet, numbering=False), {}, rows, name=_("empty form"))
    return Printed(filled, made_at)


def texts() -> PrintTexts:
    """The words of the paper; the company's own ones where the page is read in Chinese."""
    signature: Any = _("{role}: ")
    return PrintTexts(
        page=_("Page {page} of {pages}"),
        total=_("Total"),
        yes=_("Yes"),
        no=_("No"),
        signatures=(_("Prepared by"), _("Reviewed by"), _("Approved by")),
        signature=signature,
        company_words=(get_language() or "").startswith("zh"),
    )
