from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "opsloop.costs"
    label = "costs"
