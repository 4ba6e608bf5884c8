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
    path("<slug:key>/<slug:subject>/paste/preview", views.paste_preview, name="paste_preview"),
    path("<slug:key>/<slug:subject>/paste/apply", views.paste_apply, name="paste_apply"),
    path("<slug:key>/<slug:subject>/comments", views.comments, name="comments"),
    path("<slug:key>/<slug:subject>/comments/<int:pk>/resolve", views.resolve, name="resolve"),
    path("<slug:key>/<slug:subject>/history", views.history, name="history"),
    path("<slug:key>/<slug:subject>/restore", views.restore, name="restore"),
    path("<slug:key>/<slug:subject>/views", views.view_save, name="view_save"),
    path("<slug:key>/<slug:subject>/views/<int:pk>/delete", views.view_delete, name="view_delete"),
    path("<slug:key>/<slug:subject>/snapshots", views.snapshot_take, name="snapshot_take"),
]
# Whoever signed in may ask; whether a form opens is decided by its tool (`SheetSource.locate`).
ACCESS: Final[dict[str, Permission]] = {
    f"sheets:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
}
