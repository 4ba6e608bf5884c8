from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "opsloop.notify"
    label = "notify"
