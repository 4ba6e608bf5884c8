"""The department tree: list, detail, edit, import and export as a sheet."""

import io
import tempfile
from pathlib import Path
from typing import Final

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from opsloop.org import actions, queries, tree_sheet
from opsloop.org.clock import now
from opsloop.org.forms import DepartmentForm, OrganisationForm, TreeImportForm
from opsloop.org.models import Department, Organisation
from opsloop.org.permissions import Permission
from opsloop.org.requests import person_of
from opsloop.org.views.helpers import accepted

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def listing(request: HttpRequest) -> HttpResponse:
    tree = queries.department_tree(person_of(request))
    context = {"tree": tree, "organisation": Organisation.current(), "help": "org", "tab": "tree"}
    return render(request, "org/departments.html", context | _rights(request))


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    reader = person_of(request)
    department = get_object_or_404(Department.objects.visible_to(reader), pk=pk)
    context = {
        "department": department,
        "people": queries.people_visible_to(reader, department=department),
        "children": department.children.filter(is_active=True).order_by("code"),
        "help": "org",
    }
    return render(request, "org/department.html", context | _rights(request))


def create(request: HttpRequest) -> HttpResponse:
    form = DepartmentForm(request.POST or None, initial={"parent": request.GET.get("parent")})
    del form.fields["is_active"]
    by = person_of(request)
    if accepted(
        request, form, lambda: actions.create_department(**form.cleaned_data, by=by, now=now())
    ):
        return redirect("org:departments")
    title = _("New department")
    return render(
        request, "org/form.html", {"form": form, "title": title, "back": "org:departments"}
    )


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    by = person_of(request)
    department = get_object_or_404(Department.objects.visible_to(by), pk=pk)
    initial = {name: getattr(department, name) for name in ("name", "code", "parent", "is_active")}
    form = DepartmentForm(request.POST or None, initial=initial)

    def save() -> object:
        return actions.edit_department(department, **form.cleaned_data, by=by, now=now())

    if accepted(request, form, save):
        return redirect("org:departments")
    context = {"form": form, "title": department.name, "back": "org:departments"}
    return render(request, "org/form.html", context)


def settings(request: HttpRequest) -> HttpResponse:
    organisation = Organisation.current()
    fields = ("name", "timezone", "currency", "mask_names")
    initial = {name: getattr(organisation, name) for name in fields}
    form = OrganisationForm(request.POST or None, initial=initial)
    by = person_of(request)
    if accepted(
        request, form, lambda: actions.set_up_organisation(**form.cleaned_data, by=by, now=now())
    ):
        return redirect("org:departments")
    context = {"form": form, "title": _("Organisation"), "back": "org:departments"}
    return render(request, "org/form.html", context)


def import_tree(request: HttpRequest) -> HttpResponse:
    """Departments and people from one sheet; nothing is written while a row has a problem."""
    form = TreeImportForm(request.POST or None, request.FILES or None)
    problems: list[tree_sheet.RowProblem] = []
    if request.method == "POST" and form.is_valid():
        outcome = tree_sheet.bring_in(form.cleaned_data["rows"], by=person_of(request), now=now())
        problems = outcome.problems
        if not problems:
            messages.success(request, outcome.sentence())
            return redirect("org:departments")
    context = {"form": form, "problems": problems, "columns": tree_sheet.COLUMNS, "help": "org"}
    return render(request, "org/import.html", context)


def export_tree(request: HttpRequest) -> HttpResponse | FileResponse:
    """The organisation as a workbook, or as CSV when `form=csv` is asked for."""
    if request.GET.get("form") == "csv":
        text = tree_sheet.csv_out(person_of(request)).encode("utf-8-sig")
        return FileResponse(
            io.BytesIO(text), as_attachment=True, filename="organisation.csv",
            content_type="text/csv; charset=utf-8",
        )  # fmt: skip
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        tree_sheet.workbook_out(person_of(request), Path(file.name))
        data = io.BytesIO(Path(file.name).read_bytes())
    return FileResponse(data, as_attachment=True, filename="organisation.xlsx", content_type=XLSX)


def _rights(request: HttpRequest) -> dict[str, bool]:
    person = person_of(request)
    return {
        "may_edit": person.may(Permission.ORG_EDIT),
        "may_edit_people": person.may(Permission.ACCOUNT_EDIT),
        "may_view_roles": person.may(Permission.ROLE_VIEW),
        "may_edit_calendar": person.may(Permission.CALENDAR_EDIT),
    }
