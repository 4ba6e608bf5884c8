from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "opsloop.ui"
    label = "ui"
