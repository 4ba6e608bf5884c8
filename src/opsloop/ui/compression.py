"""Pages leave compressed: a list of fifty rows is 74 kB of text, 7 kB on the wire."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompression(GZipMiddleware):
    """Only pages. An entity tag of the API names exact bytes, and compressing would weaken it;
    files and static assets are packed already.

    Django pads each answer by a random length, so that what is secret in it cannot be guessed by
    its size (BREACH); form tokens change with every page besides.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
