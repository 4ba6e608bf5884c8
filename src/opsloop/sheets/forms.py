"""What the browser sends: bodies checked against their shape, typed texts read as values."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, Final, TypeVar

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator

from opsloop.exchange.columns import Column, Sheet
from opsloop.org.models import Person
from opsloop.sheets import wire
from opsloop.sheets.actions import Block, TitleChange
from opsloop.sheets.models import NAME_LENGTH
from opsloop.sheets.reading import Reader, Unreadable, kept_text
from opsloop.sheets.register import CellChange
from opsloop.ui.forms import Form

BODY_LIMIT: Final = 4 * 1024 * 1024
CELL_LIMIT: Final = 10_000
_TEXT_LIMIT: Final = 10_000
_STATE_LIMIT: Final = 20_000
ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".docx", ".csv", ".tsv", ".txt")
Id = Annotated[str, Field(max_length=200)]
Cells = dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=_TEXT_LIMIT)]]
Rows = Annotated[list["SentRow"], Field(max_length=CELL_LIMIT)]


class FileForm(Form):
    """A file that comes back, as xlsx, xls, docx or csv."""

    file = forms.FileField(
        label=gettext_lazy("Workbook, Word or CSV file"), required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS)}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not self.text and found.get("file") is None:
            raise forms.ValidationError(self.nothing)
        if not self.text and self.ending not in ENDINGS:
            raise forms.ValidationError(_("This kind of file cannot be read as a form."))
        return found

    @property
    def nothing(self) -> str:
        return _("Choose a file; it may have at most %(limit)s MB.") % {
            "limit": settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
        }

    @property
    def text(self) -> str:
        return ""

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        upload = self.cleaned_data.get("file")
        return re.split(r"[/\\]", str(upload.name))[-1] if upload else ""

    @property
    def ending(self) -> str:
        return PurePath(self.name).suffix.lower()

    def chunks(self) -> Iterator[bytes]:
        yield from self.cleaned_data["file"].chunks()

    @property
    def sentence(self) -> str:
        """The first thing wrong, in one sentence."""
        return next(str(one) for found in self.errors.values() for one in found)


class CheckForm(FileForm):
    """A printed form as a file, or its cells as they were copied."""

    pasted = forms.CharField(
        label=gettext_lazy("Or cells copied from a spreadsheet"), required=False, max_length=500_000,
        strip=False, widget=forms.Textarea(attrs={"rows": "6"}),
        help_text=gettext_lazy("Copy the title block and the table together, headings included."),
    )  # fmt: skip
    field_order = ("file", "pasted")

    @property
    def text(self) -> str:
        found: str = self.cleaned_data.get("pasted", "")
        return found if found.strip() and not self.cleaned_data.get("file") else ""

    @property
    def name(self) -> str:
        return super().name or _("Pasted cells")


class SnapshotForm(Form):
    name = forms.CharField(label=gettext_lazy("Name of the state"), max_length=NAME_LENGTH)


class BadBody(ValueError):
    """The body is no JSON of the expected shape."""


class TooMuch(ValueError):
    """The body is larger than what one request may change."""


class SentRow(BaseModel):
    row: Id = ""
    version: Id = ""
    cells: Cells = {}


class SentVersion(BaseModel):
    id: Id
    version: Id = ""


class Changes(BaseModel):
    """`delete` and `header` make the undo of a paste one request."""

    changes: Rows = []
    delete: Annotated[list[SentVersion], Field(max_length=CELL_LIMIT)] = []
    header: "SentHeader | None" = None


class SentBlock(BaseModel):
    after: Id = ""
    rows: Annotated[list[Cells], Field(max_length=CELL_LIMIT)] = []


class Inserted(SentBlock):
    """One block, or several as the undo of a deletion sends them."""

    blocks: Annotated[list[SentBlock], Field(max_length=CELL_LIMIT)] = []

    @property
    def all(self) -> list[SentBlock]:
        return self.blocks or [self]


class Deleted(BaseModel):
    rows: Annotated[list[SentVersion], Field(max_length=CELL_LIMIT)]


class Moved(BaseModel):
    """A row below another; in a tree `parent` puts it into a branch, "" to the top."""

    row: Id
    after: Id = ""
    parent: Id | None = None


class SentHeader(BaseModel):
    cells: Cells
    version: Id


class Clipboard(BaseModel):
    html: str = ""
    text: str = ""
    row: Id = ""
    column: Id = ""
    targets: Annotated[list[Id], Field(max_length=100_000)] = []
    mode: Annotated[str, Field(pattern="^(cells|rows)$")] = "cells"


class Pasted(BaseModel):
    """Rows without an id are new and stand below `after`."""

    rows: Rows
    after: Id = ""
    header: SentHeader | None = None


class Commented(BaseModel):
    row: Id = ""
    column: Annotated[str, Field(max_length=40)] = ""
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Restored(BaseModel):
    row: Id = ""
    version: Id
    column: Annotated[str, Field(max_length=40)]
    value: Annotated[str, Field(max_length=_TEXT_LIMIT)]


class SentView(BaseModel):
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH)
    ]
    state: dict[str, Any] = {}
    shared: bool = False

    @field_validator("state")
    @classmethod
    def is_small(cls, state: dict[str, Any]) -> dict[str, Any]:
        """An arrangement is a few names and numbers; NUL is refused by databases."""
        text = json.dumps(state)
        if len(text) > _STATE_LIMIT or "\\u0000" in text:
            raise ValueError("too large an arrangement")
        return state


Body = TypeVar("Body", bound=BaseModel)


def body_of(request: HttpRequest, shape: type[Body]) -> Body:
    """The body in its shape. Raises BadBody, TooMuch."""
    if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
        raise TooMuch
    try:
        return shape.model_validate(json.loads(request.body))
    except (ValueError, RecursionError, ValidationError) as error:
        raise BadBody from error


def at_most(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises TooMuch beyond CELL_LIMIT cells."""
    if sum(map(len, rows)) > CELL_LIMIT:
        raise TooMuch


class Unreadables(ValueError):
    """Cells that cannot be taken; `problems` name row, column, the text and one sentence each."""

    def __init__(self, problems: Sequence[Mapping[str, str]]) -> None:
        super().__init__(f"{len(problems)} cells")
        self.problems = list(problems)


class Typed:
    """Reads the typed cells of one request and gathers everything wrong with them."""

    def __init__(self, sheet: Sheet, person: Person, reader: Reader) -> None:
        self.sheet, self.person, self.reader = sheet, person, reader
        self.problems: list[dict[str, str]] = []

    def changes(self, rows: Sequence[SentRow]) -> list[CellChange]:
        """Raises TooMuch; call `settle` when everything was read."""
        at_most([row.cells for row in rows])
        return [
            CellChange(row.row, row.version, self.cells(row.row, row.cells, self.sheet.columns))
            for row in rows
        ]

    def blocks(self, blocks: Sequence[SentBlock]) -> list[Block]:
        at_most([cells for block in blocks for cells in block.rows])
        return [
            Block(block.after, [self.new_row(cells) for cells in block.rows]) for block in blocks
        ]

    def new_row(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """A row's values; a required cell that was not sent is missing."""
        required = {column.key: "" for column in self.sheet.editable if column.required}
        return self.cells("", {**required, **typed}, self.sheet.columns)

    def cells(
        self, row: str, typed: Mapping[str, str], columns: Sequence[Column]
    ) -> dict[str, Any]:
        known = {column.key: column for column in columns}
        values = {}
        for key, text in typed.items():
            try:
                values[key] = self.reader.value(self._writable(known.get(key)), text)
            except Unreadable as error:
                self.problems.append({"row": row, "column": key, "value": text, "text": error.text})
        return values

    def _writable(self, column: Column | None) -> Column:
        if column is None:
            raise Unreadable(_("The form has no such column."))
        if not wire.may_type(column, self.person):
            raise Unreadable(
                _("“%(column)s” is computed or kept elsewhere.") % {"column": column.label}
            )
        return column

    def title(self, sent: SentHeader | None) -> TitleChange | None:
        """The change of the title block that came with something else."""
        if sent is None:
            return None
        return TitleChange(self.cells("", sent.cells, self.sheet.header), sent.version)

    def from_kept(self, column: str, canonical: str) -> str:
        """The typed text of a value of the history; what is wrong with it is gathered."""
        try:
            return kept_text(self.sheet.column(column), canonical)
        except KeyError:
            return canonical  # `cells` says that there is no such column
        except Unreadable as error:
            self.problems.append(
                {"row": "", "column": column, "value": canonical, "text": error.text}
            )
            return ""

    def settle(self) -> None:
        """Raises Unreadables when anything could not be read."""
        if self.problems:
            raise Unreadables(self.problems)
