from typing import Final

from django.urls import URLPattern, path

from opsloop.org.permissions import Permission
from opsloop.sheets import views

app_name = "sheets"
urlpatterns: list[URLPattern] = [
    path("<slug:key>/<slug:subject>/data", views.data, name="data"),
    path("<slug:key>/<slug:subject>/changes", views.changes, name="changes"),
    path("<slug:key>/<slug:subject>/rows/insert", views.insert, name="insert"),
    path("<slug:key>/<slug:subject>/rows/delete", views.delete, name="delete"),
    path("<slug:key>/<slug:subject>/rows/move", views.move, name="move"),
    path("<slug:key>/<slug:subject>/header", views.header, name="header"),
]
# Whoever signed in may ask; whether a form opens is decided by its tool (`SheetSource.locate`).
ACCESS: Final[dict[str, Permission]] = {
    f"sheets:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
}
