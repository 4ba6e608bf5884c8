from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "opsloop.org"
    label = "org"

    def ready(self) -> None:
        from opsloop.org.sign_in_trail import connect

        connect()
