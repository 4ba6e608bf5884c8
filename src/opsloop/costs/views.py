"""The cost room in the browser: HTTP in, one call, one page out."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.costs import actions, bridge, detection, files, queries
from opsloop.costs.form_lines import Row
from opsloop.costs.forms import (
    CategoryForm,
    CommentForm,
    ItemForm,
    NoteForm,
    PeriodForm,
    SettingsForm,
    TemplateForm,
)
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod, CostSettings, Restatement
from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.ui.paging import keyset_page

MONTHS_A_PAGE = 12
UNITS = {"yuan": 1, "wan": 10_000}


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def _period(request: HttpRequest, pk: int) -> CostPeriod:
    periods = CostPeriod.objects.visible_to(_person(request))
    related = periods.select_related("ledger__department", "budget", "reviewed_by", "locked_by")
    return get_object_or_404(related, pk=pk)


def _view(request: HttpRequest) -> queries.View:
    page = request.GET.get("page", "1")
    return queries.View(
        show=request.GET.get("show", "all"),
        page=max(int(page), 1) if page.isdecimal() else 1,
        scale=UNITS.get(request.GET.get("unit", "yuan"), 1),
    )


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context.setdefault("crumbs", [(_("Costs"), reverse("costs:list"))])
    return render(request, f"costs/{template}.html", {"help": "costs", **context})


def _month_crumbs(period: CostPeriod, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (period.key, reverse("costs:detail", args=[period.pk]))
    return [(_("Costs"), reverse("costs:list")), here, *more]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    page = keyset_page(
        queries.periods(person), request.GET.get("after"), order="-period_no", size=MONTHS_A_PAGE
    )
    return _page(
        request, "list", page=page, ready=queries.readiness(person), crumbs=[(_("Costs"), "")],
        months=[queries.summary(period, person) for period in page.rows],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = PeriodForm(
        request.POST or None, person=person, initial=queries.suggested_month(person, clock.today())
    )
    if form.is_valid():
        values = form.cleaned_data
        try:
            period = actions.define_period(
                period_no=values["month"], ledger=values["ledger"], budget=values["budget"],
                by=person, now=clock.now(),
            )  # fmt: skip
            return redirect("costs:detail", pk=period.pk)
        except actions.MonthTaken:
            form.add_error("month", _("This month of this ledger already exists."))
    return _page(request, "form", form=form)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    period, person, view = _period(request, pk), _person(request), _view(request)
    month = queries.month(period, person, view)
    return _page(
        request, "detail", month=month, period=period, view=view,
        unit=request.GET.get("unit", "yuan"), columns=COST_ANALYSIS.columns,
        bridge=bridge.option(month), choices=bridge.choices(month), may_review=queries.may_review(period, person),
        step=queries.next_step(period), comment=CommentForm(),
        restatements=Restatement.objects.filter(period=period).select_related("restated_by"),
        crumbs=_month_crumbs(period),
    )  # fmt: skip


@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The eleven columns and nothing else, as they go on paper."""
    period = _period(request, pk)
    view = queries.View(show=request.GET.get("show", "all"), page=0)
    month = queries.month(period, _person(request), view)
    return _page(
        request, "print", month=month, period=period, columns=COST_ANALYSIS.columns,
        crumbs=_month_crumbs(period, (_("Print"), "")),
    )  # fmt: skip


@require_safe
def form_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    return files.form(_period(request, pk), _person(request), form)


def _key(request: HttpRequest) -> LineKey:
    asked = request.GET
    return LineKey(asked.get("category", ""), asked.get("item", ""), asked.get("department", ""))


def _drill(request: HttpRequest, period: CostPeriod) -> queries.Drill:
    found = queries.drill(period, _key(request), _person(request))
    if found is None:
        raise Http404
    return found


@require_safe
def line(request: HttpRequest, pk: int) -> HttpResponse:
    period = _period(request, pk)
    found = _drill(request, period)
    department = queries.department_of(period, found.row.key)
    note = found.row.note
    initial = {name: getattr(note, name) for name in NoteForm.base_fields} if note else {}
    return _page(
        request, "line", period=period, drill=found, row=found.row,
        note_form=NoteForm(initial=initial), closing=bridge.closing_text(CostSettings.current()),
        may_write=queries.may_write(period, department, _person(request)),
        item_form=_item_form(request, found.row),
        crumbs=_month_crumbs(period, (found.row.key.item or found.row.key.label, "")),
    )  # fmt: skip


def _item_form(request: HttpRequest, row: Row) -> ItemForm | None:
    """Only for who sets the company's rule; filled with what is known."""
    named = row.key.category and row.key.item
    if not named or not queries.may_change_settings(_person(request)):
        return None
    names = ItemForm.base_fields
    return ItemForm(initial={name: getattr(row.item, name) for name in names} if row.item else {})


def _back_to_line(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(f"{reverse('costs:line', args=[pk])}?{request.GET.urlencode()}")


@require_POST
def item(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _drill(request, _period(request, pk)).row, ItemForm(request.POST)
    if form.is_valid():
        try:
            actions.save_item(
                key=row.key, by=_person(request), now=clock.now(), **form.cleaned_data
            )
        except actions.Unnamed as error:
            raise Http404 from error
        messages.success(request, _("Saved."))
    return _back_to_line(request, pk)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    period = _period(request, pk)
    row, form = _drill(request, period).row, NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.write_note(
                period=period, line=row.key, by=_person(request), now=clock.now(),
                department=queries.department_of(period, row.key), **form.cleaned_data,
            )  # fmt: skip
            messages.success(request, _("Saved."))
        except actions.WrongState:
            messages.error(request, _("A locked month keeps its words as they are."))
    return _back_to_line(request, pk)


@require_safe
def line_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    period = _period(request, pk)
    return files.postings(period, _drill(request, period), form)


def _step(request: HttpRequest, pk: int, act: Callable[[CostPeriod], str]) -> HttpResponse:
    """Run one action of a month; what it refuses becomes one sentence on the page."""
    period = _period(request, pk)
    try:
        messages.success(request, act(period))
    except actions.WrongState:
        messages.info(request, _("Somebody already changed the state of this month."))
    except actions.OwnImport:
        messages.error(
            request,
            _("You imported these figures yourself: somebody else of finance has to review them."),
        )
    except actions.NothingPosted:
        messages.error(request, _("There is nothing to review: no line is posted in this month."))
    except actions.NothingNew:
        messages.info(request, _("No posting arrived since the month was locked."))
    return redirect("costs:detail", pk=pk)


def _found(count: int) -> str:
    return _("Deviations in the loop for this month: %(count)d.") % {"count": count}


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = _person(request), clock.now()
    return _step(
        request, pk,
        lambda period: _("Reviewed.") + " " + _found(actions.review(period=period, by=by, now=now)),
    )  # fmt: skip


@require_POST
def collect(request: HttpRequest, pk: int) -> HttpResponse:
    by, now, comment = _person(request), clock.now(), request.POST.get("comment", "")[:500]

    def act(period: CostPeriod) -> str:
        actions.collect_again(period=period, comment=comment, by=by, now=now)
        return _("The month is open again; its figures follow the data sets.")

    return _step(request, pk, act)


@require_POST
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = _person(request), clock.now()

    def act(period: CostPeriod) -> str:
        actions.lock(period=period, by=by, now=now)
        return _("Locked. Later postings become a restatement.")

    return _step(request, pk, act)


@require_POST
def restate(request: HttpRequest, pk: int) -> HttpResponse:
    by, now, comment = _person(request), clock.now(), request.POST.get("comment", "")[:500]

    def act(period: CostPeriod) -> str:
        actions.restate(period=period, comment=comment, by=by, now=now)
        return _("Restated; the totals before are kept below.")

    return _step(request, pk, act)


@require_POST
def detect(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = _person(request), clock.now()
    return _step(
        request, pk,
        lambda period: _found(detection.raise_deviations(period=period, by=by, now=now)),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = SettingsForm(request.POST or None, instance=CostSettings.current())
    if form.is_valid():
        actions.change_settings(values=form.cleaned_data, by=person, now=clock.now())
        messages.success(request, _("Saved."))
        return redirect("costs:settings")
    return _page(
        request, "settings", form=form, seed=TemplateForm(), category_form=CategoryForm(person=person), tree=queries.category_tree(person),
        may_change=queries.may_change_settings(person),
    )  # fmt: skip


@require_POST
def seed(request: HttpRequest) -> HttpResponse:
    form = TemplateForm(request.POST)
    if form.is_valid():
        added = actions.seed_categories(by=_person(request), now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Categories added: %(count)d.") % {"count": added})
    return redirect("costs:settings")


@require_POST
def category(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = CategoryForm(request.POST, person=person)
    if form.is_valid():
        try:
            actions.save_category(by=person, now=clock.now(), **form.cleaned_data)
            messages.success(request, _("Saved."))
        except actions.OwnAncestor:
            messages.error(request, _("A category cannot lie below itself."))
    return redirect("costs:settings")
