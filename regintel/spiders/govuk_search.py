"""What is listed by GOV.UK's search API and read by its content API: the hits, their pages, and those that vanished.

How they behave:

* The search API is strict: an unknown parameter, field or order is 422 with an HTML page; without `order` the most
  viewed come first; an unknown organisation, or another filter's unknown value, is 200 with no results.
* A hit's `document_type` is the index's; the document's is `content_store_document_type`. `public_timestamp` moves on
  major updates only; `updated_at` on every reindexing: it tells what to look at again, not what changed.
* Withdrawn pages are left out of the search. A page that vanished may be withdrawn, gone, redirected or retagged: the
  content API is asked which.
* `content_id` survives a change of address: the key.
* `change_history` is newest first on Whitehall pages, oldest first on specialist documents: its order means nothing.
* A minor edit leaves `public_updated_at` alone and drops its note. So bodies and attachments are compared, and a
  seventh of the pages that did not move are read again each day: a silent edit is found within a week.
* A publication's body is a stub; its words are in HTML attachments, which are content items of their own.
* A content item that is not there answers 404 with an HTML page; `gone` and `redirect` items have no title.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from regintel.clock import iso
from regintel.exceptions import LayoutError
from regintel.items import Gone, GuidanceItem
from regintel.spiders.base import NO_SUCH_PAGE, Yielded, described
from regintel.spiders.following import MISSING, DocumentReader
from regintel.spiders.govuk import (
    SITE,
    ZONE,
    ContentItem,
    Fate,
    content_address,
    organisation_of,
    page_address,
    start_of,
)
from regintel.text.dates import day, moment
from regintel.text.titles import squeezed

Hit = dict[str, Any]

RECHECK_DAYS = 7


class GovukSearchSpider(DocumentReader[Hit]):
    """Yields one item per hit, with the words of its page and of its page's HTML attachments."""

    from_document = ("text", "attachments", "published", "comment_opens", "comment_closes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: list[GuidanceItem] = []

    # The listing

    def list_request(self, address: str) -> Request:
        """Return the request for one page of hits."""
        return super().list_request(page_address(address, start=start_of(address)))

    def rows(self, page: TextResponse) -> Iterable[Hit]:
        """Return the hits."""
        answer = self.json_of(page)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise LayoutError(self.name, "no results in the answer", url=page.url)
        if not isinstance(answer.get("total"), int):
            raise LayoutError(self.name, "no total in the answer", url=page.url)
        hits: list[Hit] = answer["results"]
        return hits

    def key_of(self, row: Hit) -> str | None:
        """Return the content_id."""
        key = row.get("content_id") if isinstance(row, dict) else None
        return key if isinstance(key, str) and key else None

    def parse_row(self, page: TextResponse, row: Hit) -> GuidanceItem:
        """Return what a hit says; what only its page tells is unread."""
        link = self.some(row.get("link"), "link")
        if not link.startswith("/") or link.startswith("//"):
            raise LayoutError(self.name, f"the link leads away from GOV.UK: {link[:200]!r}")
        kind = self.some(row.get("content_store_document_type"), "content_store_document_type")
        key = self.some(self.key_of(row), "content_id")
        return self.item(
            page,
            key=key,
            reference=key,
            url=urljoin(SITE, link),
            title=row.get("title") or "",
            status=kind,
            document_type=kind,
            updated=day(row.get("public_timestamp"), ZONE),
            revised_at=moment(row.get("public_timestamp")),
            change_note=row.get("latest_change_note") or None,
            summary=row.get("description") or "",
            touched=row.get("updated_at"),
            unread=self.from_document,
        )

    def next_page(self, page: TextResponse) -> str | None:
        """Return the address of the next page of hits, while the total says that there is one."""
        answer = page.json()
        start = start_of(page.url) + len(answer["results"])
        if not answer["results"] or start >= answer["total"]:
            self.complete = self.complete and self.rows_met >= answer["total"]
            return None
        return page_address(page.url, start=start)

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Keep the item until the whole list is known: only then is it plain which pages to read."""
        self.found.append(item)
        yield from ()

    def after_listing(self) -> Iterator[Yielded]:
        """Read the pages that are due, and ask after those that vanished."""
        due = self._due()
        for item in self.found:
            if item.key in due:
                yield self._content_request(item.url, self.read_content, self.content_failed, item=item)
            else:
                yield item
        yield from self._ask_after(sorted(self.order.listed.keys() - self.seen))

    def _due(self) -> set[str]:
        """Return the keys of pages to read: new ones, moved ones, and those not read for longest."""
        moved = {item.key for item in self.found if self._moved(item) or self.watched(item)}
        rest = sorted((item for item in self.found if item.key not in moved), key=lambda item: self._checked(item.url))
        return moved | {item.key for item in rest[: self._quota(rest)]}

    def watched(self, item: GuidanceItem) -> bool:
        """Return whether a page is read on every run, moved or not."""
        return False

    def _moved(self, item: GuidanceItem) -> bool:
        listed = self.order.listed.get(item.key)
        return listed is None or listed.touched != item.touched or not self._checked(item.url)

    def _checked(self, url: str) -> str:
        validator = self.order.validators.get(content_address(url))
        return validator.checked_at if validator else ""

    def _quota(self, rest: list[GuidanceItem]) -> int:
        """Return how many unmoved pages to read: a seventh a day, more after days without a healthy run.

        What was read within the last twenty hours counts, so that hourly runs read no more than a daily one.
        """
        since = self.order.last_success or self.now
        days = max(1.0, (self.now - since).total_seconds() / 86400)
        lately = iso(self.now - timedelta(hours=20))
        recent = sum(self._checked(item.url) > lately for item in rest)
        return max(0, math.ceil(len(rest) * min(1.0, days / RECHECK_DAYS)) - recent)

    def _ask_after(self, vanished: list[str]) -> Iterator[Yielded]:
        """Ask what became of each page that vanished; of a flood of them nothing is believed, and nobody asked."""
        expect = self.source.expect
        if len(vanished) > expect.allowance + len(self.order.listed) * expect.max_drop:
            yield self.problem("vanished", f"{len(vanished)} pages vanished at once; they stand as they were")
            for key in vanished:
                yield Gone(source=self.source.id, key=key, verdict="unknown", seen="vanished with many others")
            return
        for key in vanished:
            address = self.order.listed[key].url
            yield self._content_request(address, self.read_vanished, self.vanished_failed, key=key)

    # A document's own page

    def _content_request(self, url: str, callback: Any, errback: Any, **told: Any) -> Request:
        return Request(
            content_address(url),
            callback=callback,
            errback=errback,
            cb_kwargs=told,
            dont_filter=True,
            meta={"conditional": True, "handle_httpstatus_list": [*NO_SUCH_PAGE]},
        )

    def read_content(self, response: Response, item: GuidanceItem) -> Iterator[Yielded]:
        """Read a hit's page, then its HTML attachments one after the other."""
        try:
            content = self._live_content(response)
            full = self.with_text(item, response, content.text).model_copy(update=self._told_by(content))
            children = content.children
        except Exception as error:  # noqa: BLE001  (the page's door: whatever is wrong with it costs only itself)
            yield from self._unread(item, error)
            return
        yield from self._next_child(full, children)

    def _told_by(self, content: ContentItem) -> dict[str, Any]:
        """Return what a page tells beside its words."""
        told = {name: getattr(content, name) for name in self.from_document if name != "text"}
        return {**told, "quoted": content.quoted(self.now)}

    def _next_child(self, item: GuidanceItem, children: list[str]) -> Iterator[Yielded]:
        if not children:
            yield item
            return
        told = {"item": item, "rest": children[1:]}
        yield self._content_request(children[0], self.read_child, self.child_failed, **told)

    def read_child(self, response: Response, item: GuidanceItem, rest: list[str]) -> Iterator[Yielded]:
        """Add an HTML attachment's words to its page's."""
        try:
            content = self._content(response)
            full = self.with_text(item, response, f"{item.text}\n## {content.title}\n{content.text}".strip())
        except Exception as error:  # noqa: BLE001  (the page's door)
            yield from self._unread(item, error, "text")
            return
        yield from self._next_child(full, rest)

    def content_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that a page could not be had; a block stops the source."""
        item: GuidanceItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]
        yield from self._unread(item, self.costs_itself(failure))

    def child_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that an attachment could not be had: the words are incomplete, so the last known ones stand."""
        item: GuidanceItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]
        yield from self._unread(item, self.costs_itself(failure), "text")

    def _unread(self, item: GuidanceItem, error: Exception, *fields: str) -> Iterator[Yielded]:
        yield self.problem(*described(error), url=getattr(error, "url", None) or item.url, key=item.key)
        # Without `touched` the page counts as not looked at, and is due again at the next run.
        yield item.model_copy(update={"unread": fields or self.from_document, "touched": None})

    def _live_content(self, response: Response) -> ContentItem:
        content = self._content(response)
        if content.document_type in {"gone", "redirect"}:
            raise LayoutError(self.name, f"listed, but its page says {content.document_type!r}", url=response.url)
        return content

    def _content(self, response: Response) -> ContentItem:
        is_json = b"json" in (response.headers.get("Content-Type") or b"")
        if response.status in NO_SUCH_PAGE and not is_json:
            raise LayoutError(self.name, f"HTTP {response.status}: no such page", url=response.url)
        content = self.json_of(self.text_page(response))
        if not isinstance(content, dict) or "document_type" not in content:
            raise LayoutError(self.name, "no content item", url=response.url)
        return ContentItem(content)

    # A page that the list no longer shows

    def read_vanished(self, response: Response, key: str) -> Iterator[Yielded]:
        """Say what became of a page that vanished from the search."""
        try:
            fate = self.fate_of(self._content(response), key)
        except Exception as error:  # noqa: BLE001  (the page's door)
            fate = self._missing(key) if response.status in NO_SUCH_PAGE else Fate("unknown", described(error)[1])
        if fate.verdict != "withdrawn":
            kind = MISSING if response.status in NO_SUCH_PAGE else "unlisted"
            yield self.problem(kind, f"{self.name}: {fate.seen}", url=response.url, key=key)
        yield Gone(
            source=self.source.id,
            key=key,
            verdict=fate.verdict,
            reason=squeezed(fate.reason),
            seen=fate.seen,
            record=response.meta.get("record"),
        )

    def fate_of(self, content: ContentItem, key: str) -> Fate:
        """Return what became of a page that is there, though the search does not list it any more."""
        return content.fate(key, organisation_of(self.source.url))

    def _missing(self, key: str) -> Fate:
        """Return the fate of a page that is not there; believed when the last healthy run saw the same."""
        if key in self.order.doubted:
            return Fate("withdrawn", "its page was not there in two runs")
        return Fate("unknown", "its page is not there; the next run asks again")

    def vanished_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that nobody could say what became of a page; it stays as it was."""
        error = self.costs_itself(failure)
        key: str = failure.request.cb_kwargs["key"]  # type: ignore[attr-defined]
        yield self.problem(error.kind, str(error), url=error.url, key=key)
        yield Gone(source=self.source.id, key=key, verdict="unknown", seen=str(error))
