"""What all guidance spiders share: the request, the loop over rows, and the failure policy.

A spider answers two questions, `rows` (what is a row) and `parse_row` (what does a row say); `next_page` where there
are pages, `key_of` where a row's key can be had when the rest cannot. The policy: a page that is not understood stops
the source; a row that is not understood is recorded and costs only itself; too many, and `[expect]` speaks.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Generic, NoReturn, TypeVar

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response as ScrapyResponse
from scrapy.http import TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from regintel.archive import ArchiveWriter
from regintel.exceptions import FetchError, LayoutError, SourceError
from regintel.items import Gone, GuidanceItem, Problem
from regintel.orders import CrawlEnd, CrawlOrder, SpoolWriter
from regintel.text.titles import squeezed

Row = TypeVar("Row")
Value = TypeVar("Value")
Yielded = GuidanceItem | Gone | Problem | Request


NO_SUCH_PAGE = (404, 410)

FAILURES = {
    "ResponseDataLossError": "the answer was cut off",
    "DownloadTimeoutError": "no answer in time",
    "DownloadConnectionRefusedError": "the connection was refused",
    "DownloadFailedError": "the connection broke",
    "CannotResolveHostError": "the host's name could not be resolved",
    "DownloadCancelledError": "the answer was too large",
}
"""Scrapy's errors in words, by their names."""


def _content_hash(item: GuidanceItem) -> int:
    """Return a hash of what a row says, whichever page of the listing it stood on."""
    return hash(item.model_dump_json(exclude={"record"}))


def described(error: Exception) -> tuple[str, str]:
    """Return a problem's kind and its one line."""
    if isinstance(error, SourceError):
        return error.kind, str(error)
    return "value", f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


def is_missing(failure: Failure) -> bool:
    """Return whether the agency says that there is no such page."""
    error = failure.value
    return isinstance(error, HttpError) and error.response.status in NO_SUCH_PAGE


class GuidanceSpider(Spider, Generic[Row]):
    """Reads one listing of one agency."""

    name: str
    repeats = False
    """Whether one key may stand in several rows, the newest first: the others are its past."""

    def __init__(self, order: CrawlOrder, spool: SpoolWriter, archive: ArchiveWriter, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.source = order.source
        self.spool = spool
        self.archive = archive
        self.seen: set[str] = set()
        self.listed = 0
        self.rows_met = 0
        """Rows as they came, the same one twice counted twice."""
        self._contents: dict[str, int] = {}
        self.complete = True
        self.error: SourceError | None = None
        self.requests = 0
        self.not_modified = 0
        self._open_pages = 0
        self._missing_siblings = 0

    # What a spider says of its listing

    def rows(self, page: TextResponse) -> Iterable[Row]:
        """Return the rows of a page."""
        raise NotImplementedError

    def parse_row(self, page: TextResponse, row: Row) -> GuidanceItem:
        """Return what a row says.

        :raises ParseError: when the row is not understood.
        """
        raise NotImplementedError

    def key_of(self, row: Row) -> str | None:
        """Return the row's key, if it can be had even where the rest of the row is not understood."""
        return None

    def next_page(self, page: TextResponse) -> str | Request | None:
        """Return the address of the listing's next page, or the request for it where an address does not say it all."""
        return None

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Hand an item on; a spider that reads each document's own page keeps it until `after_listing`."""
        yield item

    def after_listing(self) -> Iterator[Yielded]:
        """Do what needs the whole listing."""
        yield from ()

    # What the base owns

    async def start(self) -> AsyncIterator[Yielded]:
        """Ask for each page that the listing starts from."""
        self._open_pages = len(self.source.addresses)
        siblings = len(self.source.addresses) > 1
        for address in self.source.addresses:
            request = self.list_request(address)
            request.meta["sibling"] = siblings
            yield request

    def list_request(self, address: str) -> Request:
        """Return the request for a page of the listing, conditional on what was last read there."""
        return Request(address, callback=self.parse, errback=self.listing_failed, meta={"conditional": True})

    def parse(self, response: ScrapyResponse, **kwargs: Any) -> Iterator[Yielded]:
        """Read a page of the listing."""
        try:
            yield from self._read_page(response)
        except SourceError as error:
            self.fail(error)

    def _read_page(self, response: ScrapyResponse) -> Iterator[Yielded]:
        page = self.text_page(response)
        for row in self.rows(page):
            self.listed += 1
            yield from self._read_row(page, row)
        following = self.next_page(page)
        if following is not None:
            yield following if isinstance(following, Request) else self.list_request(following)
            return
        yield from self._page_done()

    def _page_done(self) -> Iterator[Yielded]:
        self._open_pages -= 1
        if self._open_pages == 0:
            yield from self.after_listing()

    def _read_row(self, page: TextResponse, row: Row) -> Iterator[Yielded]:
        self.rows_met += 1
        try:
            item = self.parse_row(page, row)
        except Exception as error:  # noqa: BLE001  (the row's door: whatever is wrong with it costs only itself)
            key = self._key_of(row)
            self._note_seen(key)
            yield self.problem(*described(error), url=page.url, key=key)
            return
        if item.key in self.seen and self.repeats:
            return
        if item.key in self.seen:
            self.listed -= 1  # pages shift while they are read: the same row twice is one row
            if self._contents.get(item.key) != _content_hash(item):
                yield self.problem(
                    "duplicate", f"{self.name}: two rows of one key differ; the first was taken", key=item.key
                )
            return
        self._contents[item.key] = _content_hash(item)
        self._note_seen(item.key)
        yield from self.emit(item)

    def _key_of(self, row: Row) -> str | None:
        """Return the key of a row that was not understood, or none: its address may be what is wrong with it."""
        try:
            return self.key_of(row)
        except (ValueError, TypeError, LookupError, AttributeError, SourceError):
            return None

    def _note_seen(self, key: str | None) -> None:
        if key is None:
            self.complete = False  # a row nobody can name: no other row can be missed with certainty
        else:
            self.seen.add(key)

    def listing_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Stop the source: a page of its listing could not be had.

        Of several sibling pages one that is not there costs only itself: its rows stand as they were, and nothing is
        concluded from absence. When none of them is there, or too many rows are missing, the run fails all the same.
        """
        error = self.fetch_error(failure)
        if not self._is_a_missing_sibling(failure):
            self.fail(error)
        self._missing_siblings += 1
        if self._missing_siblings == len(self.source.addresses):
            self.fail(error)
        self.complete = False
        yield self.problem("page", str(error), url=error.url)
        yield from self._page_done()

    def _is_a_missing_sibling(self, failure: Failure) -> bool:
        return is_missing(failure) and failure.request.meta.get("sibling", False)  # type: ignore[attr-defined]

    def fetch_error(self, failure: Failure) -> SourceError:
        """Return what went wrong with a request, as an error of this source."""
        error, url = failure.value, failure.request.url  # type: ignore[attr-defined]  # Scrapy puts the request there
        if isinstance(error, SourceError):
            return error
        if isinstance(error, HttpError):
            return FetchError(self.name, f"HTTP {error.response.status} for {url}", url=url)
        if isinstance(error, IgnoreRequest):
            return FetchError(self.name, f"not fetched: {error} ({url})", url=url)
        what = FAILURES.get(type(error).__name__, type(error).__name__)
        words = " ".join(str(error).split())[:300]
        return FetchError(self.name, f"{what}: {url}" + (f" ({words})" if words else ""), url=url)

    def fail(self, error: SourceError) -> NoReturn:
        """Stop the source with a typed error."""
        self.error = self.error or error
        raise CloseSpider("failed")

    # Words for spiders

    @property
    def now(self) -> datetime:
        """The moment of this crawl."""
        return self.order.now or datetime.now(UTC)

    def some(self, value: Value | None, what: str) -> Value:
        """Return the value, which must not be empty.

        :raises LayoutError: naming what is gone.
        """
        if value is None or (hasattr(value, "__len__") and len(value) == 0):
            raise LayoutError(self.name, f"no {what}")
        return value

    def text_page(self, response: ScrapyResponse) -> TextResponse:
        """Return a response that is text.

        :raises LayoutError: when it is not.
        """
        if not isinstance(response, TextResponse):
            raise LayoutError(self.name, "the page is not text", url=response.url)
        return response

    def json_of(self, page: TextResponse) -> Any:
        """Return a page's JSON.

        :raises LayoutError: when it is not JSON.
        """
        try:
            return page.json()
        except ValueError as error:
            raise LayoutError(self.name, f"not JSON: {error}", url=page.url) from error

    def item(self, page: TextResponse, *, title: str, status: str, **fields: Any) -> GuidanceItem:
        """Return an item of this source, its words squeezed and its status translated."""
        for name in ("summary", "change_note", "document_type"):
            if fields.get(name):
                fields[name] = squeezed(fields[name])
        return GuidanceItem(
            source=self.source.id,
            title=self.some(squeezed(title), "title"),
            status=status.casefold(),
            stage=self.source.stage_of(status),
            issuer=fields.pop("issuer", self.source.issuer),
            record=page.meta.get("record"),
            language=fields.pop("language", self.source.language),
            **fields,
        )

    def problem(self, kind: str, message: str, *, url: str | None = None, key: str | None = None) -> Problem:
        """Return a problem of this source."""
        return Problem(source=self.source.id, kind=kind, message=message, url=url, key=key)

    def end(self, reason: str) -> CrawlEnd:
        """Return how the crawl went, given Scrapy's word for why it ended."""
        error = self.error
        if error is None and reason == "closespider_timeout":
            error = FetchError(self.name, f"took longer than {self.source.politeness.max_seconds:.0f} seconds")
        if error is None and reason != "finished":
            error = FetchError(self.name, f"stopped early ({reason})")
        return CrawlEnd(
            listed=self.listed,
            complete=self.complete and self._open_pages == 0,
            requests=self.requests,
            not_modified=self.not_modified,
            error_kind=error.kind if error else None,
            error=str(error) if error else "",
            error_url=error.url if error else None,
        )


def spider_of(crawler: Crawler) -> GuidanceSpider[Any]:
    """Return the crawler's spider, which carries the order, the spool and the archive of its crawl."""
    if not isinstance(crawler.spider, GuidanceSpider):
        raise TypeError(f"a guidance spider is due, not {crawler.spider!r}")
    return crawler.spider
