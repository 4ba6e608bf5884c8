from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "opsloop.metrics"
    label = "metrics"
