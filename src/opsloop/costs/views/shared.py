"""What the pages of the cost room share."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from opsloop.costs.models import CostPeriod
from opsloop.org.models import Person


def person_of(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def period_of(request: HttpRequest, pk: int) -> CostPeriod:
    periods = CostPeriod.objects.visible_to(person_of(request))
    related = periods.select_related("ledger__department", "budget", "reviewed_by", "locked_by")
    return get_object_or_404(related, pk=pk)


def page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context.setdefault("crumbs", [(_("Costs"), reverse("costs:list"))])
    return render(request, f"costs/{template}.html", {"help": "costs", **context})


def month_crumbs(period: CostPeriod, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (period.key, reverse("costs:detail", args=[period.pk]))
    return [(_("Costs"), reverse("costs:list")), here, *more]
