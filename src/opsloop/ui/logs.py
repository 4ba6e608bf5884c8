"""Logs as one JSON object a line, for people with grep and for collectors alike."""

import json
import logging
from datetime import UTC, datetime

from django.http import HttpRequest


def _who_and_where(request: HttpRequest) -> tuple[str, int | None]:
    """The path without its query, which may hold what people searched for; and who asked.

    An address open to everybody carries the right to use it in its path (a one-time link, a link to
    speak without a name): only its pattern is written, and not who came.
    """
    if getattr(request, "is_public_address", False) and request.resolver_match:
        return f"/{request.resolver_match.route}", None
    return request.path, getattr(getattr(request, "user", None), "pk", None)


class JsonFormatter(logging.Formatter):
    """Adds the incident number and the request to what Django and we log."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = getattr(record, "request", None)
        if request is not None and hasattr(request, "method"):
            line["method"] = request.method
            line["path"], line["person"] = _who_and_where(request)
            line["incident"] = getattr(request, "incident", "")
        for name in ("status_code", "ms", "report"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
