"""One crawl of one source, in a process of its own: `python -m regintel.crawl`, its order on stdin.

A process each, because Twisted's reactor cannot be started twice and memory should go back when a crawl ends. It
fetches, archives and parses; it never opens the index. When the parent dies, stdin closes, and so does this process.
"""

import logging
import os
import sys
import threading
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.spiderloader import SpiderLoader
from twisted.python.failure import Failure

from regintel.archive import ArchiveWriter
from regintel.exceptions import SourceError
from regintel.logs import configure
from regintel.orders import CrawlEnd, CrawlOrder, SpoolWriter
from regintel.settings import crawl_settings
from regintel.spiders.base import GuidanceSpider


def run(order: CrawlOrder) -> CrawlEnd:
    """Crawl as ordered; return how it ended."""
    name = f"{order.source.id}-{order.run}"
    with SpoolWriter(order.spool) as spool:
        with ArchiveWriter(order.archive, name, run=order.run, source=order.source.id, robots="obey") as archive:
            end = _crawl(order, archive, spool)
        spool.end(end)  # after the archive: a spool with an end names no record that is not on the disk
    return end


def _crawl(order: CrawlOrder, archive: ArchiveWriter, spool: SpoolWriter) -> CrawlEnd:
    settings = crawl_settings(order)
    process = CrawlerProcess(settings)
    configure(logging.getLogger(), logging.INFO)  # after Scrapy, which opens the root logger wide
    crawler = Crawler(SpiderLoader.from_settings(settings).load(order.source.id), settings, init_reactor=True)
    reasons: list[str] = []

    def closed(spider: GuidanceSpider[Any], reason: str) -> None:
        reasons.append(reason)

    def broken(failure: Failure, response: object, spider: GuidanceSpider[Any]) -> None:
        # A fault of ours, not of the page: Scrapy would log it and go on as if the rows were not there.
        words = f"{spider.name}: {type(failure.value).__name__}: {failure.getErrorMessage()[:300]} (see the log)"
        spider.error = spider.error or SourceError(spider.name, words.removeprefix(f"{spider.name}: "))

    crawler.signals.connect(closed, signals.spider_closed)
    crawler.signals.connect(broken, signals.spider_error)
    process.crawl(crawler, order=order, spool=spool, archive=archive)
    process.start()
    spider = crawler.spider
    if not isinstance(spider, GuidanceSpider):
        return _never_started(order)
    return spider.end(reasons[0] if reasons else "no spider_closed signal")


def _never_started(order: CrawlOrder) -> CrawlEnd:
    error = f"{order.source.id}: the spider could not be started (see the log)"
    return CrawlEnd(listed=0, complete=False, requests=0, not_modified=0, error_kind="source", error=error)


def _leave_with_the_parent(stdin: int) -> None:
    while os.read(stdin, 1024):
        pass
    os._exit(3)


def main() -> None:
    """Read the order and obey it."""
    order = CrawlOrder.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_leave_with_the_parent, args=(sys.stdin.fileno(),), daemon=True).start()
    run(order)


if __name__ == "__main__":
    main()
