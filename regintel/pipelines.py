"""The way out of a crawl process: every item and problem goes to the spool, a line each."""

from typing import Self

from scrapy.crawler import Crawler

from regintel.orders import Spooled, SpoolWriter
from regintel.spiders.base import spider_of


class SpoolPipeline:
    """Writes what a spider yields to the crawl's spool."""

    def __init__(self, spool: SpoolWriter) -> None:
        self._spool = spool

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's spool."""
        return cls(spider_of(crawler).spool)

    def process_item(self, item: Spooled) -> Spooled:
        """Write one item, removal or problem."""
        self._spool.write(item)
        return item
