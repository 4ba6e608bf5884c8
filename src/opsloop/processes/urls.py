from typing import Final

from django.urls import URLPattern, path

from opsloop.org.permissions import Permission
from opsloop.processes import views

app_name = "processes"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/print/", views.printed, name="print"),
    path("<int:pk>/form.xlsx", views.form_file, name="form_file"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/paste/", views.paste, name="paste"),
    path("<int:pk>/fill/", views.fill, name="fill"),
    path("<int:pk>/detect/", views.detect, name="detect"),
    path("<int:pk>/steps/add/", views.step_add, name="step_add"),
    path("<int:pk>/steps/<int:step>/", views.step_edit, name="step_edit"),
    path("<int:pk>/steps/<int:step>/remove/", views.step_remove, name="step_remove"),
    path("<int:pk>/steps/<int:step>/up/", views.step_up, name="step_up"),
    path("<int:pk>/steps/<int:step>/down/", views.step_down, name="step_down"),
    path("<int:pk>/map/", views.process_map, name="map"),
    path("<int:pk>/variants/", views.variants, name="variants"),
    path("<int:pk>/bottleneck/", views.bottleneck, name="bottleneck"),
    path("<int:pk>/cases/", views.cases, name="cases"),
    path("<int:pk>/cases/<int:case>/", views.case, name="case"),
    path("<int:pk>/<slug:what>.csv", views.data_file, name="data_file"),
]
_VIEW, _EDIT = Permission.PROCESS_VIEW, Permission.PROCESS_EDIT
ACCESS: Final[dict[str, Permission]] = {
    "processes:list": _VIEW,
    "processes:create": _EDIT,
    "processes:detail": _VIEW,
    "processes:print": _VIEW,
    "processes:form_file": _VIEW,
    "processes:edit": _EDIT,
    "processes:paste": _EDIT,
    "processes:fill": _EDIT,
    "processes:detect": _EDIT,
    "processes:step_add": _EDIT,
    "processes:step_edit": _EDIT,
    "processes:step_remove": _EDIT,
    "processes:step_up": _EDIT,
    "processes:step_down": _EDIT,
    "processes:map": _VIEW,
    "processes:variants": _VIEW,
    "processes:bottleneck": _VIEW,
    "processes:cases": _VIEW,
    "processes:case": _VIEW,
    "processes:data_file": _VIEW,
}
