"""Files that come back: received from a browser, kept, corrected."""

import io
import tempfile
from datetime import datetime
from pathlib import Path

from django.http import FileResponse
from django.utils.translation import gettext as _

from opsloop.exchange.columns import FilledSheet, Sheet, SheetRow
from opsloop.exchange.returned import read, write_faulty
from opsloop.exchange.returned.clipboard import clipboard
from opsloop.exchange.returned.model import ReturnedForm
from opsloop.org.models import Person
from opsloop.sheets import actions, models
from opsloop.sheets.files import KINDS
from opsloop.sheets.forms import CheckForm, FileForm
from opsloop.sheets.paste import said
from opsloop.sheets.register import CellRefused, Conflicting, SheetForm


def receive(
    *, form: SheetForm, subject: str, upload: FileForm, by: Person, now: datetime
) -> models.ReturnedForm:
    """Read an upload and keep it; `subject` "" is a form without a record. Raises RefusedFile."""
    found = _read(form.sheet, subject, upload, now.year)
    return actions.receive(
        sheet=form.key, subject=subject, file_name=upload.name, form=found, by=by, now=now
    )


def _read(sheet: Sheet, subject: str, upload: FileForm, year: int) -> ReturnedForm:
    if isinstance(upload, CheckForm) and upload.text:
        return read(clipboard("", upload.text), sheet, year=year)
    with tempfile.TemporaryDirectory(prefix="opsloop-form-") as folder:
        path = Path(folder) / f"form{upload.ending}"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return read(path, sheet, subject=subject or None, year=year)


def as_filled(sheet: Sheet, returned: ReturnedForm) -> FilledSheet:
    """A returned form as a filled one, computed columns as they were written."""
    rows = tuple(SheetRow(str(row.row), {**row.values, **row.written}) for row in returned.rows)
    return FilledSheet(sheet, returned.header, rows)


def unread(returned: ReturnedForm) -> dict[tuple[str, str], str]:
    """Row id and column key → what was written there and why it could not be read."""
    found = {("", key): said(one) for key, one in returned.header_problems.items()}
    for row in returned.rows:
        for key, one in row.problems.items():
            if one.severity == "error":
                found[str(row.row), key] = said(one)
    return found


def correction(returned: ReturnedForm, file_name: str) -> FileResponse:
    """The rows that cannot be taken as they are, with what is wrong, to send back."""
    with tempfile.TemporaryDirectory(prefix="opsloop-form-") as folder:
        path = Path(folder) / "faulty.xlsx"
        labels = {"row_label": _("Row in the file"), "problem_label": _("What is wrong")}
        write_faulty(path, returned, say=said, **labels)
        content = io.BytesIO(path.read_bytes())
    stem = file_name.rsplit(".", 1)[0]
    name = _("Rows to correct of %(name)s") % {"name": stem}
    return FileResponse(
        content, as_attachment=True, filename=f"{name}.xlsx", content_type=KINDS["xlsx"][0]
    )


def sentence(error: Exception) -> str:
    """Why nothing was taken over, for the person who asked for it."""
    if isinstance(error, CellRefused):
        return str(error.text)
    if isinstance(error, Conflicting):
        return _("The form changed meanwhile: look at the differences again.")
    return _("This file was taken over already.")
