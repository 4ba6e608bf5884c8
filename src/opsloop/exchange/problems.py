"""What can be wrong with a file or a value, each with one sentence.

This ring knows no translation. `gettext_noop` returns its argument; the name is one that the
message extractor looks for, so every sentence lands in the catalogue, and a higher room renders a
problem with `gettext(problem.sentence) % problem.params`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogue."""
    return sentence


SENTENCES: Mapping[str, str] = {
    # Files refused as a whole.
    "empty_file": gettext_noop("The file is empty."),
    "no_rows": gettext_noop("The file has a header but no rows."),
    "unknown_format": gettext_noop(
        "This is no table we can read: send an Excel workbook, CSV, XES or Parquet file."
    ),
    "damaged_file": gettext_noop("The file is damaged or incomplete and cannot be opened."),
    "password_protected": gettext_noop(
        "The workbook is protected by a password: remove the password and send it again."
    ),
    "too_large": gettext_noop("The file unpacks to more than %(limit)s MB."),
    "too_many_cells": gettext_noop(
        "The sheet “%(sheet)s” reaches to cell %(cell)s: delete the empty rows and columns"
        " behind the table."
    ),
    "too_many_columns": gettext_noop("The table has %(columns)s columns; at most %(limit)s."),
    "too_many_parts": gettext_noop("The workbook consists of too many parts (%(parts)s)."),
    "unsafe_part": gettext_noop(
        "The file contains document type or entity definitions, which we do not accept."
    ),
    "unsafe_name": gettext_noop("The workbook contains a part whose name leads outside it."),
    "not_text": gettext_noop("The file contains zero bytes: it is no text file."),
    "unknown_encoding": gettext_noop("The text is encoded neither in UTF-8 nor in GB18030."),
    "too_slow": gettext_noop("Reading the file took longer than %(seconds)s seconds."),
    "too_hungry": gettext_noop("Reading the file needs more memory than allowed (%(limit)s MB)."),
    "unknown_sheet": gettext_noop("The workbook has no sheet “%(sheet)s”."),
    "bad_xes": gettext_noop("The file is no event log in XES: %(reason)s"),
    "missing_column": gettext_noop("No column gives “%(field)s”."),
    "too_many_names": gettext_noop(
        "The column “%(column)s” holds %(count)s different names: is it the right column?"
    ),
    "bad_column": gettext_noop("The table has no column “%(column)s”."),
    "no_form": gettext_noop(
        "No row of headings of the form “%(form)s” was found: it needs headings such as"
        " %(headings)s."
    ),
    "other_form": gettext_noop(
        "The file was exported from another form than “%(form)s”: open that form to import it."
    ),
    "other_subject": gettext_noop(
        "The file was exported from another record of “%(form)s”: open that record to import it."
    ),
    # Values of one cell.
    "required": gettext_noop("A value is required here."),
    "not_a_number": gettext_noop("“%(value)s” is not a number."),
    "too_precise": gettext_noop("“%(value)s” has more than %(places)s decimal places."),
    "out_of_range": gettext_noop("“%(value)s” is too large."),
    "not_a_date": gettext_noop("“%(value)s” is not a date."),
    "date_needs_year": gettext_noop("“%(value)s” names no year."),
    "date_is_quarter": gettext_noop("“%(value)s” is a quarter, not a date."),
    "date_ambiguous": gettext_noop(
        "“%(value)s” may be read month first or day first: say which it is."
    ),
    "not_a_period": gettext_noop("“%(value)s” is not a month."),
    "not_a_duration": gettext_noop(
        "“%(value)s” is not a duration: write hours as a number, or such as 10 min."
    ),
    "not_a_boolean": gettext_noop("“%(value)s” is neither yes nor no."),
    "unknown_choice": gettext_noop("“%(value)s” is not one of the choices: %(choices)s."),
    "ends_before_start": gettext_noop("The end lies before the start."),
    "unknown_outcome": gettext_noop("The outcome “%(value)s” is not known and stays empty."),
    "never_completed": gettext_noop("The step was started here and never completed."),
    "other_transition": gettext_noop(
        "“%(value)s” is neither a start nor a completion: the row is not counted."
    ),
    "same_number": gettext_noop("“%(value)s” cannot be told apart from another identifier."),
}


@dataclass(frozen=True)
class Fault:
    """Why one text could not be read: a code of SENTENCES and what its sentence names."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a table. `row` is the row number in the source file, None for all.

    `column` is the header as the file writes it; `value` the text found. An error keeps the row
    out; a warning lets it in.
    """

    row: int | None
    column: str
    code: str
    value: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = "error"

    @property
    def sentence(self) -> str:
        """The English sentence with `%(name)s` places, to be translated and filled."""
        return SENTENCES[self.code]

    def __str__(self) -> str:
        return self.sentence % {"value": self.value, **self.params}


class RefusedFile(Exception):
    """A file that is not read at all, for one reason."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.params = dict(params or {})
        super().__init__(self.sentence % self.params)

    @property
    def sentence(self) -> str:
        """The English sentence with `%(name)s` places, to be translated and filled."""
        return SENTENCES[self.code]
