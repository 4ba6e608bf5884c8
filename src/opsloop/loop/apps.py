from django.apps import AppConfig


class LoopConfig(AppConfig):
    name = "opsloop.loop"
    label = "loop"
