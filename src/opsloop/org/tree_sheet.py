"""The organisation as one sheet: a row per person, a row without a person for an empty department.

Brought in as a whole or not at all: nothing is written while a row has a problem. Rows are matched
by department code and user name, so a sheet that went out comes in again without changing anything.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from opsloop.exchange.sandbox import read_table
from opsloop.exchange.workbook_out import guarded, write_rows
from opsloop.org import actions
from opsloop.org.models import Department, Membership, Person
from opsloop.org.permissions import Permission, require
from opsloop.org.refusals import Refused

COLUMNS: Final[dict[str, Any]] = {
    "department_code": _("Department code"),
    "department": _("Department"),
    "parent_code": _("Parent code"),
    "username": _("User name"),
    "name": _("Full name"),
    "employee_no": _("Employee number"),
    "position": _("Position"),
    "superior": _("Superior (user name)"),
    "email": _("E-mail"),
    "mobile": _("Mobile"),
}
Row = dict[str, str]
Numbered = tuple[int, Row]


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with a row of the sheet (1 is the header)."""

    row: int
    column: str | Promise
    sentence: str | Promise


@dataclass
class Outcome:
    departments: int = 0
    people: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def sentence(self) -> str:
        people = ngettext("%(n)d person", "%(n)d people", self.people) % {"n": self.people}
        departments = ngettext("%(n)d department", "%(n)d departments", self.departments)
        return f"{departments % {'n': self.departments}}, {people}"


def bring_in(rows: Sequence[Numbered], *, by: Person | None, now: datetime) -> Outcome:
    """Create and change departments and people from the sheet; list every problem instead."""
    require(by, Permission.ORG_EDIT)
    require(by, Permission.ACCOUNT_EDIT)
    outcome = Outcome(problems=list(_missing(rows)))
    if outcome.problems:
        return outcome
    with transaction.atomic():
        _write(rows, outcome, by, now)
        if outcome.problems:
            transaction.set_rollback(True)
            outcome.departments = outcome.people = 0
    return outcome


def pasted_rows(text: str) -> list[Numbered]:
    """The rows of a text copied from a spreadsheet (tabs) or a CSV file (commas)."""
    text = text.lstrip("\ufeff")
    first = text.splitlines()[0] if text.strip() else ""
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    labels = next(reader, [])
    return list(_named(labels, enumerate(reader, start=2)))


def file_rows(path: Path) -> list[Numbered]:
    """The rows of a workbook or a CSV file; raises RefusedFile for one that is not read."""
    table = read_table(path)
    cells = ([cell or "" for cell in row] for row in table.frame.iter_rows())
    return list(_named(table.labels, zip(table.row_numbers.to_list(), cells, strict=True)))


def csv_out(person: Person) -> str:
    """The sheet of what `person` sees, with the headings of their language."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_labels())
    writer.writerows([guarded(cell) for cell in row] for row in _held(person))
    return file.getvalue()


def workbook_out(person: Person, path: Path) -> None:
    """The same as a workbook."""
    write_rows(path, _labels(), _held(person), name=str(_("Organisation")))


def _labels() -> list[str]:
    return [str(label) for label in COLUMNS.values()]


def _held(person: Person) -> Iterator[list[str]]:
    """What stands in the database, in the order of the tree."""
    departments = Department.objects.visible_to(person).filter(is_active=True)
    for department in departments.select_related("parent").order_by("path"):
        own = {
            "department_code": department.code,
            "department": department.name,
            "parent_code": department.parent.code if department.parent else "",
        }
        places = Membership.objects.filter(department=department, is_main=True)
        places = places.filter(person__is_active=True).select_related("person__superior")
        for row in [_person_row(place) for place in places.order_by("person__username")] or [{}]:
            yield [(own | row).get(key, "") for key in COLUMNS]


def _person_row(place: Membership) -> Row:
    person = place.person
    return {
        "username": person.username, "name": person.name, "employee_no": person.employee_no,
        "position": place.position, "email": person.email, "mobile": person.mobile,
        "superior": person.superior.username if person.superior else "",
    }  # fmt: skip


def _named(labels: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Numbered]:
    """Row number and named cells; headings in any language the product speaks, or the keys."""
    keys = _headings()
    columns = [keys.get(label.strip().lower(), "") for label in labels]
    for number, cells in rows:
        values = (cell.strip().removeprefix("'") for cell in cells)
        row = {key: value for key, value in zip(columns, values, strict=False) if key}
        if any(row.values()):
            yield number, {key: row.get(key, "") for key in COLUMNS}


def _headings() -> dict[str, str]:
    from django.conf import settings
    from django.utils import translation

    found = {key: key for key in COLUMNS}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found |= {str(label).lower(): key for key, label in COLUMNS.items()}
    return found


def _missing(rows: Sequence[Numbered]) -> Iterator[RowProblem]:
    """Rows that cannot be understood whatever the database holds."""
    if not rows:
        yield RowProblem(1, "", _("No row could be read: is the first row the headings?"))
    seen: dict[str, int] = {}
    for number, row in rows:
        if not row["department_code"]:
            yield RowProblem(number, COLUMNS["department_code"], _("A value is required here."))
        if row["username"] and not row["name"]:
            yield RowProblem(number, COLUMNS["name"], _("A value is required here."))
        username = row["username"].lower()
        if username and username in seen:
            yield RowProblem(
                number, COLUMNS["username"], _("This person stands in an earlier row.")
            )
        seen.setdefault(username, number)


def _write(rows: Sequence[Numbered], outcome: Outcome, by: Person | None, now: datetime) -> None:
    """Departments first, then their places in the tree, people, and at last superiors."""
    named = {row["department_code"]: (number, row) for number, row in reversed(rows)}
    for number, row in named.values():
        _attempt(outcome, number, "department", lambda row=row: _department(row, outcome, by, now))
    for number, row in named.values():
        _attempt(outcome, number, "parent_code", lambda row=row: _parent(row, by, now))
    people = [(number, row) for number, row in rows if row["username"]]
    for number, row in people:
        _attempt(outcome, number, "username", lambda row=row: _person(row, outcome, by, now))
    for number, row in people:
        _attempt(outcome, number, "superior", lambda row=row: _superior(row, by, now))


def _attempt(outcome: Outcome, number: int, column: str, change: Any) -> None:
    try:
        problem = change()
    except Refused as refused:
        problem = str(refused)
    if problem:
        outcome.problems.append(RowProblem(number, COLUMNS[column], problem))


def _department(row: Row, outcome: Outcome, by: Person | None, now: datetime) -> Any:
    code, name = row["department_code"], row["department"]
    held = Department.objects.filter(code=code).first()
    if held is None:
        if not name:
            return _("A value is required here.")
        actions.create_department(name=name, code=code, by=by, now=now)
        outcome.departments += 1
    elif name and held.name != name:
        actions.edit_department(
            held, name=name, code=code, parent=held.parent, is_active=held.is_active, by=by, now=now
        )
        outcome.departments += 1
    return None


def _parent(row: Row, by: Person | None, now: datetime) -> Any:
    held = Department.objects.filter(code=row["department_code"]).first()
    if held is None or row["parent_code"] == (held.parent.code if held.parent else ""):
        return None
    parent = Department.objects.filter(code=row["parent_code"]).first()
    if parent is None and row["parent_code"]:
        return _("No department has this code.")
    actions.edit_department(
        held,
        name=held.name,
        code=held.code,
        parent=parent,
        is_active=held.is_active,
        by=by,
        now=now,
    )
    return None


def _person(row: Row, outcome: Outcome, by: Person | None, now: datetime) -> Any:
    department = Department.objects.filter(code=row["department_code"]).first()
    if department is None:
        return _("No department has this code.")
    fields: dict[str, Any] = {key: row[key] for key in ("name", "employee_no", "email", "mobile")}
    held = Person.objects.filter(username__iexact=row["username"]).first()
    if held is None:
        actions.create_person(
            username=row["username"], department=department, position=row["position"], **fields,
            by=by, now=now,
        )  # fmt: skip
        outcome.people += 1
        return None
    changed = {key for key, value in fields.items() if getattr(held, key) != value}
    place = held.memberships.filter(is_main=True).first()
    moved = place is None or (place.department_id, place.position) != (
        department.pk,
        row["position"],
    )
    if changed:
        actions.edit_person(held, superior=held.superior, **fields, by=by, now=now)
    if moved:
        actions.place_person(
            held, department=department, position=row["position"], is_main=True, by=by, now=now
        )
    outcome.people += bool(changed or moved)
    return None


def _superior(row: Row, by: Person | None, now: datetime) -> Any:
    held = Person.objects.filter(username__iexact=row["username"]).first()
    superior = Person.objects.filter(username__iexact=row["superior"]).first()
    if row["superior"] and superior is None:
        return _("No person has this user name.")
    if held is not None and held.superior != superior:
        actions.edit_person(held, superior=superior, by=by, now=now)
    return None
