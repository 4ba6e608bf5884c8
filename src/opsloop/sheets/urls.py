from typing import Final

from django.urls import URLPattern, path

from opsloop.org.permissions import Permission
from opsloop.sheets.views import checks, grid, pages

app_name = "sheets"
_FORM: Final = "<slug:key>/<slug:subject>/"
urlpatterns: list[URLPattern] = [
    path("", checks.listing, name="list"),
    path("<slug:key>/empty.<slug:kind>", checks.template, name="template"),
    path("<slug:key>/check/", checks.check, name="check"),
    path("<slug:key>/check/<int:pk>/", checks.checked, name="checked"),
    path("<slug:key>/check/<int:pk>/take/", checks.take, name="take"),
    path("<slug:key>/check/<int:pk>/file/<slug:kind>", checks.checked_file, name="checked_file"),
    path(_FORM, pages.form, name="form"),
    path(f"{_FORM}print/", pages.printed, name="print"),
    path(f"{_FORM}file/<slug:kind>", pages.file, name="file"),
    path(f"{_FORM}made/<int:pk>", pages.made, name="made"),
    path(f"{_FORM}import", pages.receive, name="import"),
    path(f"{_FORM}import/<int:pk>/", pages.returned, name="returned"),
    path(f"{_FORM}import/<int:pk>/apply", pages.apply, name="apply"),
    path(f"{_FORM}import/<int:pk>/faulty.xlsx", pages.faulty, name="faulty"),
    path(f"{_FORM}snapshots", pages.snapshot_take, name="snapshot_take"),
    path(f"{_FORM}snapshots/<int:pk>/", pages.snapshot, name="snapshot"),
    path(f"{_FORM}snapshots/<int:pk>/restore", pages.snapshot_restore, name="snapshot_restore"),
    path(f"{_FORM}data", grid.data, name="data"),
    path(f"{_FORM}changes", grid.changes, name="changes"),
    path(f"{_FORM}rows/insert", grid.insert, name="insert"),
    path(f"{_FORM}rows/delete", grid.delete, name="delete"),
    path(f"{_FORM}rows/move", grid.move, name="move"),
    path(f"{_FORM}header", grid.header, name="header"),
    path(f"{_FORM}paste/preview", grid.paste_preview, name="paste_preview"),
    path(f"{_FORM}paste/apply", grid.paste_apply, name="paste_apply"),
    path(f"{_FORM}comments", grid.comments, name="comments"),
    path(f"{_FORM}comments/<int:pk>/resolve", grid.resolve, name="resolve"),
    path(f"{_FORM}history", grid.history, name="history"),
    path(f"{_FORM}restore", grid.restore, name="restore"),
    path(f"{_FORM}views", grid.view_save, name="view_save"),
    path(f"{_FORM}views/<int:pk>/delete", grid.view_delete, name="view_delete"),
]
# Whoever signed in may ask; whether a form opens is decided by its tool (`SheetSource.locate`).
ACCESS: Final[dict[str, Permission]] = {
    f"sheets:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
}
