from typing import Final

from django.urls import URLPattern, path

from opsloop.jobs import views
from opsloop.org.permissions import Permission

app_name = "jobs"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
]
# Everybody may look after the work they asked for; whose job it is is checked per object.
ACCESS: Final[dict[str, Permission]] = {
    f"{app_name}:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
}
