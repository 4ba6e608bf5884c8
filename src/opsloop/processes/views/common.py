"""What every page of the room needs: who asks, for which process, and the frame around it."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.processes import figures, queries, studies
from opsloop.processes.filters import Chosen
from opsloop.processes.models import Process, Step

# The pages of a process in groups: (label of the group, its pages as (address, label)).
GROUPS: Final = (
    (gettext_lazy("As is"), (("detail", gettext_lazy("As is")), ("raci", gettext_lazy("Responsibilities")))),
    (gettext_lazy("Process map"), (
        ("map", gettext_lazy("Process map")), ("variants", gettext_lazy("Variants")),
        ("cases", gettext_lazy("Cases of the log")),
    )),
    (gettext_lazy("Bottleneck and causes"), (
        ("bottleneck", gettext_lazy("Bottleneck and causes")),
        ("handover", gettext_lazy("Handovers and returns")),
        ("segments", gettext_lazy("Comparison")), ("conformance", gettext_lazy("Conformance")),
        ("people", gettext_lazy("Who does what")), ("step_costs", gettext_lazy("Cost by step")),
        ("outliers", gettext_lazy("Outliers")), ("flow", gettext_lazy("Work in progress")),
    )),
    (gettext_lazy("Evidence"), (
        ("samples", gettext_lazy("Document sampling")), ("voice", gettext_lazy("Front-line voice")),
    )),
    (gettext_lazy("ECRS and fishbone"), (
        ("ecrs", gettext_lazy("ECRS worksheet")), ("fishbone", gettext_lazy("Fishbone")),
        ("limit", gettext_lazy("Approval limit")),
    )),
    (gettext_lazy("To be"), (
        ("designs", gettext_lazy("To be")), ("what_if", gettext_lazy("What if?")),
    )),
    (gettext_lazy("Pilot and review"), (
        ("pilots", gettext_lazy("Pilot and verification")), ("reviews", gettext_lazy("Quarterly look-back")),
    )),
)  # fmt: skip


# Pages that look at chosen cases; the links between them carry the filter.
FILTERED: Final = (
    "map", "variants", "cases", "bottleneck", "handover", "segments", "conformance", "people",
    "step_costs", "outliers", "flow",
)  # fmt: skip


def person_of(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def process_of(request: HttpRequest, pk: int, permission: Permission | None = None) -> Process:
    rows = Process.objects.visible_to(person_of(request), permission)
    return get_object_or_404(rows.select_related("department", "dataset", "owner"), pk=pk)


def looked(request: HttpRequest, process: Process) -> Chosen:
    """The cases the address asks for."""
    facts = figures.facts_of(process)
    names = facts.names if facts else {"activity": ()}
    people = queries.sees_people(process, person_of(request))
    return Chosen.parse(request.GET, names, people=people)


def _filter_bar(request: HttpRequest, process: Process, chosen: Chosen) -> dict[str, Any]:
    facts = figures.facts_of(process)
    if facts is None:
        return {}
    people = queries.sees_people(process, person_of(request))
    kept, whole = studies.counted(process, chosen.wanted) if chosen.chips else (0, 0)
    offered = queries.offers(process, facts.names, people=people)
    empty = bool(chosen.chips) and not kept
    return {"offers": offered, "kept_cases": kept, "all_cases": whole, "none_kept": empty}


def editable(request: HttpRequest, pk: int) -> Process:
    return process_of(request, pk, Permission.PROCESS_EDIT)


def step_of(request: HttpRequest, pk: int, step: int) -> Step:
    return get_object_or_404(editable(request, pk).as_is.steps.all(), pk=step)


def page(
    request: HttpRequest, template: str, process: Process | None = None, **context: Any
) -> HttpResponse:
    crumbs = [(_("Processes"), reverse("processes:list"))]
    if process is not None and process.pk:
        crumbs.append((process.name, reverse("processes:detail", args=[process.pk])))
        context["may_edit"] = queries.may_edit(process, person_of(request))
    context.setdefault("crumbs", crumbs)
    if process is not None and "chosen" in context:
        context |= _filter_bar(request, process, context["chosen"])
    at = context.pop("tab", template)
    shared = {
        "help": "processes",
        "process": process,
        "tab": at,
        "groups": GROUPS,
        "filtered": FILTERED,
        "open": _open(at),
    }
    return render(request, f"processes/{template}.html", {**shared, **context})


def _open(tab: str) -> object:
    """The pages of the group a page belongs to."""
    return next((pages for _label, pages in GROUPS if tab in dict(pages)), ())


def number(text: str | None) -> int | None:
    """A number of an address; None for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 12 else None
