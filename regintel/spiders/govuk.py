"""What GOV.UK's two APIs give, read without fetching: addresses of the search, and content items.

A content item is one page as JSON. Its schema varies with the publishing application; what is read here holds for
Whitehall pages, specialist documents, HTML publications, and the stubs of pages that are gone or redirect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from regintel.clock import iso
from regintel.items import Attachment
from regintel.text.dates import day, moment
from regintel.text.html import text_of

SITE = "https://www.gov.uk"
ZONE = "Europe/London"
COUNT = 500
FIELDS = (
    "title,link,description,public_timestamp,content_store_document_type,content_purpose_supergroup,"
    "latest_change_note,is_withdrawn,updated_at,content_id,organisations"
)

OPEN = frozenset({"consultation", "open_consultation", "call_for_evidence", "open_call_for_evidence"})
"""Types of what has not been answered or closed yet; the first and third are of what has not opened either."""


def organisation_of(address: str) -> str:
    """Return whose hits a search's address asks for."""
    return dict(parse_qsl(urlsplit(address).query)).get("filter_organisations", "")


def page_address(address: str, *, start: int) -> str:
    """Return the address of one page of a search's hits."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"count", "start", "fields"}]
    query = urlencode([*kept, ("fields", FIELDS), ("count", str(COUNT)), ("start", str(start))], safe=",")
    return parts._replace(query=query).geturl()


def start_of(address: str) -> int:
    """Return which hit a page of the search starts with."""
    return int(dict(parse_qsl(urlsplit(address).query)).get("start", "0"))


def content_address(url: str) -> str:
    """Return the content API's address of a page."""
    return f"{SITE}/api/content{urlsplit(url).path}"


@dataclass(frozen=True)
class Fate:
    """What became of a page that the search no longer lists."""

    verdict: Literal["withdrawn", "listed_elsewhere", "unknown"]
    seen: str
    """What we saw, in our words."""
    reason: str = ""
    """In the agency's words."""


class ContentItem:
    """One page of GOV.UK."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content
        self._details: dict[str, Any] = content.get("details") or {}

    @property
    def document_type(self) -> str:
        """GOV.UK's document type; `gone` and `redirect` for pages that are no more."""
        return str(self._content["document_type"])

    @property
    def title(self) -> str:
        """Its title, on one line; empty for a page that is gone."""
        return " ".join((self._content.get("title") or "").split())

    @property
    def text(self) -> str:
        """The words of its body and of what is rendered beside it."""
        return "\n".join(filter(None, map(text_of, self._fragments())))

    @property
    def published(self) -> str | None:
        """The day of its first publication; specialist documents give it in their history only."""
        history = [each.get("public_timestamp") for each in self._details.get("change_history") or []]
        told = self._content.get("first_published_at") or self._details.get("first_public_at")
        return day(told or min(filter(None, map(moment, history)), default=None), ZONE)

    @property
    def comment_opens(self) -> str | None:
        """The day on which a consultation opens."""
        return day(self._details.get("opening_date"), ZONE)

    @property
    def comment_closes(self) -> str | None:
        """The day on which a consultation closes."""
        return day(self._details.get("closing_date"), ZONE)

    def closed_by_the_clock(self, now: datetime) -> bool:
        """Return whether its closing date has passed while its type still says that it is open, or not open yet."""
        closed = moment(self._details.get("closing_date"))
        return self.document_type in OPEN and closed is not None and closed <= iso(now)

    def quoted(self, now: datetime) -> dict[str, str]:
        """Return GOV.UK's words that a comment window was read from, by our field's name; nothing where there is none.

        Beside a type that still says "open" stands the closing date that has passed: both are the agency's own words.
        """
        opens, closes = self._details.get("opening_date"), self._details.get("closing_date")
        words = {"comment_opens": opens, "comment_closes": closes}
        told = {name: value for name, value in words.items() if value}
        if not told:
            return {}
        passed = f", closing_date {closes}" if self.closed_by_the_clock(now) else ""
        return {"status": f"{self.document_type}{passed}", **told}

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Its files and HTML attachments, those that its body does not link too."""
        return tuple(
            Attachment(
                url=urljoin(SITE, each["url"]), title=each.get("title") or "", size=str(each.get("file_size") or "")
            )
            for each in self._details.get("attachments") or []
            if each.get("url")
        )

    @property
    def children(self) -> list[str]:
        """The addresses of its HTML attachments, which are pages of their own and hold a publication's words."""
        attachments = self._details.get("attachments") or []
        return [
            urljoin(SITE, each["url"])
            for each in attachments
            if each.get("attachment_type") == "html" and each.get("url")
        ]

    def fate(self, key: str, organisation: str) -> Fate:
        """Return what became of a page, seen from an organisation whose search does not list it any more.

        :param key: the content_id that it was known by.
        """
        notice = self._content.get("withdrawn_notice") or {}
        if notice:
            return Fate("withdrawn", "its page says that it is withdrawn", text_of(notice.get("explanation") or ""))
        if self.document_type == "gone":
            return Fate("withdrawn", "its page is gone", text_of(self._details.get("explanation") or ""))
        if self.document_type == "redirect":
            to = next((each.get("destination", "") for each in self._content.get("redirects") or []), "")
            return Fate("withdrawn", f"its address now leads to {to}")
        if self._content.get("content_id") not in {None, key}:
            return Fate("withdrawn", "another page stands at its address")
        owners = (self._content.get("links") or {}).get("organisations") or []
        if owners and not any(str(each.get("base_path", "")).endswith(organisation) for each in owners):
            return Fate("listed_elsewhere", "its page is live and another organisation's now")
        return Fate("unknown", "its page is live, though the search does not list it")

    def _fragments(self) -> Iterator[str]:
        body = self._details.get("body")
        if isinstance(body, list):  # some schemas give [{"content_type", "content"}]
            body = next((each.get("content") for each in body if each.get("content_type") == "text/html"), "")
        yield body or ""
        for part in self._details.get("parts") or []:
            yield f"<h2>{part.get('title', '')}</h2>{part.get('body') or ''}"
        for name in ("public_feedback_detail", "final_outcome_detail"):
            yield self._details.get(name) or ""
        for name in ("public_feedback_documents", "final_outcome_documents"):
            yield from self._details.get(name) or ()
