from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "opsloop.jobs"
    label = "jobs"
