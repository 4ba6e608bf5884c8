"""Pages about one form: the grid, print, files out and in, named states."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.exchange.printing.texts import Layout
from opsloop.exchange.problems import RefusedFile
from opsloop.org import clock
from opsloop.sheets import (
    actions,
    differences,
    files,
    histories,
    kept,
    looks,
    queries,
    returns,
    work,
)
from opsloop.sheets.answers import person_of
from opsloop.sheets.forms import FileForm, SnapshotForm
from opsloop.sheets.models import ReturnedForm, ReturnedState
from opsloop.sheets.paste import refused
from opsloop.sheets.queries import NoSuchForm, OpenForm
from opsloop.sheets.register import CellRefused, Conflicting

REFUSED = (Conflicting, CellRefused, actions.AlreadyApplied)


def _open(request: HttpRequest, key: str, subject: str, *, edits: bool = False) -> OpenForm:
    try:
        opened = queries.open_form(person_of(request), key, subject)
    except NoSuchForm as error:
        raise Http404 from error
    if edits:
        opened.require_edit()
    return opened


def address(opened: OpenForm, name: str = "form", **more: Any) -> str:
    return reverse(f"sheets:{name}", args=[opened.sheet.key, opened.key, *more.values()])


def _page(request: HttpRequest, template: str, opened: OpenForm, **context: Any) -> HttpResponse:
    title = opened.source.title(opened.subject)
    crumbs = [
        (_("Forms"), reverse("sheets:list")),
        (title, opened.source.address(opened.subject)),
    ]
    if template != "form":
        crumbs.append((_("Edit as a table"), address(opened)))
    shared = {
        "help": "sheets", "crumbs": crumbs, "opened": opened, "title": title,
        "form_name": "" if title.startswith(str(opened.sheet.title)) else opened.sheet.title,
        "form_url": address(opened), "may_edit": opened.may_edit,
    }  # fmt: skip
    return render(request, f"sheets/{template}.html", {**shared, **context})


def _layout(request: HttpRequest) -> Layout:
    return "full" if request.GET.get("layout") == "full" else "company"


@require_safe
def form(request: HttpRequest, key: str, subject: str) -> HttpResponse:
    opened = _open(request, key, subject)
    return _page(
        request, "form", opened, base_url=address(opened), kinds=list(files.KINDS),
        snapshots=histories.snapshots(opened), file_form=FileForm(), snapshot_form=SnapshotForm(),
    )  # fmt: skip


@require_safe
def file(request: HttpRequest, key: str, subject: str, kind: str) -> HttpResponseBase:
    """The form in its printed layout; `?layout=full` has every column. A large one is queued."""
    opened = _open(request, key, subject)
    if kind not in files.KINDS:
        raise Http404
    printed = files.Printed(opened.named(), files.now_here(), opened.key, _layout(request))
    if work.is_long(printed, kind):
        return redirect("jobs:detail", pk=work.queue(opened, printed, kind).pk)
    return files.response(printed, kind)


@require_safe
def made(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponseBase:
    """A large file, once its job has written it."""
    found = work.made(_open(request, key, subject), pk)
    if found is None:
        raise Http404
    path, name = found
    return files.download(path.open("rb"), name)


@require_safe
def printed(request: HttpRequest, key: str, subject: str) -> HttpResponse:
    opened = _open(request, key, subject)
    look = looks.look(opened.named(), layout=_layout(request))
    return _page(request, "print", opened, look=look)


@require_POST
def receive(request: HttpRequest, key: str, subject: str) -> HttpResponse:
    """A file that comes back; what it would change is shown next."""
    opened, upload = _open(request, key, subject, edits=True), FileForm(request.POST, request.FILES)
    if not upload.is_valid():
        messages.error(request, upload.sentence)
        return redirect(address(opened))
    try:
        made = returns.receive(
            form=opened.form, subject=opened.key, upload=upload, by=opened.person, now=clock.now()
        )
    except RefusedFile as error:
        messages.error(request, refused(error))
        return redirect(address(opened))
    return redirect(address(opened, "returned", pk=made.pk))


def _returned(opened: OpenForm, pk: int) -> ReturnedForm:
    found = ReturnedForm.objects.filter(**opened.about, received_by=opened.person, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _comparison(opened: OpenForm, found: ReturnedForm) -> differences.Comparison:
    file = kept.returned(opened.sheet, found.content)
    return differences.compare(queries.state(opened), file)


@require_safe
def returned(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponse:
    """What the file would change, cell by cell, to choose from."""
    opened = _open(request, key, subject)
    found = _returned(opened, pk)
    return _difference(
        request, opened, _comparison(opened, found), name=found.file_name, found=found,
        is_open=found.state == ReturnedState.WAITING,
        apply_url=address(opened, "apply", pk=pk), faulty_url=address(opened, "faulty", pk=pk),
    )  # fmt: skip


def _difference(
    request: HttpRequest, opened: OpenForm, compared: differences.Comparison, **context: Any
) -> HttpResponse:
    rows = compared.rows
    return _page(
        request, "difference", opened, compared=compared, rows=rows,
        counts=differences.counts(rows), **context,
    )  # fmt: skip


@require_POST
def apply(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponse:
    opened = _open(request, key, subject, edits=True)
    found = _returned(opened, pk)
    compared = _comparison(opened, found)
    if request.POST.get("seen") != compared.seen:
        messages.info(request, _("The form changed meanwhile: look at the differences again."))
        return redirect(address(opened, "returned", pk=pk))
    try:
        actions.apply(
            returned=found, source=opened.source, subject=opened.subject, by=opened.person,
            decision=differences.decide(compared, set(request.POST.getlist("take"))),
            now=clock.now(),
        )  # fmt: skip
    except REFUSED as error:
        messages.error(request, returns.sentence(error))
        return redirect(address(opened, "returned", pk=pk))
    messages.success(request, _("The file was taken over."))
    return redirect(address(opened))


@require_safe
def faulty(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponseBase:
    """The rows that cannot be taken, with a column that says why, to correct and send back."""
    opened = _open(request, key, subject)
    found = _returned(opened, pk)
    file = kept.returned(opened.sheet, found.content)
    if not file.faulty:
        raise Http404
    return returns.correction(file, found.file_name)


@require_POST
def snapshot_take(request: HttpRequest, key: str, subject: str) -> HttpResponse:
    opened, named = _open(request, key, subject, edits=True), SnapshotForm(request.POST)
    if not named.is_valid():
        messages.error(request, _("Give the snapshot a name."))
        return redirect(address(opened))
    actions.take_snapshot(
        source=opened.source, subject=opened.subject, by=opened.person, now=clock.now(),
        name=named.cleaned_data["name"],
    )  # fmt: skip
    messages.success(request, _("The form was kept as it stands."))
    return redirect(address(opened))


def _snapshot(opened: OpenForm, pk: int) -> tuple[str, differences.Comparison]:
    try:
        found = histories.snapshot_of(opened, pk)
    except NoSuchForm as error:
        raise Http404 from error
    older = kept.as_returned(opened.sheet, found.content)
    return found.name, differences.compare(queries.state(opened), older)


@require_safe
def snapshot(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponse:
    """An older state beside the present one, to put back what is chosen."""
    opened = _open(request, key, subject)
    name, compared = _snapshot(opened, pk)
    filled = kept.filled(opened.sheet, histories.snapshot_of(opened, pk).content)
    return _difference(
        request, opened, compared, name=name, is_open=True, is_older=True,
        look=looks.look(filled), apply_url=address(opened, "snapshot_restore", pk=pk),
    )  # fmt: skip


@require_POST
def snapshot_restore(request: HttpRequest, key: str, subject: str, pk: int) -> HttpResponse:
    opened = _open(request, key, subject, edits=True)
    _name, compared = _snapshot(opened, pk)
    if request.POST.get("seen") != compared.seen:
        messages.info(request, _("The form changed meanwhile: look at the differences again."))
        return redirect(address(opened, "snapshot", pk=pk))
    decision = differences.decide(compared, set(request.POST.getlist("take")))
    try:
        actions.change(
            source=opened.source, subject=opened.subject, changes=decision.changes,
            blocks=decision.blocks, removed=decision.removed, header=decision.header,
            by=opened.person, now=clock.now(),
        )  # fmt: skip
    except REFUSED as error:
        messages.error(request, returns.sentence(error))
        return redirect(address(opened, "snapshot", pk=pk))
    messages.success(request, _("The chosen values were put back."))
    return redirect(address(opened))
