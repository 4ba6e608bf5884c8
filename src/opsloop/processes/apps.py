from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    name = "opsloop.processes"
    label = "processes"
