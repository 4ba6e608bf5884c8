"""Logs as one JSON object a line, for people with grep and for collectors alike."""

import json
import logging
from datetime import UTC, datetime


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
            # The path only: a query may hold what people searched for.
            line["path"] = request.path
            line["incident"] = getattr(request, "incident", "")
            person = getattr(request, "user", None)
            line["person"] = getattr(person, "pk", None)
        for name in ("status_code", "ms", "report"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
