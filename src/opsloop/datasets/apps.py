from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "opsloop.datasets"
    label = "datasets"
