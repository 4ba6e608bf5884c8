from typing import Final

from django.urls import URLPattern

from opsloop.org.permissions import Permission

app_name = "metrics"
urlpatterns: list[URLPattern] = []
ACCESS: Final[dict[str, Permission]] = {}
