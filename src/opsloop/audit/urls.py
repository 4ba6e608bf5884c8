from typing import Final

from django.urls import URLPattern, path

from opsloop.audit import views
from opsloop.org.permissions import Permission

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("verify/", views.verify, name="verify"),
]
ACCESS: Final[dict[str, Permission]] = {
    f"{app_name}:{pattern.name}": Permission.AUDIT_VIEW for pattern in urlpatterns
}
