"""Two peers of the deviation list: the admin's change list, and the least a view can do."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

from opsloop.loop.models import Cause, Countermeasure, Deviation

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


site = OpenSite(name="admin")
site.register(Deviation, DeviationAdmin)
ROWS = Engine().from_string(
    "<!doctype html><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def bare(request: HttpRequest) -> HttpResponse:
    """Fifty rows after a key, in one query and one compiled template."""
    found = Deviation.objects.unscoped("a benchmark reads everything").order_by("-raised_at", "-id")
    if "severity" in request.GET:
        found = found.filter(severity=request.GET["severity"])
    if "before" in request.GET:
        found = found.filter(id__lt=int(request.GET["before"])).order_by("-id")
    return HttpResponse(ROWS.render(Context({"rows": list(found.values_list(*COLUMNS)[:50])})))


ONE = Engine().from_string(
    "<!doctype html><dl>{% for name, value in cells %}<dt>{{ name }}</dt><dd>{{ value }}</dd>"
    "{% endfor %}</dl>"
)


def bare_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One row with its causes and countermeasures, in three queries and one compiled template."""
    found = Deviation.objects.unscoped("a benchmark reads everything").filter(pk=pk)
    row = found.values(*COLUMNS)[0]
    causes = Cause.objects.filter(deviation=pk).values_list("text", flat=True)
    work = Countermeasure.objects.unscoped("a benchmark reads everything").filter(deviation=pk)
    cells = [*row.items(), ("causes", list(causes)), ("work", list(work.values_list("what")))]
    return HttpResponse(ONE.render(Context({"cells": cells})))


urlpatterns = [
    path("admin/", site.urls),
    path("bare/", bare),
    path("bare/<int:pk>/", bare_one),
]
