from typing import Final

from django.urls import URLPattern, path

from opsloop.notify import views
from opsloop.org.permissions import Permission

app_name = "notify"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("<int:pk>/open/", views.open_notice, name="open"),
    path("read-all/", views.read_all, name="read_all"),
    path("preference/", views.preference, name="preference"),
]
# Everybody's own notices and nobody else's.
ACCESS: Final[dict[str, Permission]] = {
    f"{app_name}:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
}
