"""Spiders that read what stands behind a row: a document's own page, or its file.

`FollowingSpider` reads a list, then the documents of its rows that are new or moved. `PagesSpider` has no list of its
own: it reads the pages of documents that another source says have moved, and those that its file names.

What is wrong with a document's page costs only that document: it is a problem, what was last known of it stands, and it
is asked for again. A refusal stops the source, for the host has said no.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response as ScrapyResponse
from scrapy.http import TextResponse
from twisted.python.failure import Failure

from regintel.exceptions import BlockedError, FetchError, SourceError
from regintel.items import GuidanceItem, Problem
from regintel.orders import TRIES, CrawlEnd, Due
from regintel.spiders.base import GuidanceSpider, Row, Yielded, described, is_missing
from regintel.text.html import text_of
from regintel.text.pdf import PdfProblem, read_pdf

ANY = "text/html, application/pdf"
"""What a document may come as, whatever its list is served as."""
PASSING = frozenset({
    PdfProblem.NOT_PDF, PdfProblem.TRUNCATED, PdfProblem.UNREADABLE, PdfProblem.CRASHED, PdfProblem.OUT_OF_TIME,
    PdfProblem.OUT_OF_MEMORY,
})  # fmt: skip
"""What may be well the next time; a PDF that is encrypted or holds images stays so until it is replaced."""
GIVEN_UP = "given_up"
UNASKED = "-"
"""In place of a list's state: no list asked for the page."""
WAITING = "waiting"
MISSING = "missing"


def stamp_of(item: GuidanceItem) -> str:
    """Return what tells whether a row moved: its technical stamp, or a hash of what it says."""
    return item.touched or content_stamp(item)


def content_stamp(item: GuidanceItem) -> str:
    """Return a hash of what a row or page says."""
    said = item.model_dump_json(exclude={"record", "touched"})
    return hashlib.sha256(said.encode()).hexdigest()[:16]


class DocumentReader(GuidanceSpider[Row]):
    """What both kinds share: the request for a document, its door, and how files become text."""

    body = "main, body"
    """CSS selectors, best first, of the node that holds the words of a document's page."""
    from_document: tuple[str, ...] = ("text",)
    """Fields that only the document's own page or file tells."""

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the item's own page or file; none if there is nothing to read."""
        return item.url

    def read_document(self, response: ScrapyResponse, item: GuidanceItem) -> Iterator[Yielded]:
        """Add a document's words to its item. A spider that learns more from a page overrides this, and hands on."""
        if _is_pdf(response):
            yield from self._read_pdf(response, item)
            return
        if not isinstance(response, TextResponse):
            media_type = response.headers.get("Content-Type", b"").decode("latin-1")  # type: ignore[union-attr]
            yield self.problem("not_text", f"{self.name}: {media_type or 'no type'} is not read", url=response.url,
                               key=item.key)  # fmt: skip
            yield self.without(item)
            return
        node = next((found for css in self.body.split(", ") if (found := response.css(css).get())), "")
        yield self.with_text(item, response, text_of(node))

    def document_request(self, address: str, item: GuidanceItem) -> Request:
        """Return the request for a document, or for what its page links."""
        return Request(
            address,
            callback=self.open_document,
            errback=self.document_failed,
            cb_kwargs={"item": item},
            dont_filter=True,
            meta={"conditional": True, "media_type": ANY},
        )

    def open_document(self, response: ScrapyResponse, item: GuidanceItem) -> Iterator[Yielded]:
        """Read a document; whatever is wrong with it costs only itself."""
        try:
            found = list(self.read_document(response, item))
        except Exception as error:  # noqa: BLE001  (the document's door)
            yield self.problem(*described(error), url=response.url, key=item.key)
            yield self.again(item)
            return
        yield from found

    def document_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that a document could not be had; it is due again at the next run."""
        item: GuidanceItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]
        error = self.costs_itself(failure)
        kind = MISSING if is_missing(failure) else error.kind
        yield self.problem(kind, str(error), url=error.url, key=item.key)
        yield self.again(item)

    def costs_itself(self, failure: Failure) -> SourceError:
        """Return what went wrong; a refusal stops the source."""
        error = self.fetch_error(failure)
        if isinstance(error, BlockedError):
            self.fail(error)
        return error

    def with_text(self, item: GuidanceItem, response: ScrapyResponse, text: str) -> GuidanceItem:
        """Return the item with the document's words and the record they were read from."""
        record = response.meta.get("record")
        records = (*item.body_records, record) if record else item.body_records
        unread = tuple(name for name in item.unread if name not in self.from_document)
        return item.model_copy(update={"text": text, "body_records": records, "unread": unread})

    def without(self, item: GuidanceItem) -> GuidanceItem:
        """Return the item as far as its list tells it: what was last known of its document stands."""
        return item.model_copy(update={"unread": tuple(dict.fromkeys((*item.unread, *self.from_document)))})

    def again(self, item: GuidanceItem) -> GuidanceItem:
        """Return the item as far as its list tells it, so that its document is due again at the next run."""
        return self.without(item).model_copy(update={"touched": None})

    def _waiting(self, number: int) -> Problem:
        """Say how many documents moved beyond what one run reads."""
        return self.problem(WAITING, f"{self.name}: {number} documents wait to be read by the next run")

    def _read_pdf(self, response: ScrapyResponse, item: GuidanceItem) -> Iterator[Yielded]:
        read = read_pdf(response.body)
        if read.problem:
            words = f"{self.name}: the PDF is {read.problem}: {read.detail}"
            yield self.problem(f"pdf_{read.problem}", words, url=response.url, key=item.key)
        if read.problem in PASSING:  # a part of a text in place of the whole would read as an edit
            yield self.again(item)
        else:
            yield self.with_text(item, response, read.text) if read.text else self.without(item)


class FollowingSpider(DocumentReader[Row]):
    """Reads a list, then the documents of its rows that are new or moved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: list[GuidanceItem] = []

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Keep the item until the whole list is known: only then is it plain which documents to read."""
        self.found.append(item.model_copy(update={"touched": stamp_of(item)}))
        yield from ()

    def after_listing(self) -> Iterator[Yielded]:
        """Read the documents that are due; hand the others on as their list tells them."""
        moved = [item for item in self._moved() if not self._given_up(item)]
        due = {item.key for item in [*moved, *self._never_read(moved)][: self.source.follow.most]}
        left = {item.key for item in moved} - due
        for item in self.found:
            address = self.document_address(item)
            if item.key in due and address:
                yield self.document_request(address, item)
            elif address:
                if self._given_up(item):
                    words = f"{self.name}: {address} was asked for {TRIES} times in vain, and is left until it moves"
                    yield self.problem(GIVEN_UP, words, url=address, key=item.key)
                yield self.without(item.model_copy(update={"touched": None}) if item.key in left else item)
            else:
                yield item
        if left:
            yield self._waiting(len(left))

    def _given_up(self, item: GuidanceItem) -> bool:
        """Return whether a document was asked for in vain often enough; told once, for then it counts as read."""
        listed = self.order.listed.get(item.key)
        settled = listed is not None and listed.touched == item.touched
        return self.order.tries.get(item.key, 0) >= TRIES and not settled

    def _moved(self) -> list[GuidanceItem]:
        """Return what is new or moved since the last healthy run, newest first; of a first run, nothing."""
        if self.order.last_success is None:
            return []
        listed = self.order.listed
        moved = [each for each in self.found if each.key not in listed or listed[each.key].touched != each.touched]
        newest = _newest_first([each for each in moved if self.document_address(each)])
        return sorted(newest, key=lambda item: self.order.tries.get(item.key, 0))  # what failed before waits its turn

    def _never_read(self, moved: list[GuidanceItem]) -> list[GuidanceItem]:
        known = {item.key for item in moved}
        rest = [each for each in self.found if each.key not in known]
        read = {*self.order.validators, ""}
        unread = [each for each in rest if each.key not in self.order.tries]
        unread = [each for each in unread if (self.document_address(each) or "") not in read]
        return _newest_first(unread)[: self.source.follow.backfill]


class PagesSpider(DocumentReader[Row]):
    """Reads documents' own pages: `rows` and `parse_row` say what a page tells; `page.meta["due"]` who asked."""

    reads_again = False
    """Whether the file behind a page is asked for each time, though the page says what it said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unreachable: list[SourceError] = []
        self._answered = 0

    async def start(self) -> AsyncIterator[Yielded]:
        """Ask for the pages that are due, and for those that are read on every run."""
        most = self.source.follow.most
        asked = {due.url: due for due in self.order.due[:most]}
        for address in dict.fromkeys((*self.source.addresses, *asked)):
            yield self.page_request(address, asked.get(address))
        if waiting := self.order.due[most:]:
            yield self._waiting(len(waiting))

    def page_request(self, address: str, due: Due | None) -> Request:
        """Return the request for a document's page."""
        meta = {"conditional": True, "due": due, "media_type": ANY}
        return Request(address, callback=self.parse, errback=self.page_failed, dont_filter=True, meta=meta)

    def parse(self, response: ScrapyResponse, **kwargs: Any) -> Iterator[Yielded]:
        """Read a page; one that is not understood costs only its document."""
        self._answered += 1
        self.listed += 1
        due: Due | None = response.meta.get("due")
        try:
            rows = list(self.rows(self.text_page(response)))
        except Exception as error:  # noqa: BLE001  (the page's door)
            yield self.problem(*described(error), url=response.url, key=due.key if due else None)
            return
        self.listed += len(rows) - 1
        for row in rows:
            yield from self._read_row(self.text_page(response), row)

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Read the file that the page names, unless it was read for this very state of the page."""
        known = (listed.touched or "") if (listed := self.order.listed.get(item.key)) else ""
        # The list's state that the page was last asked for, and the page's own: `store.runs.due` reads the first.
        stamp = f"{item.touched or known.partition(' ')[0] or UNASKED} {content_stamp(item)}"
        item = item.model_copy(update={"touched": stamp})
        address = self.document_address(item)
        if address is None or (known == stamp and not self.reads_again):
            yield self.without(item) if address else item
            return
        yield self.document_request(address, item)

    def item(self, page: TextResponse, *, title: str, status: str, **fields: Any) -> GuidanceItem:
        """Return an item of this source, stamped with the state of the list that asked for it."""
        due: Due | None = page.meta.get("due")
        return super().item(page, title=title, status=status, **{"touched": due.stamp if due else None, **fields})

    def page_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that a page could not be had: a problem of its document, not of the source."""
        due: Due | None = failure.request.meta.get("due")  # type: ignore[attr-defined]
        error = self.costs_itself(failure)
        missing = is_missing(failure)
        if not missing:
            self._unreachable.append(error)
        self._answered += missing
        yield self.problem(MISSING if missing else error.kind, str(error), url=error.url, key=due.key if due else None)

    def end(self, reason: str) -> CrawlEnd:
        """Return how the crawl went; when not one page could be had, the host could not be read."""
        if self._unreachable and not self._answered:
            error = self._unreachable[0]
            words = f"none of {len(self._unreachable)} pages could be had: {error}"
            self.error = self.error or FetchError(self.name, words, url=error.url)
        return super().end(reason).model_copy(update={"complete": True})  # of pages nobody asked for, nothing is missed


def _newest_first(items: list[GuidanceItem]) -> list[GuidanceItem]:
    return sorted(items, key=lambda item: item.updated or item.published or "", reverse=True)


def _is_pdf(response: ScrapyResponse) -> bool:
    declared = b"pdf" in (response.headers.get("Content-Type") or b"")
    return declared or response.url.lower().endswith(".pdf") or response.body[:1024].lstrip().startswith(b"%PDF-")
