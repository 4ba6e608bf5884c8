"""The demo's own addresses: choosing a persona, and raw files to try. 404 outside demo mode."""

from typing import Final

from django.urls import path

from opsloop.demo import views
from opsloop.org.permissions import Permission

app_name = "demo"
urlpatterns = [
    path("", views.personas, name="personas"),
    path("enter", views.enter, name="enter"),
    path("files/<slug:name>.csv", views.sample_file, name="file"),
]
ACCESS: Final[dict[str, Permission]] = {
    "demo:personas": Permission.PUBLIC,
    "demo:enter": Permission.PUBLIC,
    "demo:file": Permission.SIGNED_IN,
}
