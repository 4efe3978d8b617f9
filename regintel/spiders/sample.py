"""What a spider makes of one page of its list that lies on disk: no process, no network, nothing followed."""

import asyncio
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import TextResponse
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from regintel.archive import ArchiveWriter
from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem, Problem
from regintel.orders import CrawlOrder, SpoolWriter
from regintel.sources import Source
from regintel.spiders.base import GuidanceSpider

RECORD = "<urn:uuid:sample>"
"""The record that items of a sample name, as they were read from none."""


def read_sample(source: Source, body: bytes, folder: Path) -> tuple[list[GuidanceItem], list[Problem]]:
    """Return the items of a page, those included that would wait for their own page or file, and what is wrong.

    :param folder: for the spider's spool and archive, which stay empty.
    :raises SourceError: when the page is not understood.
    """
    alone = source.model_copy(update={"urls": source.addresses[:1]})
    order = CrawlOrder(
        source=alone, run="sample", now=None, user_agent="", archive=folder, spool=folder / "sample.jsonl"
    )
    with SpoolWriter(order.spool) as spool:
        spider = _spider(order, spool)
        try:
            yielded = list(spider.parse(_page(source, body)))
        except CloseSpider as closed:
            raise spider.error or LayoutError(source.id, "the page is not understood") from closed
    items = [each for each in yielded if isinstance(each, GuidanceItem)]
    handed = {each.key for each in items}
    items += [each for each in getattr(spider, "found", []) if each.key not in handed]
    waiting = [each.cb_kwargs["item"] for each in yielded if isinstance(each, Request) and "item" in each.cb_kwargs]
    items += [each for each in waiting if each not in items]
    return items, [each for each in yielded if isinstance(each, Problem)]


def _spider(order: CrawlOrder, spool: SpoolWriter) -> GuidanceSpider[Any]:
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["regintel.spiders"]}))
    archive = ArchiveWriter(order.archive, order.run, run=order.run, source=order.source.id, robots="obey")
    spider = loader.load(order.source.id)(order=order, spool=spool, archive=archive)
    if not isinstance(spider, GuidanceSpider):
        raise TypeError(f"a guidance spider is due, not {spider!r}")
    asyncio.run(_begin(spider))
    return spider


async def _begin(spider: GuidanceSpider[Any]) -> None:
    """Let a spider ask for its first page, so that it knows that one is to come."""
    async for _ in spider.start():
        break


def _page(source: Source, body: bytes) -> TextResponse:
    address = next(iter(source.addresses), source.url)
    request = Request(address, meta={"record": RECORD})
    return TextResponse(address, headers={"Content-Type": "application/json"}, body=body, request=request)
