from typing import Final

from django.urls import URLPattern, path

from opsloop.notify import views, webhook_views
from opsloop.org.permissions import Permission

app_name = "notify"
urlpatterns: list[URLPattern] = [
    path("", views.listing, name="list"),
    path("<int:pk>/open/", views.open_notice, name="open"),
    path("read-all/", views.read_all, name="read_all"),
    path("preference/", views.preference, name="preference"),
]
_WEBHOOKS: Final[list[URLPattern]] = [
    path("webhooks/", webhook_views.listing, name="webhooks"),
    path("webhooks/new/", webhook_views.create, name="webhook_create"),
    path("webhooks/<int:pk>/", webhook_views.detail, name="webhook"),
    path("webhooks/<int:pk>/edit/", webhook_views.edit, name="webhook_edit"),
    path("webhooks/<int:pk>/test/", webhook_views.test, name="webhook_test"),
    path("webhooks/<int:pk>/renew/", webhook_views.renew, name="webhook_renew"),
    path("webhooks/<int:pk>/remove/", webhook_views.remove, name="webhook_remove"),
]
# Everybody's own notices and nobody else's; what leaves the house is the administrator's.
ACCESS: Final[dict[str, Permission]] = {
    f"{app_name}:{pattern.name}": Permission.SIGNED_IN for pattern in urlpatterns
} | {f"{app_name}:{pattern.name}": Permission.INTEGRATION_EDIT for pattern in _WEBHOOKS}
urlpatterns += _WEBHOOKS
