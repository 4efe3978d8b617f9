"""Runs a spider over a page that lies on disk: no process, no network."""

from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from regintel.archive import ArchiveWriter
from regintel.items import Gone, GuidanceItem, Problem
from regintel.orders import CrawlOrder, SpoolWriter
from regintel.sources import Source
from regintel.spiders.base import GuidanceSpider


def spider_of(source: Source, folder: Path, **told: Any) -> GuidanceSpider[Any]:
    """Return the source's spider, ready to read pages."""
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["regintel.spiders"]}))
    order = CrawlOrder(
        source=source, run="r", now=None, user_agent="test", archive=folder, spool=folder / "spool.jsonl", **told
    )
    spool = SpoolWriter(order.spool)
    spool.__exit__(None, None, None)
    archive = ArchiveWriter(folder, "r", run="r", source=source.id, robots="obey")
    spider = loader.load(source.id)(order=order, spool=spool, archive=archive)
    assert isinstance(spider, GuidanceSpider)
    spider._open_pages = 1
    return spider


def response(
    url: str, body: bytes, *, status: int = 200, media_type: str = "application/json", **told: Any
) -> TextResponse:
    """Return a page as Scrapy hands it to a spider."""
    request = Request(url, meta={"record": "<urn:uuid:sample>"}, cb_kwargs=told)
    return TextResponse(url, status=status, headers={"Content-Type": media_type}, body=body, request=request)


class Yielded:
    """What a spider made of a page, sorted."""

    def __init__(self, things: Any) -> None:
        every = list(things)
        self.items = [each for each in every if isinstance(each, GuidanceItem)]
        self.gone = [each for each in every if isinstance(each, Gone)]
        self.problems = [each for each in every if isinstance(each, Problem)]
        self.requests = [each for each in every if isinstance(each, Request)]


def read(spider: GuidanceSpider[Any], body: bytes) -> Yielded:
    """Let the spider read a page of its listing; items that wait for their own page count as items."""
    url = next(iter(spider.source.addresses))
    found = Yielded(spider.parse(response(url, body)))
    found.items += [each for each in getattr(spider, "found", []) if each not in found.items]
    # An item that waits for its file travels with the request for it.
    found.items += [each.cb_kwargs["item"] for each in found.requests if each.cb_kwargs.get("item") not in found.items]
    return found
