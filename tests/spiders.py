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
    return built(loader.load(source.id), source, folder, **told)


def built(form: type[Any], source: Source, folder: Path, **told: Any) -> GuidanceSpider[Any]:
    """Return a spider of this class, ready to read pages."""
    order = CrawlOrder(
        source=source, run="r", now=None, user_agent="test", archive=folder, spool=folder / "spool.jsonl", **told
    )
    spool = SpoolWriter(order.spool)
    spool.__exit__(None, None, None)
    archive = ArchiveWriter(folder, "r", run="r", source=source.id, robots="obey")
    spider = form(order=order, spool=spool, archive=archive)
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
    if waiting := getattr(spider, "found", []):  # in the page's order; on its way out an item is told what was not read
        handed = {each.key: each for each in found.items}
        found.items = [handed.get(each.key, each) for each in waiting]
    # An item that waits for its file travels with the request for it.
    waiting = [each.cb_kwargs["item"] for each in found.requests if "item" in each.cb_kwargs]
    found.items += [each for each in waiting if each not in found.items]
    return found
