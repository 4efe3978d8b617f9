"""The fetch prefix, the Wayback convention: the original URL appended to an address that answers for it.

It is the last thing before the wire, so that spiders, delays, robots.txt, redirects and the archive only ever see
original addresses.
"""

import re

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from regintel.spiders.base import spider_of


class PrefixedDownloadHandler(HTTP11DownloadHandler):
    """Sends every request through the prefix, when there is one; counts what is sent."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._prefix: str = crawler.settings.get("FETCH_PREFIX", "")
        # An archive may answer with another time of its own: http://host/20251015id_/https://…
        self._own = re.compile(rb"^(?:https?://[^/]+)?/(?:web/)?\d{1,14}(?:id_)?/(?=https?://)")

    async def download_request(self, request: Request) -> Response:
        """Download the original address by way of the prefix."""
        spider_of(self._crawler).requests += 1
        if not self._prefix:
            return await super().download_request(request)
        meta = {key: value for key, value in request.meta.items() if key != "proxy"}
        response = await super().download_request(request.replace(url=self._prefix + request.url, meta=meta))
        location = response.headers.get("Location")
        if location:
            response.headers["Location"] = self._own.sub(b"", location)
        return response.replace(url=request.url)
