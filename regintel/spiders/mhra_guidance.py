"""Everything the MHRA publishes on GOV.UK.

The search API lists the whole organisation (there is no complete list of its guidance); the content API has each page.

How they behave:

* The search API is strict: an unknown parameter, field or order is 422 with an HTML page; without `order` the most
  viewed come first; an unknown organisation is 200 with no results.
* A hit's `document_type` is the index's; the document's is `content_store_document_type`. `public_timestamp` moves on
  major updates only; `updated_at` on every reindexing: it tells what to look at again, not what changed.
* Withdrawn pages are left out of the search. A page that vanished may be withdrawn, gone, redirected or retagged: the
  content API is asked which.
* `content_id` survives a change of address: the key. Consultations open, close and end at one address by changing
  their type; closing happens by the clock, without an update.
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
from regintel.exceptions import BlockedError, LayoutError, SourceError
from regintel.items import Gone, GuidanceItem
from regintel.spiders.base import GuidanceSpider, Yielded, described
from regintel.spiders.govuk import SITE, ZONE, ContentItem, Fate, content_address, page_address, start_of
from regintel.text.dates import day, moment
from regintel.text.titles import squeezed

Hit = dict[str, Any]

ORGANISATION = "medicines-and-healthcare-products-regulatory-agency"
RECHECK_DAYS = 7
MISSING = "missing"
"""The kind of problem that makes the next run believe it."""
FROM_CONTENT = ("text", "attachments", "published", "comment_opens", "comment_closes")


class MhraGuidanceSpider(GuidanceSpider[Hit]):
    """Yields one item per hit, with the words of its page and of its page's HTML attachments."""

    name = "mhra_guidance"

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
            unread=FROM_CONTENT,
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
        moved = {item.key for item in self.found if self._moved(item)}
        rest = sorted((item for item in self.found if item.key not in moved), key=lambda item: self._checked(item.url))
        return moved | {item.key for item in rest[: self._quota(rest)]}

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
            meta={"conditional": True, "handle_httpstatus_list": [404, 410]},
        )

    def read_content(self, response: Response, item: GuidanceItem) -> Iterator[Yielded]:
        """Read a hit's page, then its HTML attachments one after the other."""
        try:
            content = self._live_content(response)
            read = {name: getattr(content, name) for name in FROM_CONTENT}
            full = item.model_copy(update={**read, "unread": (), "body_records": _records(response)})
            children = content.children
        except Exception as error:  # noqa: BLE001  (the page's door: whatever is wrong with it costs only itself)
            yield from self._unread(item, error)
            return
        yield from self._next_child(full, children)

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
            update = {
                "text": f"{item.text}\n## {content.title}\n{content.text}".strip(),
                "body_records": (*item.body_records, *_records(response)),
            }
        except Exception as error:  # noqa: BLE001  (the page's door)
            yield from self._unread(item, error, "text")
            return
        yield from self._next_child(item.model_copy(update=update), rest)

    def content_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that a page could not be had; a block stops the source."""
        item: GuidanceItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]
        yield from self._unread(item, self._costs_itself(failure))

    def child_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that an attachment could not be had: the words are incomplete, so the last known ones stand."""
        item: GuidanceItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]
        yield from self._unread(item, self._costs_itself(failure), "text")

    def _costs_itself(self, failure: Failure) -> SourceError:
        error = self.fetch_error(failure)
        if isinstance(error, BlockedError):
            self.fail(error)
        return error

    def _unread(self, item: GuidanceItem, error: Exception, *fields: str) -> Iterator[Yielded]:
        yield self.problem(*described(error), url=getattr(error, "url", None) or item.url, key=item.key)
        # Without `touched` the page counts as not looked at, and is due again at the next run.
        yield item.model_copy(update={"unread": fields or FROM_CONTENT, "touched": None})

    def _live_content(self, response: Response) -> ContentItem:
        content = self._content(response)
        if content.document_type in {"gone", "redirect"}:
            raise LayoutError(self.name, f"listed, but its page says {content.document_type!r}", url=response.url)
        return content

    def _content(self, response: Response) -> ContentItem:
        is_json = b"json" in (response.headers.get("Content-Type") or b"")
        if response.status in {404, 410} and not is_json:
            raise LayoutError(self.name, f"HTTP {response.status}: no such page", url=response.url)
        if not isinstance(response, TextResponse):
            raise LayoutError(self.name, "the page is not text", url=response.url)
        content = self.json_of(response)
        if not isinstance(content, dict) or "document_type" not in content:
            raise LayoutError(self.name, "no content item", url=response.url)
        return ContentItem(content)

    # A page that the list no longer shows

    def read_vanished(self, response: Response, key: str) -> Iterator[Yielded]:
        """Say what became of a page that vanished from the search."""
        try:
            fate = self._content(response).fate(key, ORGANISATION)
        except Exception as error:  # noqa: BLE001  (the page's door)
            fate = self._missing(key) if response.status in {404, 410} else Fate("unknown", described(error)[1])
        if fate.verdict != "withdrawn":
            kind = MISSING if response.status in {404, 410} else "unlisted"
            yield self.problem(kind, f"{self.name}: {fate.seen}", url=response.url, key=key)
        yield Gone(
            source=self.source.id,
            key=key,
            verdict=fate.verdict,
            reason=squeezed(fate.reason),
            seen=fate.seen,
            record=response.meta.get("record"),
        )

    def _missing(self, key: str) -> Fate:
        """Return the fate of a page that is not there; believed when the last healthy run saw the same."""
        if key in self.order.doubted:
            return Fate("withdrawn", "its page was not there in two runs")
        return Fate("unknown", "its page is not there; the next run asks again")

    def vanished_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that nobody could say what became of a page; it stays as it was."""
        error = self._costs_itself(failure)
        key: str = failure.request.cb_kwargs["key"]  # type: ignore[attr-defined]
        yield self.problem(error.kind, str(error), url=error.url, key=key)
        yield Gone(source=self.source.id, key=key, verdict="unknown", seen=str(error))


def _records(response: Response) -> tuple[str, ...]:
    record = response.meta.get("record")
    return (record,) if record else ()
