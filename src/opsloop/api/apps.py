from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "opsloop.api"
    label = "api"
