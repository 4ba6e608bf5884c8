"""Addresses that belong to no single room."""

from typing import Final

from django.urls import path

from opsloop.org.permissions import Permission
from opsloop.web import views

app_name = "web"
urlpatterns = [
    path("", views.home, name="home"),
    path("search", views.search, name="search"),
    path("help/<slug:room>", views.help_page, name="help"),
    path("language", views.language, name="language"),
    path("health", views.health, name="health"),
    path("ready", views.ready, name="ready"),
    path("csp-report", views.csp_report, name="csp_report"),
]
ACCESS: Final[dict[str, Permission]] = {
    "web:home": Permission.SIGNED_IN,
    "web:search": Permission.SIGNED_IN,
    "web:help": Permission.SIGNED_IN,
    "web:language": Permission.PUBLIC,
    "web:health": Permission.PUBLIC,
    "web:ready": Permission.PUBLIC,
    "web:csp_report": Permission.PUBLIC,
}
