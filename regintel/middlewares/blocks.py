"""Tells a refusal from a page. A refusal is a state of its own: never "no change", never "removed".

Seen: a redirect to an apology page that is itself a 404 (FDA), the same with 200, HTML with 200 where JSON or XML is
due (EMA's and CDE's firewalls), 403, 429 after all retries, 412 with scripts (NMPA; its source names that status).
"""

import re
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from regintel.exceptions import BlockedError
from regintel.orders import CrawlOrder
from regintel.sources import Source
from regintel.spiders.base import spider_of

SCRIPTS = re.compile(r"<(script|style|head)\b.*?(</\1>|$)", re.DOTALL | re.IGNORECASE)
TAGS = re.compile(r"<[^<>]*>")
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""A word between spaces; Chinese and Japanese have none, so each of their signs counts."""
FEW_WORDS = 20


class BlockMiddleware:
    """Raises BlockedError where a refusal came instead of the page."""

    def __init__(self, order: CrawlOrder) -> None:
        self._source = order.source
        self._refused: BlockedError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's order."""
        return cls(spider_of(crawler).order)

    def process_request(self, request: Request) -> None:
        """Ask for nothing more after a refusal: Scrapy would still send what was waiting when the crawl was stopped.

        :raises BlockedError: the refusal that came.
        """
        if self._refused:
            raise self._refused

    def process_response(self, request: Request, response: Response) -> Response:
        """Let a page pass.

        :raises BlockedError: naming what gave the refusal away.
        """
        sign = refusal(self._source, request, response)
        if sign is None:
            return response
        refused = BlockedError(self._source.id, sign, url=request.url)
        if not request.url.endswith("/robots.txt"):  # one that is refused allows everything (RFC 9309)
            self._refused = refused
        raise refused


def refusal(source: Source, request: Request, response: Response) -> str | None:
    """Return what gives a refusal away, or none for a page."""
    if request.url.endswith("/robots.txt") and response.status < 300:
        return None
    trail = [*request.meta.get("redirect_urls", []), response.url]
    for address in trail:
        if any(part in address for part in source.blocked.addresses):
            return f"redirected to a refusal: {address}"
    if response.status in source.blocked.statuses:
        return f"refused with HTTP {response.status}"
    start = response.body[:20000].decode("utf-8", "replace")
    for word in source.blocked.words:
        if word in start:
            return f"refusal page (HTTP {response.status}): {word!r}"
    due = request.meta.get("media_type", source.media_type)
    if response.status == 200 and _is_html(response, start) and "html" not in due:
        return f"HTML where {due} is due"
    return _challenge(source, response)


def _challenge(source: Source, response: Response) -> str | None:
    """Return which mark of a challenge stands in a page that has hardly a word; with words it is a page that passed."""
    text = response.body[:400_000].decode("utf-8", "replace")
    found = next((mark for mark in source.blocked.scripts if mark in text), None)
    if found is None or len(WORD.findall(TAGS.sub("", SCRIPTS.sub("", text)))) > FEW_WORDS:
        return None
    return f"challenge page (HTTP {response.status}): {found!r} and hardly a word"


def _is_html(response: Response, start: str) -> bool:
    declared = b"html" in (response.headers.get("Content-Type") or b"").lower()
    head = start.lstrip("\ufeff \t\r\n")[:15].casefold()
    return head.startswith(("<!doctype html", "<html")) or (declared and not head.startswith(("{", "[", "<?xml")))
