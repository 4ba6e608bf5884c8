"""The form of a month as a grid: figures are computed, what people say about a line is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from opsloop.costs import actions, queries
from opsloop.costs.form_lines import Amounts, Row
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod, LineNote, PeriodState
from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.exchange.columns import FilledSheet, Health, SheetRow
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.sheets.register import (
    FORMS_OFFERED,
    CellChange,
    CellRefused,
    Conflicting,
    FixedRows,
    record_id,
)
from opsloop.sheets.versions import conflicts_of, version_of

# What people say about a line; everything else is computed or kept by the loop.
_WRITTEN: Final = ("reason", "controllable", "lasting")
_REASON_LENGTH: Final = 2000
_HELD_BY_THE_LOOP: Final = _("The root cause is kept with the deviation: change it there.")
_LOCKED: Final = _("A locked month keeps its words as they are.")
_TOO_LONG: Final = _("At most %(count)s characters fit here.")


class MonthGrid(FixedRows):
    """The lines of one month a person may see; the key of a form is the month's id.

    A row is named by the dimension of its line, because it exists as soon as it is posted.
    """

    sheet = COST_ANALYSIS
    refusal = _("The lines of this form come from ledger and budget.")

    def locate(self, person: Person, key: str) -> CostPeriod:
        periods = CostPeriod.objects.visible_to(person).select_related(
            "ledger__department", "budget", "reviewed_by"
        )
        found: CostPeriod = periods.get(pk=record_id(key))
        return found

    def title(self, subject: Model) -> str:
        return f"{COST_ANALYSIS.title} {_period(subject).key}"

    def address(self, subject: Model) -> str:
        return reverse("costs:detail", args=[subject.pk])

    def may_edit(self, person: Person, subject: Model) -> bool:
        """Whether any line may be written to; whose it is, every write asks again."""
        locked = _period(subject).state == PeriodState.LOCKED
        return not locked and person.may(Permission.COST_EDIT)

    def editable_by(self, person: Person) -> Sequence[tuple[str, str]]:
        periods = CostPeriod.objects.visible_to(person, Permission.COST_EDIT).exclude(
            state=PeriodState.LOCKED
        )
        return [(str(one.pk), one.key) for one in periods[:FORMS_OFFERED]]

    def sees_all(self, person: Person, subject: Model) -> bool:
        del subject
        return person.reach(Permission.COST_VIEW) is None

    def fill(self, person: Person, subject: Model) -> FilledSheet:
        period = _period(subject)
        month = queries.month(period, person, queries.View(page=0))
        header = {
            "period": period.key, "state": period.get_state_display(),
            "reviewer": str(period.reviewed_by or ""),
        }  # fmt: skip
        total = month.total
        totals = {
            "base": total.base, "actual": total.actual, "variance": total.delta, "rate": total.rate,
        }  # fmt: skip
        # The sheet adds its columns up: percentages, which are in no sum, stay on the page.
        lines = (row for row in month.rows if not row.is_points)
        return FilledSheet(COST_ANALYSIS, header, tuple(map(_row, lines)), totals)

    def row_subject(self, subject: Model, row: str) -> Model:
        if not row:
            return subject
        for note in LineNote.objects.filter(period=_period(subject)):
            if LineKey(*note.line).dimension == row:
                return note
        raise LineNote.DoesNotExist

    def past_value(self, column: str, changes: Mapping[str, Any]) -> tuple[Any, Any] | None:
        pair = changes.get(column)
        return (pair[0], pair[1]) if isinstance(pair, list) else None

    @transaction.atomic
    def change(
        self, subject: Model, changes: Sequence[CellChange], *, by: Person, now: datetime
    ) -> None:
        # Under a lock of our own: the state and the notes are those of this moment.
        period = CostPeriod.objects.unscoped("locks the month handed in").get(pk=subject.pk)
        month = queries.month(period, by, queries.View(page=0))
        rows = {row.key.dimension: row for row in month.rows}
        conflicts = [
            one for change in changes for one in conflicts_of(
                change, _values(rows[change.row]) if change.row in rows else None,
                COST_ANALYSIS.columns,
            )
        ]  # fmt: skip
        if conflicts:
            raise Conflicting(conflicts)
        for change in changes:
            self._write(period, rows[change.row], change, by=by, now=now)

    def _write(
        self, period: CostPeriod, row: Row, change: CellChange, *, by: Person, now: datetime
    ) -> None:
        said = {name: getattr(row.note, name, "") for name in _WRITTEN}
        wanted = {**said, **change.values}
        if "reason" in change.values and wanted["reason"] == row.reason:
            wanted["reason"] = said["reason"]
        if wanted == said:
            return
        if row.loop and row.loop.cause and wanted["reason"] != said["reason"]:
            raise CellRefused(change.row, "reason", _HELD_BY_THE_LOOP)
        if len(wanted["reason"]) > _REASON_LENGTH:
            raise CellRefused(change.row, "reason", _TOO_LONG % {"count": _REASON_LENGTH})
        try:
            actions.write_note(
                period=period, line=row.key, by=by, now=now,
                department=queries.department_of(period, row.key), **wanted,
            )  # fmt: skip
        except actions.WrongState as error:
            raise CellRefused(change.row, "reason", _LOCKED) from error


def _period(subject: Model) -> CostPeriod:
    assert isinstance(subject, CostPeriod)
    return subject


def _row(row: Row) -> SheetRow:
    values = _values(row)
    return SheetRow(
        row.key.dimension, values, version_of(values, COST_ANALYSIS.columns), health=_health(row)
    )


def _health(row: Row) -> Health:
    """Only what deserves a reason is coloured, by favourability and never by sign."""
    if row.variance.base_fen is None:
        return "warn"
    tones: dict[bool | None, Health] = {True: "good", False: "bad", None: ""}
    return tones[row.favourable] if row.flagged else ""


def _values(row: Row) -> dict[str, Any]:
    loop = row.loop
    return {
        **_amounts(row),
        "category": row.key.category,
        "item": row.key.item,
        "reason": row.reason,
        "countermeasure": row.countermeasure,
        "accountable_department": loop.accountable_department if loop else "",
        "owner": loop.owner if loop else "",
        "due_on": row.due_on,
        "base_price": _price(row.base_price),
        "actual_price": _price(row.actual_price),
        "base_quantity": row.base_quantity,
        "actual_quantity": row.actual_quantity,
        "controllable": row.note.controllable if row.note else "",
        "lasting": row.note.lasting if row.note else "",
    }


def _price(price: Decimal | None) -> Decimal | None:
    return None if price is None else round(price, 4)


def _amounts(row: Amounts) -> dict[str, Any]:
    return {"base": row.base, "actual": row.actual, "variance": row.delta, "rate": row.rate}


SHEETS: Final = (MonthGrid(),)
