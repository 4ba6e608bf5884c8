"""The three kinds of facts: their columns, order and dictionaries.

Facts carry integers only. A name is a number into a dictionary kept beside the file; an identity
(a case, a document) is a stable 63-bit number of its text, so that files imported apart agree on
it without knowing each other. Minus one means "not stated"; a null means "has no such value".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["event_log", "ledger", "budget"]

OUTCOMES = ("approved", "returned", "rejected", "withdrawn", "delegated")
"""The outcomes of one step, numbered 0 to 4 in `outcome_no`."""


@dataclass(frozen=True)
class FactColumn:
    """One stored column. `names` is the dictionary and `identity` the identity it points into.

    An optional one may be absent from a file, which then states nothing: −1 in every row.
    """

    name: str
    dtype: type[pl.DataType]
    nullable: bool = False
    names: str = ""
    identity: str = ""
    optional: bool = False


@dataclass(frozen=True)
class FactSchema:
    """One kind of facts. `order` sorts a file; the first of a pair of columns wins when present."""

    kind: Kind
    columns: tuple[FactColumn, ...]
    order: tuple[str | tuple[str, str], ...]

    @property
    def dtypes(self) -> dict[str, type[pl.DataType]]:
        """Column name → stored type, in stored order."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def dictionaries(self) -> dict[str, FactColumn]:
        """Dictionary name → the column that points into it."""
        return {column.names: column for column in self.columns if column.names}

    @property
    def identities(self) -> dict[str, FactColumn]:
        """Identity name → the column that carries its stable number."""
        return {column.identity: column for column in self.columns if column.identity}

    def sort_keys(self) -> list[pl.Expr]:
        """The order of the rows as expressions."""
        return [pl.coalesce(key) if isinstance(key, tuple) else pl.col(key) for key in self.order]


_LINE = (
    FactColumn("period_no", pl.Int32),
    FactColumn("category_no", pl.Int32, names="category"),
    FactColumn("item_no", pl.Int32, names="item"),
    FactColumn("department_no", pl.Int32, names="department"),
    FactColumn("amount_fen", pl.Int64),
    FactColumn("quantity_milli", pl.Int64, nullable=True),
)
# Cost centres need no column of their own: they are departments; projects run across them.
_PROJECT = FactColumn("project_no", pl.Int32, names="project", optional=True)
_PLACE = (FactColumn("seq", pl.Int64), FactColumn("source_row", pl.Int64))
_LINE_ORDER = ("period_no", "category_no", "item_no", "department_no", "seq")

SCHEMAS: Mapping[str, FactSchema] = {
    schema.kind: schema
    for schema in (
        FactSchema(
            "event_log",
            (
                FactColumn("case_no", pl.Int64, identity="case"),
                FactColumn("activity_no", pl.Int16, names="activity"),
                FactColumn("start_us", pl.Int64, nullable=True),
                FactColumn("end_us", pl.Int64),
                FactColumn("resource_no", pl.Int32, names="resource"),
                FactColumn("department_no", pl.Int16, names="department"),
                FactColumn("outcome_no", pl.Int8),
                FactColumn("amount_fen", pl.Int64, nullable=True),
                *_PLACE,
            ),
            ("case_no", ("start_us", "end_us"), "end_us", "seq"),
        ),
        FactSchema(
            "ledger",
            (
                *_LINE,
                FactColumn("day", pl.Int32),
                FactColumn("document_no", pl.Int64, identity="document"),
                FactColumn("supplier_no", pl.Int32, names="supplier"),
                _PROJECT,
                FactColumn("document_type_no", pl.Int32, names="document_type", optional=True),
                *_PLACE,
            ),
            _LINE_ORDER,
        ),
        FactSchema("budget", (*_LINE, _PROJECT, *_PLACE), _LINE_ORDER),
    )
}


def schema_of(kind: str) -> FactSchema:
    """The schema of a kind; KeyError for a kind there is none of."""
    return SCHEMAS[kind]
