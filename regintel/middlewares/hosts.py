"""Only declared hosts are asked, whatever a page links or redirects to."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from regintel.exceptions import FetchError
from regintel.orders import CrawlOrder
from regintel.spiders.base import spider_of


class DeclaredHostsMiddleware:
    """Refuses a request to a host that the source's file does not name."""

    def __init__(self, order: CrawlOrder) -> None:
        self._order = order

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's order."""
        return cls(spider_of(crawler).order)

    def process_request(self, request: Request) -> None:
        """Let the request pass, or refuse it.

        :raises FetchError: for an undeclared host or another scheme than http(s).
        """
        parts = urlsplit(request.url)
        source = self._order.source
        if parts.scheme not in {"http", "https"} or parts.hostname not in source.hosts:
            raise FetchError(source.id, f"not a declared host: {request.url[:200]}", url=request.url)
