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
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from regintel.clock import iso
from regintel.exceptions import BlockedError, LayoutError, SourceError
from regintel.items import Attachment, Gone, GuidanceItem
from regintel.spiders.base import GuidanceSpider, Yielded
from regintel.text.dates import day, moment
from regintel.text.html import text_of
from regintel.text.titles import squeezed

Hit = dict[str, Any]
Content = dict[str, Any]
Fate = Literal["withdrawn", "moved", "listed_elsewhere", "unknown"]

SITE = "https://www.gov.uk"
ORGANISATION = "medicines-and-healthcare-products-regulatory-agency"
COUNT = 500
FIELDS = (
    "title,link,description,public_timestamp,content_store_document_type,content_purpose_supergroup,"
    "latest_change_note,is_withdrawn,updated_at,content_id,organisations"
)
ZONE = "Europe/London"
RECHECK_DAYS = 7
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
        return super().list_request(_page_address(address, start=_start_of(address)))

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
        start = _start_of(page.url) + len(answer["results"])
        if not answer["results"] or start >= answer["total"]:
            self.complete = self.complete and len(self.seen) >= answer["total"]
            return None
        return _page_address(page.url, start=start)

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
        if self.complete:
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
            content = self._content(response)
            if "body" not in (content.get("details") or {}) and content.get("document_type") in {"gone", "redirect"}:
                raise LayoutError(
                    self.name, f"listed, but its page says {content['document_type']!r}", url=response.url
                )
            full = item.model_copy(update={**self._read(content), "body_records": _records(response)})
        except SourceError as error:
            yield from self._unread(item, error)
            return
        yield from self._next_child(full, _children(content))

    def _next_child(self, item: GuidanceItem, children: list[str]) -> Iterator[Yielded]:
        if not children:
            yield item
            return
        told = {"item": item, "rest": children[1:]}
        yield self._content_request(urljoin(SITE, children[0]), self.read_child, self.child_failed, **told)

    def read_child(self, response: Response, item: GuidanceItem, rest: list[str]) -> Iterator[Yielded]:
        """Add an HTML attachment's words to its page's."""
        try:
            content = self._content(response)
            words = text_of((content.get("details") or {}).get("body") or "")
            heading = " ".join((content.get("title") or "").split())
            update = {
                "text": f"{item.text}\n## {heading}\n{words}".strip(),
                "body_records": (*item.body_records, *_records(response)),
            }
        except SourceError as error:
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

    def _unread(self, item: GuidanceItem, error: SourceError, *fields: str) -> Iterator[Yielded]:
        yield self.problem(error.kind, str(error), url=error.url or item.url, key=item.key)
        # Without `touched` the page counts as not looked at, and is due again at the next run.
        yield item.model_copy(update={"unread": fields or FROM_CONTENT, "touched": None})

    def _content(self, response: Response) -> Content:
        if response.status in {404, 410} and not _is_json(response):
            raise LayoutError(self.name, f"HTTP {response.status}: no such page", url=response.url)
        if not isinstance(response, TextResponse):
            raise LayoutError(self.name, "the page is not text", url=response.url)
        content = self.json_of(response)
        if not isinstance(content, dict) or "document_type" not in content:
            raise LayoutError(self.name, "no content item", url=response.url)
        return content

    def _read(self, content: Content) -> dict[str, object]:
        details = content.get("details") or {}
        return {
            "unread": (),
            "text": "\n".join(filter(None, (text_of(fragment) for fragment in _fragments(details)))),
            "attachments": tuple(_attachments(details)),
            "published": day(_first_published(content), ZONE),
            "comment_opens": day(details.get("opening_date"), ZONE),
            "comment_closes": day(details.get("closing_date"), ZONE),
        }

    # A page that the list no longer shows

    def read_vanished(self, response: Response, key: str) -> Iterator[Yielded]:
        """Say what became of a page that vanished from the search."""
        try:
            content = self._content(response)
        except SourceError as error:
            if response.status in {404, 410}:
                yield self._gone(response, key, "withdrawn", "", f"its page answers HTTP {response.status}")
            else:
                yield self.problem(error.kind, str(error), url=response.url, key=key)
                yield self._gone(response, key, "unknown", "", str(error))
            return
        yield self._gone(response, key, *self._fate(content))

    def _fate(self, content: Content) -> tuple[Fate, str, str]:
        """Return what became of a page, the agency's words for it, and what we saw."""
        notice = content.get("withdrawn_notice") or {}
        if notice:
            return "withdrawn", text_of(notice.get("explanation") or ""), "its page says that it is withdrawn"
        if content["document_type"] == "gone":
            words = text_of((content.get("details") or {}).get("explanation") or "")
            return "withdrawn", words, "its page says that it is gone"
        if content["document_type"] == "redirect":
            to = next((each.get("destination", "") for each in content.get("redirects") or []), "")
            return "moved", "", f"redirected to {to}"
        owners = (content.get("links") or {}).get("organisations") or []
        if owners and not any(str(each.get("base_path", "")).endswith(ORGANISATION) for each in owners):
            return "listed_elsewhere", "", "no longer published by the MHRA"
        return "listed_elsewhere", "", "its page is live, though the search does not list it"

    def _gone(self, response: Response, key: str, verdict: Fate, reason: str, seen: str) -> Gone:
        return Gone(
            source=self.source.id,
            key=key,
            verdict=verdict,
            reason=squeezed(reason),
            seen=seen,
            record=response.meta.get("record"),
        )

    def vanished_failed(self, failure: Failure) -> Iterator[Yielded]:
        """Record that nobody could say what became of a page; it stays as it was."""
        error = self._costs_itself(failure)
        key: str = failure.request.cb_kwargs["key"]  # type: ignore[attr-defined]
        yield self.problem(error.kind, str(error), url=error.url, key=key)
        yield Gone(source=self.source.id, key=key, verdict="unknown", seen=str(error))


def content_address(url: str) -> str:
    """Return the content API's address of a page."""
    return f"{SITE}/api/content{urlsplit(url).path}"


def _page_address(address: str, *, start: int) -> str:
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"count", "start", "fields"}]
    query = urlencode([*kept, ("fields", FIELDS), ("count", str(COUNT)), ("start", str(start))], safe=",")
    return parts._replace(query=query).geturl()


def _start_of(address: str) -> int:
    return int(dict(parse_qsl(urlsplit(address).query)).get("start", "0"))


def _records(response: Response) -> tuple[str, ...]:
    record = response.meta.get("record")
    return (record,) if record else ()


def _is_json(response: Response) -> bool:
    return b"json" in (response.headers.get("Content-Type") or b"")


def _children(content: Content) -> list[str]:
    attachments = (content.get("details") or {}).get("attachments") or []
    return [each["url"] for each in attachments if each.get("attachment_type") == "html" and each.get("url")]


def _attachments(details: Content) -> Iterator[Attachment]:
    for each in details.get("attachments") or []:
        if each.get("url"):
            size = str(each.get("file_size") or "")
            yield Attachment(url=urljoin(SITE, each["url"]), title=each.get("title") or "", size=size)


def _first_published(content: Content) -> str | None:
    """Return the stamp of the first publication; specialist documents give it in their history only, oldest first."""
    details = content.get("details") or {}
    history = [each.get("public_timestamp") for each in details.get("change_history") or []]
    told = content.get("first_published_at") or details.get("first_public_at")
    return told or min(filter(None, map(moment, history)), default=None)


def _fragments(details: Content) -> Iterator[str]:
    body = details.get("body")
    if isinstance(body, list):  # some schemas give [{"content_type", "content"}]
        body = next((each.get("content") for each in body if each.get("content_type") == "text/html"), "")
    yield body or ""
    for part in details.get("parts") or []:
        yield f"<h2>{part.get('title', '')}</h2>{part.get('body') or ''}"
    for name in ("public_feedback_detail", "final_outcome_detail"):
        yield details.get(name) or ""
    for name in ("public_feedback_documents", "final_outcome_documents"):
        yield from details.get(name) or ()
