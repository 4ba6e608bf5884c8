from typing import Final

from django.urls import URLPattern, URLResolver, path

from opsloop.api import root, views
from opsloop.org.permissions import Permission

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="reference"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", views.revoke, name="revoke"),
    path("v1/openapi.json", views.openapi, name="openapi"),
    path("v1/", root.api().urls),
]
# A person's tokens are their own; what one opens is decided by the person's roles.
ACCESS: Final[dict[str, Permission]] = {
    "api:reference": Permission.SIGNED_IN,
    "api:tokens": Permission.SIGNED_IN,
    "api:revoke": Permission.SIGNED_IN,
    "api:openapi": Permission.SIGNED_IN,
    "api:v1:api-root": Permission.SIGNED_IN,  # the library's own name for the root; nothing there
    **{
        f"api:v1:{name}": permission
        for room in root.rooms()
        for name, permission in room.ACCESS.items()
    },
}
