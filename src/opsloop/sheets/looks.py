"""A form as a page shows it: cells as texts, each with what is said about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from opsloop.exchange.columns import Column, FilledSheet, Remark
from opsloop.exchange.printing import paper, shown
from opsloop.exchange.printing.formulas import total_cells, value_of
from opsloop.exchange.printing.texts import Layout
from opsloop.sheets.files import texts

# So many stand above the table; all of them stand at their cells.
_FINDINGS = 30
Said = Mapping[tuple[str, str], Sequence[Remark]]
Problems = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class LookedCell:
    """One cell; `problem` is why a file's text could not be read."""

    text: str
    align: str
    remarks: Sequence[Remark] = ()
    problem: str = ""

    @property
    def tone(self) -> str:
        """The gravest thing said about the cell."""
        if self.problem:
            return "bad"
        tones = {remark.tone for remark in self.remarks}
        return next((tone for tone in ("bad", "warn", "info") if tone in tones), "")


@dataclass(frozen=True)
class LookedRow:
    """One row; its first two cells name it."""

    cells: tuple[LookedCell, ...]
    remarks: Sequence[Remark]
    depth: int = 0

    @property
    def name(self) -> str:
        return " · ".join(cell.text for cell in self.cells[:2] if cell.text)

    def said(self, headings: Sequence[str]) -> Iterator[tuple[str, Sequence[Remark]]]:
        """What is said of each cell under its heading, then of the whole row."""
        for heading, cell in zip(headings, self.cells, strict=True):
            yield heading, cell.remarks
        yield "", self.remarks


@dataclass(frozen=True)
class Finding:
    """One remark of a row before anybody reads the table: which row, which cell, what."""

    number: int
    name: str
    heading: str
    remark: Remark


@dataclass(frozen=True)
class Look:
    """The whole form, laid out as in print; `shares` are the widths of its columns in per cent.

    A form is dense when its columns fit the page only printed smaller.
    """

    title: str
    fields: tuple[tuple[str, LookedCell], ...]
    headings: tuple[tuple[str, str], ...]
    shares: tuple[str, ...]
    is_dense: bool
    rows: tuple[LookedRow, ...]
    totals: tuple[tuple[str, str], ...]
    unit_note: str
    signatures: tuple[str, ...]
    remarks: Sequence[Remark]

    @property
    def counted(self) -> dict[str, int]:
        """How many remarks of each tone, unread cells among the bad ones."""
        cells = [cell for row in self.rows for cell in row.cells]
        said = [*self.remarks, *(one for row in self.rows for one in row.remarks)]
        said += [one for cell in cells for one in cell.remarks]
        found = {tone: sum(one.tone == tone for one in said) for tone in ("bad", "warn", "info")}
        return found | {"unread": sum(bool(cell.problem) for cell in cells)}

    @property
    def findings(self) -> list[Finding]:
        """The gravest remarks of the rows, contradictions first, in the order of the rows."""
        found = [
            Finding(number, row.name, heading, remark)
            for number, row in enumerate(self.rows, start=1)
            for heading, said in row.said([name for name, _align in self.headings])
            for remark in said
            if remark.tone != "info"
        ]
        found.sort(key=lambda one: one.remark.tone != "bad")
        return found[:_FINDINGS]


def look(
    filled: FilledSheet, remarks: Sequence[Remark] = (), problems: Problems | None = None, *,
    layout: Layout = "company",
) -> Look:  # fmt: skip
    """A form with the remarks and problems at their cells; `problems` by row id and column key."""
    words = texts()
    page = paper.laid_out(filled, words, layout)
    said: dict[tuple[str, str], list[Remark]] = {}
    shown_keys = {column.key for column in page.columns}
    for one in remarks:
        # What is said of a column that is not printed is said of its row.
        said.setdefault((one.row, one.column if one.column in shown_keys else ""), []).append(one)
    fields = tuple(
        (field.heading, _field(field.column, filled.header.get(field.column.key), remarks, problems or {}))
        for block in page.blocks for field in block
    )  # fmt: skip
    told = {id(one) for _heading, cell in fields for one in cell.remarks}
    return Look(
        title=page.title,
        fields=fields,
        headings=tuple(
            (heading, shown.align(column))
            for heading, column in zip(page.headings, page.columns, strict=True)
        ),
        shares=tuple(f"{width / sum(page.widths):.1%}" for width in page.widths),
        is_dense=page.scale < 1,
        rows=tuple(_row(line, page.columns, said, problems or {}) for line in paper.lines(filled)),
        totals=_totals(filled, page.columns),
        unit_note=page.unit_note,
        signatures=page.signatures,
        remarks=[one for one in said.get(("", ""), []) if id(one) not in told],
    )


def _field(
    column: Column, value: object, remarks: Sequence[Remark], problems: Problems
) -> LookedCell:
    said = [one for one in remarks if not one.row and one.column == column.key]
    text = shown.shown(column, value, texts())
    return LookedCell(text, "left", said, problems.get(("", column.key), ""))


def _row(line: paper.Line, columns: Sequence[Column], said: Said, problems: Problems) -> LookedRow:
    row, words = line.row, texts()
    cells = [
        LookedCell(
            shown.shown(column, value_of(column, row), words), shown.align(column),
            said.get((row.id, column.key), ()), problems.get((row.id, column.key), ""),
        )
        for column in columns
    ]  # fmt: skip
    if cells and line.number:
        first = cells[0]
        cells[0] = LookedCell(line.number + first.text, first.align, first.remarks, first.problem)
    return LookedRow(tuple(cells), said.get((row.id, ""), ()), line.depth)


def _totals(filled: FilledSheet, columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    found = total_cells(filled, columns, texts())
    return tuple(zip(found, map(shown.align, columns), strict=False))
