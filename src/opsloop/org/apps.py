from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "opsloop.org"
    label = "org"
