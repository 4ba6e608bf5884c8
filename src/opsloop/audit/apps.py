from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "opsloop.audit"
    label = "audit"
