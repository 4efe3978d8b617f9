"""What the lists of www.cde.org.cn have in common: one form, sent by POST, answered with JSON, page by page.

How they behave (seen by crawlers that ran from 2022 to 2026-07, and in rebuilt captures):

* The answer is `{"code": 200, "data": {"records": […], "total", "pages", "current"}}`. A refused call is HTML with 200,
  the challenge of Ruishu, or a 403 page 请不要使用非法的URL地址访问, after a few hits, for robots.txt too.
* Every crawler that works sends the list page's address as Referer. Scripts of the page add a one-time `?MmEwMD=…`,
  which means nothing to us: it is not sent.
* `pageSize` is 10 to 100. The id in a list page's address is not always the form's `classid`.
* Days are `20260601`. POST is never asked conditionally.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scrapy import FormRequest, Request
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.spiders.nmpa import NoticeReader, document_key

Record = dict[str, Any]

SITE = "https://www.cde.org.cn"
PAGE_SIZE = 100


@dataclass(frozen=True)
class Query:
    """One list: the page that shows it, and the form that asks for it."""

    page: str
    """Path of the list page, sent as Referer."""
    form: dict[str, str] = field(default_factory=dict)


class CdeSpider(NoticeReader[Record]):
    """Asks its queries one after the other, each to its last page: a refusal ends the crawl at the first."""

    queries: tuple[Query, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due = 0
        """Rows that the lists say they have."""

    def list_request(self, address: str) -> Request:
        """Return the request for the first page of the first query."""
        return self._page_request(address, query=0, number=1, met=0)

    def rows(self, page: TextResponse) -> Iterable[Record]:
        """Return the records of a page."""
        data = self._data(page)
        records: list[Record] = data["records"]
        return self.some(records, "records") if page.meta.get("number", 1) == 1 else records

    def key_of(self, row: Record) -> str | None:
        """Return the guideline's id, or that of the notice that a circular or draft links to."""
        told = row if isinstance(row, dict) else {}
        if told.get("zdyzIdCODE"):
            return str(told["zdyzIdCODE"])
        return document_key(_https(str(told["externalLinks"]))) if told.get("externalLinks") else None

    def next_page(self, page: TextResponse) -> Request | None:
        """Return the request for the next page while the total says that there is one, then for the next query."""
        data, query = self._data(page), page.meta.get("query", 0)
        met = page.meta.get("met", 0) + len(data["records"])
        if data["records"] and met < data["total"]:
            return self._page_request(page.url, query=query, number=page.meta.get("number", 1) + 1, met=met)
        self._due += data["total"]
        if query + 1 < len(self.queries):
            return self._page_request(page.url, query=query + 1, number=1, met=0)
        # A page that shifted while it was read, or came twice: then not every row was seen.
        self.complete = self.complete and len(self.seen) >= self._due
        return None

    def address_of(self, row: Record) -> str:
        """Return the address of the notice that a circular or draft links to."""
        return _https(str(self.some(row.get("externalLinks"), "externalLinks")))

    def _page_request(self, address: str, *, query: int, number: int, met: int) -> Request:
        asked = self.queries[query]
        return FormRequest(
            address,
            formdata={"pageNum": str(number), "pageSize": str(PAGE_SIZE), "searchTitle": "", **asked.form},
            headers={"Referer": SITE + asked.page},
            callback=self.parse,
            errback=self.listing_failed,
            meta={"query": query, "number": number, "met": met},
        )

    def _data(self, page: TextResponse) -> dict[str, Any]:
        answer = self.json_of(page)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or answer.get("code") != 200:
            raise LayoutError(self.name, f"no data in the answer: {page.text[:200]!r}", url=page.url)
        if not isinstance(data.get("records"), list) or not isinstance(data.get("total"), int):
            raise LayoutError(self.name, "no records and total in the answer", url=page.url)
        return data


def _https(address: str) -> str:
    return re.sub(r"^http://", "https://", address.strip())
