from typing import Final

from django.urls import URLPattern, path

from opsloop.metrics import views
from opsloop.org.permissions import Permission

app_name = "metrics"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/revise/", views.revise, name="revise"),
    path("points/<int:pk>/", views.point, name="point"),
]
# Whose numbers these are is decided per object. Editors of a tool revise its metrics on the tool's
# own pages, which call the same action.
ACCESS: Final[dict[str, Permission]] = {
    "metrics:list": Permission.METRIC_VIEW,
    "metrics:detail": Permission.METRIC_VIEW,
    "metrics:revise": Permission.METRIC_EDIT,
    "metrics:point": Permission.METRIC_VIEW,
}
