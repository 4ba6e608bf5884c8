"""A form declared once: its columns, types, choices, formulas and printed layout.

From one `Sheet` come the grid on screen, paste, import with preview, export in the printed
layout and the schema of the API. A `FilledSheet` is one such form with its values: what every
output writes and every input returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from opsloop.exchange.values import plain

ColumnType = Literal[
    "text", "long_text", "number", "money", "percent", "hours", "date", "datetime", "choice",
    "person", "department", "boolean",
]  # fmt: skip
FormulaKind = Literal["sum", "difference", "rate", "product", "working_days"]
Health = Literal["", "good", "warn", "bad"]
Tone = Literal["info", "warn", "bad"]


@dataclass(frozen=True)
class Formula:
    """How a column follows from others of its row; the whole list a sheet may choose from.

    `of` names columns by key. sum: a + b + …; difference: a − b; rate: (a − b) / |b|, empty where
    b is 0 or empty; product: a × b × …; working_days: workdays from a to b, both counted.
    """

    kind: FormulaKind
    of: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    `label` may be a lazy translation; it is shown, never compared. `printed` is the heading exactly
    as the company form prints it (empty: `label` in the form's language), `aliases` other headings
    by which files are known to name it. `choices` are (stored value, shown label) pairs. `computed`
    columns are never read back from a file; `formula` says how a workbook computes them live.
    `editors` names the permission an editor needs beside that of the form (empty: none).
    `totalled` columns have a total. `width` is in characters, `print_width` in millimetres
    (0: by content). `in_print` columns stand in the printed company form, the others only on screen
    and in the full layout. `words` are (text as files write it, stored value) pairs of a choice, the
    printed word of each value first.
    """

    key: str
    label: Any
    type: ColumnType = "text"
    unit: Any = ""
    required: bool = False
    choices: tuple[tuple[str, Any], ...] = ()
    computed: bool = False
    editable: bool = True
    width: int = 16
    print_width: int = 0
    help: Any = ""
    printed: str = ""
    aliases: tuple[str, ...] = ()
    formula: Formula | None = None
    editors: str = ""
    totalled: bool = False
    frozen: bool = False
    decimals: int | None = None
    in_print: bool = True
    words: tuple[tuple[str, str], ...] = ()

    def choice(self, text: str) -> str | None:
        """The stored value a text of a choice column means; None when it is none of them."""
        wanted = plain(text)
        said = (*self.words, *((str(label), value) for value, label in self.choices))
        known = {value: value for value, _label in self.choices} | {
            plain(word): value for word, value in said
        }
        return known.get(wanted)

    def word(self, value: str) -> str:
        """How the printed form writes a stored value: its word, else its label, else itself."""
        printed = (word for word, stored in self.words if stored == value)
        labels = (str(label) for stored, label in self.choices if stored == value)
        return next(printed, next(labels, value))


@dataclass(frozen=True)
class Sheet:
    """One form: the fields of its title block and the columns of its table.

    `printed_title` is the title as the company form prints it, `titles` others that copies carry.
    `numbering` puts “1.” before the values of the first column in print and takes it off again when
    read. `signatures` are the roles of the line below the table. `is_tree` rows may have a parent
    row.
    """

    key: str
    title: Any
    header: tuple[Column, ...]
    columns: tuple[Column, ...]
    printed_title: str = ""
    signatures: tuple[Any, ...] = ()
    unit_note: Any = ""
    is_tree: bool = False
    numbering: bool = False
    titles: tuple[str, ...] = ()

    def column(self, key: str) -> Column:
        """The column or title field with a key; KeyError when there is none."""
        for column in (*self.columns, *self.header):
            if column.key == key:
                return column
        raise KeyError(key)

    @property
    def editable(self) -> tuple[Column, ...]:
        """The columns a person may type into."""
        return tuple(column for column in self.columns if column.editable and not column.computed)

    @property
    def printed_columns(self) -> tuple[Column, ...]:
        """The columns of the company form, in its order."""
        return tuple(column for column in self.columns if column.in_print)

    @property
    def printed_header(self) -> tuple[Column, ...]:
        """The fields of the title block that the company form prints."""
        return tuple(column for column in self.header if column.in_print)


@dataclass(frozen=True)
class Remark:
    """What a form says against itself, shown beside the cell; never silently corrected.

    `code` is the stable name of the rule (X-18, S9 …), `row` the id of the row (empty: the whole
    form), `column` the key of the cell (empty: the whole row). `computed` and `written` are the two
    values as people read them; `text` is the sentence, which may be lazy.
    """

    code: str
    tone: Tone
    text: Any
    row: str = ""
    column: str = ""
    computed: str = ""
    written: str = ""


@dataclass(frozen=True)
class SheetRow:
    """One row of a filled sheet.

    `id` names the record ("" for a row without one), `version` the state it was read in. `values`
    are by column key: str, Decimal (money in yuan, a percentage as a rate: 0.3 = 30 %, hours), date,
    datetime, bool or None. `sources` tell where a cell comes from: log, sample, observed,
    interview, typed, computed.
    """

    id: str
    values: Mapping[str, Any]
    version: str = ""
    parent: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    health: Health = ""


@dataclass(frozen=True)
class FilledSheet:
    """A form with its values: title block by key, rows in order, totals by column key.

    `name` is that of its record (a process, a month), "" where it has none.
    """

    sheet: Sheet
    header: Mapping[str, Any]
    rows: tuple[SheetRow, ...]
    totals: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    name: str = ""

    def titled(self, title: str) -> str:
        """A title as this form bears it: its name, where that begins with the title and says more."""
        return self.name if self.name.startswith(title) else title
