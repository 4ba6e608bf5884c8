"""Data sets and their imports in the browser: HTTP in, one call, one page out."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.datasets import actions, download, preview, queries, uploads, work
from opsloop.datasets.forms import CorrectionForm, DatasetForm, UploadForm
from opsloop.datasets.models import BatchState, Dataset, ImportBatch, Kind
from opsloop.datasets.refusals import Refused
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.ui.paging import keyset_page


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def _dataset(request: HttpRequest, pk: int) -> Dataset:
    return get_object_or_404(Dataset.objects.visible_to(_person(request)), pk=pk)


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    rows = ImportBatch.objects.visible_to(_person(request))
    related = rows.select_related("dataset__department", "replaces", "job", "received_by")
    return get_object_or_404(related, pk=pk)


def _crumbs(dataset: Dataset, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (dataset.name, reverse("datasets:detail", args=[dataset.pk]))
    return [(_("Data sets"), reverse("datasets:list")), here, *more]


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    person = _person(request)
    common = {
        "help": "datasets",
        "kinds": Kind.choices,
        "limit": uploads.limit_mb(),
        "may_import": person.may(Permission.DATASET_IMPORT),
    }
    return render(request, f"datasets/{template}", {**common, **context})


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    return _page(request, "list.html", lines=queries.lines(_person(request)))


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = DatasetForm(request.POST or None, person=_person(request))
    if form.is_valid():
        try:
            dataset = actions.create_dataset(
                by=_person(request), now=clock.now(), **form.cleaned_data
            )
            return redirect(f"{reverse('datasets:upload')}?dataset={dataset.pk}")
        except actions.NameTaken:
            form.add_error("name", _("The department already has a data set of this name."))
    return _page(
        request, "form.html", form=form, crumbs=[(_("Data sets"), reverse("datasets:list"))]
    )


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    dataset = _dataset(request, pk)
    page = keyset_page(queries.imports(dataset), request.GET.get("after"))
    return _page(
        request, "detail.html", dataset=dataset, page=page, crumbs=_crumbs(dataset),
        coverage=queries.coverage(dataset),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if not queries.importable(_person(request)).exists():
        return redirect("datasets:create")
    initial = {"dataset": request.GET.get("dataset")}
    form = UploadForm(
        request.POST or None, request.FILES or None, person=_person(request), initial=initial,
        too_large=uploads.was_too_large(request),
    )  # fmt: skip
    if form.is_valid():
        try:
            return redirect("datasets:batch", pk=_take(request, form).pk)
        except actions.SameFile as same:
            messages.info(request, same.text)
            return redirect("datasets:batch", pk=same.batch.pk)
        except Refused as refusal:
            form.add_error(None, refusal.text)
    return _page(
        request, "upload.html", form=form, crumbs=[(_("Data sets"), reverse("datasets:list"))]
    )


def _take(request: HttpRequest, form: UploadForm) -> ImportBatch:
    batch = actions.receive(
        dataset=form.cleaned_data["dataset"], file_name=form.file_name, chunks=form.chunks(),
        door=form.door, by=_person(request), now=clock.now(),
    )  # fmt: skip
    return work.check(batch, _person(request)) if batch.state == BatchState.UPLOADED else batch


@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _batch(request, pk)
    return _page(
        request, "batch.html", batch=shown, preview=preview.of(shown), form=CorrectionForm(),
        crumbs=_crumbs(shown.dataset, (shown.file_name, "")),
        may_import=_person(request).may(Permission.DATASET_IMPORT, shown.dataset.department),
    )  # fmt: skip


@contextmanager
def _told(request: HttpRequest) -> Iterator[None]:
    """What an action refuses becomes one sentence on the page that follows."""
    try:
        yield
    except actions.NotPossible:
        messages.info(request, _("This import was already decided."))
    except actions.HasBadRows:
        messages.error(request, _("Some rows have problems: correct them or leave them out."))
    except Refused as refusal:
        messages.error(request, refusal.text)


@require_POST
def read_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take another header, sheet, mapping or date order, and check once more."""
    shown, person = _batch(request, pk), _person(request)
    with _told(request):
        reading = preview.reading_of(shown, request.POST, request.POST.getlist("header"))
        shown = actions.change_reading(batch=shown, reading=reading, by=person, now=clock.now())
        work.check(shown, person)
    return redirect("datasets:batch", pk=pk)


@require_POST
def commit(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _batch(request, pk)
    with _told(request):
        shown = work.commit(shown, _person(request), skip_bad_rows="skip" in request.POST)
        if shown.state == BatchState.COMMITTED:
            messages.success(request, _("%(count)s rows imported.") % {"count": shown.fact_rows})
    return redirect("datasets:batch", pk=pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _batch(request, pk)
    with _told(request):
        actions.discard(batch=shown, by=_person(request), now=clock.now())
    return redirect("datasets:detail", pk=shown.dataset_id)


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _batch(request, pk)
    with _told(request):
        actions.retire(batch=shown, by=_person(request), now=clock.now())
        messages.success(request, _("The import was undone; every figure is computed without it."))
    return redirect("datasets:batch", pk=pk)


@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    shown, person = _batch(request, pk), _person(request)
    form = CorrectionForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose the corrected workbook."))
        return redirect("datasets:batch", pk=pk)
    upload = form.cleaned_data["file"]
    with _told(request):
        corrected = actions.correct(
            batch=shown, file_name=upload.name, chunks=upload.chunks(), by=person, now=clock.now()
        )
        pk = work.check(corrected, person).pk
    return redirect("datasets:batch", pk=pk)


@require_safe
def bad_rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The faulty rows as a workbook with a column of reasons, to correct and upload again."""
    return download.correction_workbook(_batch(request, pk))


@require_safe
def rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of a batch as they stood in its file: all, or those a figure came from."""
    shown = _batch(request, pk)
    wanted = queries.parse_rows(request.GET.get("rows", ""))
    table = queries.source_rows(shown.dataset, shown.pk, wanted, after=request.GET.get("after"))
    return _page(
        request, "rows.html", batch=shown, table=table, wanted=request.GET.get("rows", ""),
        crumbs=_crumbs(shown.dataset, (shown.file_name, reverse("datasets:batch", args=[pk]))),
    )  # fmt: skip


@require_safe
def rows_file(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    shown = _batch(request, pk)
    wanted = queries.parse_rows(request.GET.get("rows", ""))
    return download.rows_file(shown, wanted, form)


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """An empty workbook with the columns of a kind and a sheet that explains them."""
    del request
    if kind not in Kind.values:
        raise Http404
    return download.template_workbook(kind)
