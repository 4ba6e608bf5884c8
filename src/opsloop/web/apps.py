from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "opsloop.web"
    label = "web"
