"""What a form that came back says: typed values, what is wrong, and what belongs nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from opsloop.exchange.columns import ColumnType
from opsloop.exchange.problems import Problem

MatchedBy = Literal["key", "printed", "label", "alias", "position"]
AsideKind = Literal["title", "total", "signature", "note", "section", "heading"]


@dataclass(frozen=True)
class MatchedColumn:
    """A column of the file and the column of the form it was taken for."""

    place: int
    heading: str
    key: str
    by: MatchedBy


@dataclass(frozen=True)
class Aside:
    """A line that is no row of the table: kept and named, never dropped. `row` as in the file."""

    row: int
    kind: AsideKind
    text: str


@dataclass(frozen=True)
class ReturnedRow:
    """One row. `row` is its number in the file; `id` and `version` are empty in a new one.

    `values` are typed as in `SheetRow.values`, for every column of the file that the form has;
    a cell with a problem is left out of them. `written` holds the values of computed columns, which
    nobody takes over but which may contradict what is computed. `texts` are the cells as they
    stand, `unknown` those under headings the form does not have.
    """

    row: int
    values: Mapping[str, Any]
    texts: Mapping[str, str]
    id: str = ""
    version: str = ""
    written: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_faulty(self) -> bool:
        """Whether a problem keeps the row out."""
        return any(problem.severity == "error" for problem in self.problems.values())


@dataclass(frozen=True)
class ReturnedForm:
    """A form read back.

    `has_ids` says its rows carry the ids of their records, `exported` that it is a whole workbook of
    our own; `subject` is the key of the record that was exported for ("" in any other file).
    `format` is xlsx, xls, docx, csv or "" (pasted), `sheet` the worksheet it was found on. `header`
    holds the title block by key; only what the file says is in it. `unknown` names the columns the
    form does not have, `unknown_types` what type the values of each look like.
    """

    header: Mapping[str, Any]
    rows: tuple[ReturnedRow, ...]
    columns: tuple[MatchedColumn, ...]
    unknown: tuple[str, ...] = ()
    asides: tuple[Aside, ...] = ()
    header_texts: Mapping[str, str] = field(default_factory=dict)
    header_problems: Mapping[str, Problem] = field(default_factory=dict)
    has_ids: bool = False
    exported: bool = False
    format: str = ""
    subject: str = ""
    sheet: str = ""
    heading_row: int | None = None
    unknown_types: Mapping[str, ColumnType] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything wrong, the title block first, then row by row."""
        of_rows = (problem for row in self.rows for problem in row.problems.values())
        return (*self.header_problems.values(), *of_rows)

    @property
    def faulty(self) -> tuple[ReturnedRow, ...]:
        """The rows that cannot be taken as they are."""
        return tuple(row for row in self.rows if row.is_faulty)
