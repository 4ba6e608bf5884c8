"""The five forms, and looking at one without keeping records: upload or paste, see what it says."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.exchange.problems import RefusedFile
from opsloop.org import clock
from opsloop.sheets import actions, files, kept, looks, queries, returns
from opsloop.sheets.answers import person_of
from opsloop.sheets.forms import CheckForm
from opsloop.sheets.models import ReturnedForm
from opsloop.sheets.paste import refused
from opsloop.sheets.queries import NoSuchForm
from opsloop.sheets.register import SheetForm, forms


def _form(key: str) -> SheetForm:
    form = forms().get(key)
    if form is None:
        raise Http404
    return form


def _checked(request: HttpRequest, key: str, pk: int) -> tuple[SheetForm, ReturnedForm]:
    """A checked form is its reader's own: nobody else finds it."""
    mine = ReturnedForm.objects.filter(sheet=key, subject="", received_by=person_of(request))
    found = mine.filter(pk=pk).first()
    if found is None:
        raise Http404
    return _form(key), found


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    crumbs = [(_("Forms"), reverse("sheets:list"))]
    return render(
        request, f"sheets/{template}.html", {"help": "sheets", "crumbs": crumbs, **context}
    )


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every form: empty ones to take away, and a check of a filled one."""
    return _page(request, "list", forms=forms().values(), crumbs=[(_("Forms"), "")])


@require_safe
def template(request: HttpRequest, key: str, kind: str) -> HttpResponseBase:
    """The empty printed form."""
    del request
    if kind not in {"xlsx", "docx", "pdf"}:
        raise Http404
    return files.response(files.empty(_form(key).sheet, files.now_here()), kind)


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, key: str) -> HttpResponse:
    """Take a filled form, however it was filled, and look at it."""
    form = _form(key)
    is_sent = request.method == "POST"
    upload = CheckForm(request.POST, request.FILES) if is_sent else CheckForm()
    if upload.is_valid():
        try:
            made = returns.receive(
                form=form, subject="", upload=upload, by=person_of(request), now=clock.now()
            )
            return redirect("sheets:checked", key=key, pk=made.pk)
        except RefusedFile as error:
            upload.add_error(None, refused(error))
    return _page(request, "check", form=form, upload=upload)


@require_safe
def checked(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The form as it was filled, with what it says against itself beside each cell."""
    form, found = _checked(request, key, pk)
    file = kept.returned(form.sheet, found.content)
    filled = returns.as_filled(form.sheet, file)
    brought = {one.key for one in file.columns} - {one.key for one in form.sheet.printed_columns}
    look = looks.look(
        filled, form.remarks(filled), returns.unread(file),
        layout="full" if brought else "company",
    )  # fmt: skip
    offered = form.source.editable_by(person_of(request)) if form.source else ()
    return _page(
        request, "checked", form=form, found=found, look=look, file=file, offered=offered,
        kinds=list(files.KINDS), crumbs=[
            (_("Forms"), reverse("sheets:list")),
            (str(form.sheet.title), reverse("sheets:check", args=[key])),
        ],
    )  # fmt: skip


@require_safe
def checked_file(request: HttpRequest, key: str, pk: int, kind: str) -> HttpResponseBase:
    form, found = _checked(request, key, pk)
    if kind not in files.KINDS:
        raise Http404
    filled = returns.as_filled(form.sheet, kept.returned(form.sheet, found.content))
    named = replace(filled, name=found.file_name.rsplit(".", 1)[0])
    return files.response(files.Printed(named, files.now_here()), kind)


@require_POST
def take(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Lead a checked form into a record: what it would change there is shown next."""
    form, found = _checked(request, key, pk)
    person = person_of(request)
    try:
        opened = queries.open_form(person, key, request.POST.get("subject", ""))
    except NoSuchForm as error:
        raise Http404 from error
    opened.require_edit()
    file = kept.returned(form.sheet, found.content)
    made = actions.receive(
        sheet=key, subject=opened.key, file_name=found.file_name, form=file, by=person,
        now=clock.now(),
    )  # fmt: skip
    messages.info(request, _("Nothing is written yet: choose what to take over."))
    return redirect("sheets:returned", key=key, subject=opened.key, pk=made.pk)
