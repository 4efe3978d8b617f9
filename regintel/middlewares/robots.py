"""robots.txt, obeyed: rules by Scrapy, and what Scrapy leaves out.

Scrapy reads `Crawl-delay` and does nothing with it; here it sets the host's delay, never below the source's floor.
Scrapy allows everything when robots.txt cannot be read; RFC 9309 §2.3.1.4 says that an unreachable one (5xx, no
connection) forbids everything, and a 4xx allows everything.
"""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from regintel.exceptions import FetchError
from regintel.orders import CrawlOrder
from regintel.spiders.base import FAILURES, spider_of


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt, its delay included."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._order: CrawlOrder = spider_of(crawler).order
        self._unreachable: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build, and listen for robots.txt files."""
        robots = cls(crawler)
        crawler.signals.connect(robots.slow_down, signal=signals.robots_parsed)
        return robots

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Let the request pass if the host's robots.txt could be read and allows it.

        :raises FetchError: when it could not be read.
        """
        host = urlsplit(request.url).netloc
        if host in self._unreachable:
            raise FetchError(self._order.source.id, f"robots.txt of {host}: {self._unreachable[host]}", url=request.url)
        super().process_request_2(rp, request)

    def slow_down(self, robotparser: RobotParser, request: Request) -> None:
        """Set the host's delay to what its robots.txt asks, where that is more than our floor."""
        asked = robotparser.crawl_delay(self._order.user_agent) or 0
        if self._order.delay is not None or asked <= self._order.source.politeness.delay:
            return
        downloader = self.crawler.engine.downloader
        host = urlsplit(request.url).hostname or ""
        downloader.per_slot_settings[host] = {"concurrency": 1, "delay": asked, "jitter": 0}
        if host in downloader.slots:
            downloader.slots[host].delay = asked

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500:
            self._unreachable[netloc] = f"HTTP {response.status}"
        await super()._parse_robots(response if response.status < 400 else response.replace(body=b""), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if not isinstance(exc, FetchError):  # a refusal shows itself again at the page, and is told apart there
            self._unreachable[netloc] = FAILURES.get(type(exc).__name__, type(exc).__name__)
        super()._robots_error(exc, netloc)
