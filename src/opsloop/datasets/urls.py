from typing import Final

from django.urls import URLPattern, path

from opsloop.datasets import views
from opsloop.org.permissions import Permission

app_name = "datasets"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("new/", views.create, name="create"),
    path("upload/", views.upload, name="upload"),
    path("template/<slug:kind>/", views.template, name="template"),
    path("<int:pk>/", views.detail, name="detail"),
    path("imports/<int:pk>/", views.batch, name="batch"),
    path("imports/<int:pk>/read-again/", views.read_again, name="read_again"),
    path("imports/<int:pk>/commit/", views.commit, name="commit"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
    path("imports/<int:pk>/retire/", views.retire, name="retire"),
    path("imports/<int:pk>/correct/", views.correct, name="correct"),
    path("imports/<int:pk>/bad-rows/", views.bad_rows, name="bad_rows"),
    path("imports/<int:pk>/rows/", views.rows, name="rows"),
    path("imports/<int:pk>/rows.<slug:form>", views.rows_file, name="rows_file"),
]
_VIEW, _IMPORT = Permission.DATASET_VIEW, Permission.DATASET_IMPORT
# Which department's data sets is decided per object: outside the scope there is nothing (404).
ACCESS: Final[dict[str, Permission]] = {
    "datasets:list": _VIEW,
    "datasets:create": _IMPORT,
    "datasets:upload": _IMPORT,
    "datasets:template": _VIEW,
    "datasets:detail": _VIEW,
    "datasets:batch": _VIEW,
    "datasets:read_again": _IMPORT,
    "datasets:commit": _IMPORT,
    "datasets:discard": _IMPORT,
    "datasets:retire": _IMPORT,
    "datasets:correct": _IMPORT,
    "datasets:bad_rows": _VIEW,
    "datasets:rows": _VIEW,
    "datasets:rows_file": _VIEW,
}
