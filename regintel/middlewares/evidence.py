"""Keeps every response as WARC, and asks only for what changed.

A page that was read in a healthy run is asked for with its ETag and Last-Modified. On 304 its bytes are taken from the
archive and read again like a fresh page: so a listing of several pages stays complete when one of them did not move,
and a corrected spider corrects its items without a change upstream.
"""

import logging
from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers
from scrapy.http import Response as ScrapyResponse
from scrapy.responsetypes import responsetypes

from regintel.archive import ArchivedResponse, read_record
from regintel.exceptions import ArchiveError
from regintel.items import Response
from regintel.orders import Validator
from regintel.spiders.base import spider_of

logger = logging.getLogger(__name__)

CONDITIONS = ("If-None-Match", "If-Modified-Since")


class ArchiveMiddleware:
    """Writes what came to the archive; turns a 304 back into the page it stands for."""

    def __init__(self, crawler: Crawler) -> None:
        self._spider = spider_of(crawler)
        self._order = self._spider.order
        self._writer = self._spider.archive

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's order and archive."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Add what was last known of the page, so that the server can answer 304."""
        for name in CONDITIONS:
            request.headers.pop(name, None)
        validator = self._validator(request)
        if validator and validator.response.etag:
            request.headers["If-None-Match"] = validator.response.etag
        if validator and validator.response.last_modified:
            request.headers["If-Modified-Since"] = validator.response.last_modified

    def process_response(self, request: Request, response: ScrapyResponse) -> ScrapyResponse | Request:
        """Keep the response; return it, or the archived page that a 304 stands for."""
        if response.status == 304:
            return self._not_modified(request, response)
        if self._order.given:
            return self._given(request, response)
        kept = self._writer.write(
            url=request.url,
            method=request.method,
            status=response.status,
            request_headers=_pairs(request.headers),
            request_body=request.body,
            response_headers=_pairs(response.headers),
            body=response.body,
            at=self._now(),
        )
        self._note(request, kept, kept.id)
        return response

    def _given(self, request: Request, response: ScrapyResponse) -> ScrapyResponse:
        """Keep a file that a person saved; it is no answer of a server, and is not kept as one."""
        kept = self._writer.write_given(
            response.body,
            url=request.url,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
            about={"file-name": request.meta["given"], "given-by": self._order.given_by},
            at=self._now(),
        )
        self._note(request, kept, kept.id)
        return response

    def _not_modified(self, request: Request, response: ScrapyResponse) -> ScrapyResponse | Request:
        validator = self._validator(request)
        archived = self._archived(request, validator)
        if validator is None or archived is None:
            meta = {**request.meta, "conditional": False}
            return request.replace(meta=meta, dont_filter=True)
        before = validator.response
        kept = self._writer.write_not_modified(
            url=request.url,
            request_headers=_pairs(request.headers),
            response_headers=_pairs(response.headers),
            refers_to=before,
            at=self._now(),
        )
        self._note(request, kept, before.id)
        self._spider.not_modified += 1
        headers = Headers({})
        for name, value in archived.headers:
            headers.appendlist(name, value.encode("latin-1"))
        form = responsetypes.from_args(headers=headers, url=request.url, body=archived.body)
        return form(url=request.url, status=archived.status, headers=headers, body=archived.body, request=request)

    def _archived(self, request: Request, validator: Validator | None) -> ArchivedResponse | None:
        """Return the bytes that a 304 stands for, or none where they are lost: then the page is asked for anew."""
        if validator is None:
            logger.warning("%s: 304 without having asked for it", request.url)
            return None
        before = validator.response
        try:
            return read_record(self._order.archive, before.file, before.offset, before.id, sha256=before.sha256)
        except ArchiveError as error:
            logger.warning("asking again, unconditionally: %s", error)
            return None

    def _validator(self, request: Request) -> Validator | None:
        if request.method != "GET" or not request.meta.get("conditional"):
            return None
        return self._order.validators.get(request.url)

    def _note(self, request: Request, kept: Response, record: str) -> None:
        request.meta["record"] = record
        self._spider.spool.write(kept)

    def _now(self) -> datetime:
        return self._order.now or datetime.now(UTC)


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    ]
