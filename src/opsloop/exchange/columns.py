"""A form declared once: its columns, types, choices and printed layout.

From one `Sheet` come the grid on screen, paste, import with preview, export in the printed
layout and the schema of the API.
"""

from dataclasses import dataclass
from typing import Any, Literal

ColumnType = Literal[
    "text", "long_text", "number", "money", "percent", "hours", "date", "datetime", "choice",
    "person", "department", "boolean",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    `label` may be a lazy translation; it is shown, never compared. `choices` are (stored value,
    shown label) pairs. `computed` columns are never read back from a file. `width` is in
    characters, `print_width` in millimetres (0: by content).
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


@dataclass(frozen=True)
class Sheet:
    """One form: the fields of its title block and the columns of its table."""

    key: str
    title: Any
    header: tuple[Column, ...]
    columns: tuple[Column, ...]

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
