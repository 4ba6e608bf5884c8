from django.apps import AppConfig


class SheetsConfig(AppConfig):
    name = "opsloop.sheets"
    label = "sheets"
