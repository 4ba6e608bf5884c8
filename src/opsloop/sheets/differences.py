"""What a file or an older state would change in a form, what somebody chose of it, and taking it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from opsloop.exchange.columns import Column
from opsloop.exchange.printing.shown import shown
from opsloop.exchange.returned.compare import ChangedCell, Difference, difference
from opsloop.exchange.returned.model import ReturnedForm, ReturnedRow
from opsloop.sheets import wire
from opsloop.sheets.actions import Block, Decision, TitleChange
from opsloop.sheets.files import texts
from opsloop.sheets.paste import said
from opsloop.sheets.queries import State
from opsloop.sheets.reading import as_kept
from opsloop.sheets.register import CellChange
from opsloop.sheets.versions import changed_since, header_version

# A value at an older version that nobody knows any more; equal to nothing.
_UNKNOWN: Final = object()
_NO_SUCH_ROW: Final = _("The form has no such row: what the file says of it is not taken over.")


@dataclass(frozen=True)
class Choice:
    """One thing that can be taken over: `token` names it in the form of the page."""

    token: str
    label: str
    before: str
    after: str
    is_taken: bool = True
    is_conflict: bool = False


@dataclass(frozen=True)
class RowChoices:
    """The changes of one row, under the words by which people know it."""

    name: str
    kind: str  # changed | added | removed | gone
    choices: tuple[Choice, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A form beside what came back: the page shows it, the same again is applied."""

    now: State
    returned: ReturnedForm
    change: Difference

    @property
    def seen(self) -> str:
        """Names the compared states, so that nothing is applied that was not shown."""
        text = json.dumps([self.now.rows, wire.header(self.now.filled)])
        return blake2b(text.encode(), digest_size=12).hexdigest()

    @property
    def header(self) -> tuple[Choice, ...]:
        fields = {column.key: column for column in self.now.open.sheet.header}
        return tuple(_choice(f"h:{one.key}", fields[one.key], one) for one in self.change.header)

    @property
    def rows(self) -> list[RowChoices]:
        """Row by row: changed, added, gone, removed; in the order of the file."""
        return [*self._changed(), *self._added(), *self._removed()]

    @property
    def unchanged(self) -> int:
        return len(self.change.unchanged)

    @property
    def faulty(self) -> int:
        return len(self.returned.faulty)

    @property
    def problems(self) -> list[str]:
        """What is wrong with the title block."""
        return [said(problem) for problem in self.returned.header_problems.values()]

    @property
    def is_empty(self) -> bool:
        return self.change.is_empty and not self.returned.problems

    def _changed(self) -> Iterator[RowChoices]:
        changed = {row.id: row for row in self.change.changed}
        faulty = {row.id: row for row in self.returned.rows if row.problems and row.id}
        for row in self.now.filled.rows:
            found, wrong = changed.get(row.id), faulty.get(row.id)
            told = found.returned if found else wrong
            if told is None:
                continue
            cells = found.cells if found else ()
            yield RowChoices(
                self._name(row.values), "changed",
                tuple(
                    _choice(f"c:{row.id}:{cell.key}", self._column(cell.key), cell)
                    for cell in cells
                ),
                _wrong(told),
            )  # fmt: skip

    def _added(self) -> Iterator[RowChoices]:
        is_fixed = self.now.open.source.has_fixed_rows
        for kind, rows in (("added", self.change.added), ("gone", self.change.gone)):
            for row in rows:
                if is_fixed:
                    yield RowChoices(self._name(row.values), "left_out", (), (str(_NO_SUCH_ROW),))
                    continue
                words = ", ".join(
                    f"{self._column(key).label}: {_shown(self._column(key), value)}"
                    for key, value in row.values.items() if value not in (None, "")
                )  # fmt: skip
                one = Choice(f"a:{row.row}", "", "", words, is_taken=kind == "added")
                choices = () if row.is_faulty else (one,)
                yield RowChoices(self._name(row.values), kind, choices, _wrong(row))

    def _removed(self) -> Iterator[RowChoices]:
        if self.now.open.source.has_fixed_rows:
            return
        for row in self.change.removed:
            one = Choice(f"r:{row.id}", "", "", "", is_taken=False)
            yield RowChoices(self._name(row.values), "removed", (one,))

    def _name(self, values: Mapping[str, Any]) -> str:
        columns = self.now.open.sheet.columns
        required = [column for column in columns if column.required] or columns[:1]
        return " · ".join(filter(None, (_shown(one, values.get(one.key)) for one in required)))

    def _column(self, key: str) -> Column:
        return self.now.open.sheet.column(key)


def compare(now: State, returned: ReturnedForm) -> Comparison:
    return Comparison(now, returned, difference(now.filled, returned, base=_base(now, returned)))


def decide(compared: Comparison, taken: Collection[str]) -> Decision:
    """What the chosen tokens mean, against the versions that were compared."""
    opened, change = compared.now.open, compared.change
    fields = {column.key: column for column in opened.sheet.header}
    title = {
        one.key: as_kept(fields[one.key], one.after)
        for one in change.header if f"h:{one.key}" in taken
    }  # fmt: skip
    version = header_version(compared.now.filled)
    return Decision(
        header=TitleChange(title, version) if title else None,
        changes=list(_changes(compared, taken)),
        blocks=_blocks(compared, taken),
        removed=[(row.id, row.version) for row in change.removed if f"r:{row.id}" in taken],
    )  # fmt: skip


def _changes(compared: Comparison, taken: Collection[str]) -> Iterator[CellChange]:
    sheet = compared.now.open.sheet
    for row in compared.change.changed:
        values = {
            cell.key: as_kept(sheet.column(cell.key), cell.after)
            for cell in row.cells if f"c:{row.id}:{cell.key}" in taken
        }  # fmt: skip
        if values:
            yield CellChange(row.id, row.version, values)


def _blocks(compared: Comparison, taken: Collection[str]) -> list[Block]:
    """The new rows, each below the row it stood below in the file."""
    standing = set(compared.now.by_id)
    new = {row.row for row in (*compared.change.added, *compared.change.gone)}
    rows: dict[str, list[Mapping[str, Any]]] = {}
    last = compared.now.filled.rows[-1].id if compared.now.filled.rows else ""
    above = "" if compared.returned.has_ids else last
    for row in compared.returned.rows:
        if row.row not in new:
            above = row.id if row.id in standing else above
        elif f"a:{row.row}" in taken and not row.is_faulty:
            rows.setdefault(above, []).append(_values(compared, row))
    return [Block(after, found) for after, found in rows.items()]


def _values(compared: Comparison, row: ReturnedRow) -> dict[str, Any]:
    sheet = compared.now.open.sheet
    known = {column.key: column for column in sheet.editable}
    return {key: as_kept(known[key], value) for key, value in row.values.items() if key in known}


def _base(
    now: State, returned: ReturnedForm
) -> dict[tuple[str, str], Mapping[str, Any]]:  # fmt: skip
    """Rows as they were when the file was made, as far as their version still tells."""
    columns = now.open.sheet.columns
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in returned.rows:
        stands = now.by_id.get(row.id)
        if stands is not None and row.version and row.version != stands.version:
            changed = changed_since(row.version, stands.values, columns)
            unknown = dict.fromkeys(changed, _UNKNOWN)
            found[row.id, row.version] = {**stands.values, **unknown}
    return found


def _choice(token: str, column: Column, cell: ChangedCell) -> Choice:
    return Choice(
        token, str(column.label), _shown(column, cell.before), _shown(column, cell.after),
        is_taken=not cell.is_conflict, is_conflict=cell.is_conflict,
    )  # fmt: skip


def _wrong(row: ReturnedRow) -> tuple[str, ...]:
    return tuple(f"{one.column}: {said(one)}" for one in row.problems.values())


def _shown(column: Column, value: Any) -> str:
    return shown(column, value, texts())


def counts(rows: Sequence[RowChoices]) -> dict[str, int]:
    """How many rows of each kind, and how many conflicts."""
    found = {
        kind: sum(row.kind == kind and bool(row.choices or row.problems) for row in rows)
        for kind in ("changed", "added", "gone", "removed", "left_out")
    }
    conflicts = sum(choice.is_conflict for row in rows for choice in row.choices)
    return found | {"conflicts": conflicts}
