from typing import Final

from django.urls import URLPattern, path

from opsloop.costs.views import collecting, lines, months, overview, rules
from opsloop.org.permissions import Permission

app_name = "costs"
urlpatterns: list[URLPattern] = [
    path("", months.listing, name="list"),
    path("new/", months.create, name="create"),
    path("settings/", rules.settings, name="settings"),
    path("categories/", rules.seed, name="seed"),
    path("category/", rules.category, name="category"),
    path("activity/", rules.activity, name="activity"),
    path("activity/value/", rules.activity_value, name="activity_value"),
    path("share/", rules.share, name="share"),
    path("overview/", overview.show, name="overview"),
    path("collection/", collecting.tasks, name="collection"),
    path("collection/assign/", collecting.assign, name="duty"),
    path("collection/duty/<int:pk>/end/", collecting.end, name="duty_end"),
    path("collection/<int:pk>/nothing/", collecting.nothing, name="nothing"),
    path("<int:pk>/", months.detail, name="detail"),
    path("<int:pk>/print/", months.printed, name="print"),
    path("<int:pk>/effects/", months.effects, name="effects"),
    path("<int:pk>/report/", months.report, name="report"),
    path("<int:pk>/form.<slug:form>", months.form_file, name="form_file"),
    path("<int:pk>/line/", lines.line, name="line"),
    path("<int:pk>/line/note/", lines.note, name="note"),
    path("<int:pk>/line/item/", lines.item, name="item"),
    path("<int:pk>/line/answer/", lines.answer, name="answer"),
    path("<int:pk>/line/driver/", lines.driver, name="driver"),
    path("<int:pk>/line/base/", lines.base, name="base"),
    path("<int:pk>/line/rows.<slug:form>", lines.line_file, name="line_file"),
    path("<int:pk>/review/", months.review, name="review"),
    path("<int:pk>/collect/", months.collect, name="collect"),
    path("<int:pk>/lock/", months.lock, name="lock"),
    path("<int:pk>/restate/", months.restate, name="restate"),
    path("<int:pk>/deviations/", months.detect, name="detect"),
]
_VIEW, _EDIT, _REVIEW = Permission.COST_VIEW, Permission.COST_EDIT, Permission.COST_REVIEW
# Lines are narrowed to the person's departments inside; the month itself is the company's.
ACCESS: Final[dict[str, Permission]] = {
    "costs:list": _VIEW,
    "costs:create": _EDIT,
    "costs:settings": _VIEW,
    "costs:seed": _REVIEW,
    "costs:category": _REVIEW,
    "costs:activity": _REVIEW,
    "costs:activity_value": _REVIEW,
    "costs:share": _REVIEW,
    "costs:item": _REVIEW,
    "costs:answer": _REVIEW,
    "costs:driver": _EDIT,
    "costs:base": _REVIEW,
    "costs:overview": _VIEW,
    "costs:collection": _VIEW,
    "costs:duty": _REVIEW,
    "costs:duty_end": _REVIEW,
    "costs:nothing": _EDIT,
    "costs:detail": _VIEW,
    "costs:print": _VIEW,
    "costs:effects": _VIEW,
    "costs:report": _VIEW,
    "costs:form_file": _VIEW,
    "costs:line": _VIEW,
    "costs:note": _EDIT,
    "costs:line_file": _VIEW,
    "costs:review": _REVIEW,
    "costs:collect": _REVIEW,
    "costs:lock": _REVIEW,
    "costs:restate": _REVIEW,
    "costs:detect": _REVIEW,
}
