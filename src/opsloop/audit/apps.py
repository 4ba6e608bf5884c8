from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "opsloop.audit"
    label = "audit"

    def ready(self) -> None:
        from opsloop.audit.actions import record
        from opsloop.org.hooks import register_recorder

        register_recorder(record)
