from typing import Final

from django.urls import URLPattern, path

from opsloop.costs import views
from opsloop.org.permissions import Permission

app_name = "costs"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("new/", views.create, name="create"),
    path("settings/", views.settings, name="settings"),
    path("categories/", views.seed, name="seed"),
    path("category/", views.category, name="category"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/print/", views.printed, name="print"),
    path("<int:pk>/form.<slug:form>", views.form_file, name="form_file"),
    path("<int:pk>/line/", views.line, name="line"),
    path("<int:pk>/line/note/", views.note, name="note"),
    path("<int:pk>/line/item/", views.item, name="item"),
    path("<int:pk>/line/rows.<slug:form>", views.line_file, name="line_file"),
    path("<int:pk>/review/", views.review, name="review"),
    path("<int:pk>/collect/", views.collect, name="collect"),
    path("<int:pk>/lock/", views.lock, name="lock"),
    path("<int:pk>/restate/", views.restate, name="restate"),
    path("<int:pk>/deviations/", views.detect, name="detect"),
]
_VIEW, _EDIT, _REVIEW = Permission.COST_VIEW, Permission.COST_EDIT, Permission.COST_REVIEW
# Lines are narrowed to the person's departments inside; the month itself is the company's.
ACCESS: Final[dict[str, Permission]] = {
    "costs:list": _VIEW,
    "costs:create": _EDIT,
    "costs:settings": _VIEW,
    "costs:seed": _REVIEW,
    "costs:category": _REVIEW,
    "costs:item": _REVIEW,
    "costs:detail": _VIEW,
    "costs:print": _VIEW,
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
