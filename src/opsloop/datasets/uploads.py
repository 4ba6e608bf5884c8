"""An upload beyond the limit is dropped while it streams in, before it fills the disk."""

from typing import Final

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

TOO_LARGE: Final = "opsloop.upload_too_large"


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Skips the rest of a file that grows beyond UPLOAD_LIMIT_BYTES and says so in the request."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > settings.UPLOAD_LIMIT_BYTES:
            self.file.close()
            if self.request is not None:
                self.request.META[TOO_LARGE] = True
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was dropped; the form must have been read before."""
    return bool(request.META.get(TOO_LARGE))


def limit_mb() -> int:
    """The largest file this site takes, in MB."""
    return settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
