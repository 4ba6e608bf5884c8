"""Two peers of the deviation's pages: Django's admin, and the least a view can do."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template import Context, Engine
from django.urls import path

from opsloop.loop.models import Cause, Countermeasure, Deviation
from opsloop.org import clock

TYPED = ("text", "category", "controllable", "evidence_level", "evidence")
COLUMNS = ("raised_at", "tool", "dimension_label", "department__name", "measured", "base", "severity",
           "state", "owner__name")  # fmt: skip


class OpenSite(admin.AdminSite):
    """No sign-in: the peer is measured without its permission queries, in its favour."""

    def has_permission(self, request: HttpRequest) -> bool:
        return True


class DeviationAdmin(admin.ModelAdmin):
    list_display = ("raised_at", "tool", "dimension_label", "department", "measured", "base",
                    "severity", "state", "owner")  # fmt: skip
    list_filter = ("severity", "state")
    list_per_page = 50
    list_select_related = ("department", "owner")
    fields = ("tool", "dimension_label", "severity")

    def get_queryset(self, request):
        return Deviation.objects.unscoped("a benchmark reads everything")

    def has_view_permission(self, request, obj=None):
        return True

    has_change_permission = has_module_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class CauseAdmin(admin.ModelAdmin):
    """A cause written through the admin, with its log line."""

    fields = ("deviation", *TYPED)
    raw_id_fields = ("deviation",)

    def formfield_for_foreignkey(self, field, request, **kwargs):
        kwargs["queryset"] = Deviation.objects.unscoped("a benchmark reads everything")
        return super().formfield_for_foreignkey(field, request, **kwargs)

    def has_add_permission(self, request):
        return True

    def has_view_permission(self, request, obj=None):
        return True

    has_change_permission = has_delete_permission = has_module_permission = has_view_permission

    def save_model(self, request, cause, form, change):
        cause.written_by, cause.written_at = request.user, clock.now()
        super().save_model(request, cause, form, change)


site = OpenSite(name="admin")
site.register(Deviation, DeviationAdmin)
site.register(Cause, CauseAdmin)
ROWS = Engine().from_string(
    "<!doctype html><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def newest(request: HttpRequest) -> list[tuple]:
    """Fifty rows after a key, in one query."""
    found = Deviation.objects.unscoped("a benchmark reads everything").order_by("-raised_at", "-id")
    if "severity" in request.GET:
        found = found.filter(severity=request.GET["severity"])
    if "before" in request.GET:
        found = found.filter(id__lt=int(request.GET["before"])).order_by("-id")
    return list(found.values_list(*COLUMNS)[:50])


def bare(request: HttpRequest) -> HttpResponse:
    """The rows in one compiled template."""
    return HttpResponse(ROWS.render(Context({"rows": newest(request)})))


def bare_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        {"items": [dict(zip(COLUMNS, row, strict=True)) for row in newest(request)]}
    )


ONE = Engine().from_string(
    "<!doctype html><dl>{% for name, value in cells %}<dt>{{ name }}</dt><dd>{{ value }}</dd>"
    "{% endfor %}</dl>"
)


def cells_of(pk: int) -> list[tuple]:
    """One row with its causes and countermeasures, in three queries."""
    found = Deviation.objects.unscoped("a benchmark reads everything").filter(pk=pk)
    row = found.values(*COLUMNS)[0]
    causes = Cause.objects.filter(deviation=pk).values_list("text", flat=True)
    work = Countermeasure.objects.unscoped("a benchmark reads everything").filter(deviation=pk)
    return [*row.items(), ("causes", list(causes)), ("work", list(work.values_list("what")))]


def bare_one(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(ONE.render(Context({"cells": cells_of(pk)})))


def bare_one_json(request: HttpRequest, pk: int) -> HttpResponse:
    return JsonResponse(dict(cells_of(pk)))


def bare_cause(request: HttpRequest, pk: int) -> HttpResponse:
    """A cause below a deviation, in one statement: no form, no rights, no trail."""
    typed = {name: request.POST[name] for name in TYPED}
    Cause.objects.create(
        deviation_id=pk, written_by_id=int(request.POST["by"]), written_at=clock.now(), **typed
    )
    return HttpResponseRedirect(f"/bare/{pk}/")


urlpatterns = [
    path("admin/", site.urls),
    path("bare/", bare),
    path("bare.json", bare_json),
    path("bare/<int:pk>/", bare_one),
    path("bare/<int:pk>.json", bare_one_json),
    path("bare/<int:pk>/cause/", bare_cause),
]
